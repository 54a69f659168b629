// The page is whole without this. With it the board is fetched anew when something happens, and buttons do not reload.
"use strict";

const board = document.getElementById("board");
const problem = document.getElementById("problem");
const live = document.getElementById("live");
let waiting = false;

// Many events, one fetch: the board is read at most every 100 ms.
function refreshSoon() {
  if (waiting) return;
  waiting = true;
  setTimeout(refresh, 100);
}

async function refresh() {
  waiting = false;
  const answer = await fetch("/page/board" + location.search);
  if (!answer.ok) return;
  const html = await answer.text();
  const open = [...board.querySelectorAll("details[open]")].map((details) => details.id);
  const chosen = [...board.querySelectorAll("select")].map((select) => select.value);
  const focused = document.activeElement && document.activeElement.id;
  board.innerHTML = html; // escaped by the server, as on the first load
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  board.querySelectorAll("select").forEach((select, at) => { if (chosen[at] !== undefined) select.value = chosen[at]; });
  if (focused) document.getElementById(focused)?.focus();
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  problem.textContent = answer.ok ? "" : (page.getElementById("problem")?.textContent ?? "refused");
  refreshSoon();
});

const events = new EventSource(document.body.dataset.events);
events.onopen = () => { live.textContent = "live"; live.dataset.live = "yes"; refreshSoon(); };
events.onerror = () => { live.textContent = "the emulator does not answer"; live.dataset.live = "no"; };
events.onmessage = refreshSoon;
