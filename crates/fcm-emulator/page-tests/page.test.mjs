// What a person sees and does on the emulator's page. Run by ../page-test.sh.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Chromium } from "./chromium.mjs";

const { url, control, project } = JSON.parse(process.env.EMULATOR_READY);
let browser;

async function post(path, body) {
  const answer = await fetch(`${control}${path}`, { method: "POST", body: JSON.stringify(body ?? {}) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.headers.get("content-type")?.includes("json") ? answer.json() : undefined;
}

async function send(message) {
  return fetch(`${url}/v1/projects/${project}/messages:send`, {
    method: "POST",
    headers: { authorization: "Bearer owner", "content-type": "application/json" },
    body: JSON.stringify({ message }),
  });
}

const text = (id) => `document.getElementById("d-${id}").innerText`;
const press = (id) => browser.evaluate(`document.getElementById("${id}").click()`);

before(async () => {
  browser = await Chromium.open(`${url}/`, process.env.PROFILE);
  await browser.until(`document.getElementById("live").dataset.live === "yes"`);
});
after(() => browser.close());

test("a device and its message appear without a reload", async () => {
  const phone = await post("/devices", { platform: "android" });
  await browser.until(text(phone.id));
  await send({ token: phone.fcm_token, notification: { title: "Your order", body: "arrives at nine" } });
  await browser.until(`${text(phone.id)}.includes("arrives at nine")`);
  assert.equal(await browser.evaluate(`document.querySelector("#d-${phone.id} strong").innerText`), "Your order");
});

test("an image is shown as a phone would show it", async () => {
  const phone = await post("/devices", { platform: "ios" });
  const square = "data:image/svg+xml;base64," + Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="80"><rect width="240" height="80" fill="#2a9d8f"/></svg>`,
  ).toString("base64");
  await send({ token: phone.fcm_token, notification: { title: "Look", body: "at this", image: square } });
  await browser.until(`document.querySelector("#d-${phone.id} img")`);
  // Decoding ends when the picture is there, and fails when it is none.
  assert.equal(await browser.evaluate(`(async () => {
    const image = document.querySelector("#d-${phone.id} img");
    image.loading = "eager";
    await image.decode();
    return image.naturalWidth;
  })()`), 240);
});

test("what a message says is text and never runs", async () => {
  const phone = await post("/devices", { platform: "web" });
  const evil = `"><img src=x onerror="window.ran = true"><script>window.ran = true</script>`;
  await send({ token: phone.fcm_token, notification: { title: evil, body: evil }, data: { [evil]: evil } });
  await browser.until(`${text(phone.id)}.includes("<script>window.ran")`);
  assert.equal(await browser.evaluate("window.ran === undefined"), true);
  assert.equal(await browser.evaluate(`document.querySelectorAll("#d-${phone.id} img, #d-${phone.id} script").length`), 0);
  await post(`/devices/${phone.id}/uninstall`);
});

test("buttons rotate, take offline and uninstall", async () => {
  const phone = await post("/devices", { platform: "android" });
  await browser.until(text(phone.id));
  await browser.evaluate(`document.getElementById("a-${phone.id}").open = true`);
  await press(`rotate-${phone.id}`);
  await browser.until(`!${text(phone.id)}.includes("${phone.fcm_token}")`);
  assert.equal(await browser.evaluate(`document.getElementById("a-${phone.id}").open`), true, "what was open stays open");
  assert.equal((await send({ token: phone.fcm_token, data: { k: "v" } })).status, 404);
  await press(`offline-${phone.id}`);
  await browser.until(`document.getElementById("online-${phone.id}")`);
  await press(`uninstall-${phone.id}`);
  await browser.until(`document.getElementById("d-${phone.id}").dataset.state === "uninstalled"`);
  const seen = await (await fetch(`${control}/devices/${phone.id}`)).json();
  assert.deepEqual([seen.state, seen.online], ["unregistered", false]);
});

test("a fault is added, strikes, and is ended by a button", async () => {
  const phone = await post("/devices", { platform: "android" });
  await browser.until(text(phone.id));
  await browser.evaluate(`document.querySelector("select[name=fault]").value = "429";
    document.querySelector("select[name=times]").value = ""`);
  await press("add-fault");
  await browser.until(`document.querySelector(".faults").innerText.includes("struck 0")`);
  const refused = await send({ token: phone.fcm_token, data: { k: "v" } });
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "30"]);
  await browser.until(`document.querySelector(".faults").innerText.includes("struck 1")`);
  await press("clear-faults");
  await browser.until(`!document.querySelector(".faults")`);
  assert.equal((await send({ token: phone.fcm_token, data: { order: "42", state: "shipped" } })).status, 200);
});

test("a refusal is told and the page stays", async () => {
  const phone = await post("/devices", { platform: "android" });
  await browser.until(`document.getElementById("rotate-${phone.id}")`);
  // Between the look and the click somebody else uninstalls it.
  await browser.evaluate(`document.addEventListener("submit", (event) => event.target.action = event.target.action.replace("rotate", "apns-dead"), { capture: true, once: true })`);
  await press(`rotate-${phone.id}`);
  await browser.until(`document.getElementById("problem").innerText.includes("only an ios device")`);
});

test("another project has a page of its own, as live as the first", async () => {
  await post("/projects", { id: "blog" });
  await browser.leave(`location.href = "/"`);
  await browser.leave(`document.querySelector("#projects a").click()`);
  await browser.until(`document.querySelector("#projects b").innerText === "blog"`);
  await browser.until(`document.getElementById("live").dataset.live === "yes"`);
  assert.equal(await browser.evaluate(`document.querySelectorAll(".device").length`), 0, "none of the first project's");
  const phone = await post("/projects/blog/devices", { platform: "android" });
  await browser.until(text(phone.id));
  await press(`doze-${phone.id}`);
  await browser.until(`${text(phone.id)}.includes("dozing")`);
  await press("add-device");
  await browser.until(`document.querySelectorAll(".device").length === 2`);
  await browser.leave(`document.querySelector("#projects a").click()`);
  await browser.until(`document.querySelector("#projects b").innerText === "${project}"`);
  await browser.until(`document.getElementById("live").dataset.live === "yes"`);
  assert.equal(await browser.evaluate(`document.getElementById("d-${phone.id}") === null`), true);
});

test("it looks right in light and dark, and nothing went wrong in the console", async () => {
  await press("add-fault");
  await browser.until(`document.getElementById("problem").innerText === ""`);
  await fetch(`${control}/reset`, { method: "POST" });
  const phones = {};
  for (const platform of ["android", "ios", "web"]) phones[platform] = await post("/devices", { platform });
  await fetch(`${control}/devices/${phones.android.id}/topics/news`, { method: "PUT" });
  const image = "data:image/svg+xml;base64," + Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="120"><rect width="320" height="120" fill="#2a9d8f"/><circle cx="160" cy="60" r="36" fill="#e9c46a"/></svg>`,
  ).toString("base64");
  await send({ token: phones.android.fcm_token, notification: { title: "Your order has left", body: "It arrives tomorrow at nine." } });
  await send({ token: phones.android.fcm_token, data: { order: "42", state: "shipped" } });
  await send({ topic: "news", notification: { title: "Morning news", body: "Rain until noon, then sun." } });
  await send({ token: phones.ios.fcm_token, notification: { title: "Anna", body: "Look at this view!", image } });
  await post(`/devices/${phones.web.id}/offline`);
  await post("/faults", { status: 503, retry_after: "30", percent: 10 });
  await browser.until(`${text(phones.ios.id)}.includes("Look at this view!") && document.querySelector(".faults")`);
  const grounds = [];
  for (const scheme of ["light", "dark"]) {
    writeFileSync(`${process.env.PICTURES}/${scheme}.png`, await browser.picture(scheme));
    grounds.push(await browser.evaluate("getComputedStyle(document.body).backgroundColor"));
  }
  assert.notEqual(grounds[0], grounds[1]);
  assert.equal(await browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, "nothing is cut off");
  // 409 is the refusal of the test above; the browser logs every such answer.
  assert.deepEqual(browser.errors.filter((error) => !error.includes("409")), []);
});
