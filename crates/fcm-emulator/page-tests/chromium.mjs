// Drives a headless Chromium over its debugging pipe: JSON messages ended by a zero byte, no package needed.
import { spawn } from "node:child_process";

export class Chromium {
  #process;
  #last = 0;
  #waiting = new Map();
  #loaded = () => {}; // told when the page that was gone to is there
  #session;
  errors = []; // what the page's console complained about

  static async open(url, profile) {
    const browser = new Chromium();
    browser.#process = spawn(
      "chromium",
      ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    browser.#listen();
    const { targetInfos } = await browser.call("Target.getTargets");
    const { targetId } = targetInfos.find(({ type }) => type === "page");
    browser.#session = (await browser.call("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    await browser.call("Page.enable");
    await browser.call("Runtime.enable");
    await browser.call("Log.enable");
    await browser.call("Emulation.setDeviceMetricsOverride", { width: 1000, height: 720, deviceScaleFactor: 1, mobile: false });
    await browser.call("Page.navigate", { url });
    return browser;
  }

  #listen() {
    let text = "";
    this.#process.stdio[4].setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      for (let end; (end = text.indexOf("\0")) >= 0; text = text.slice(end + 1)) this.#take(JSON.parse(text.slice(0, end)));
    });
    this.#process.on("exit", () => this.#waiting.forEach(({ reject }) => reject(new Error("chromium ended"))));
  }

  #take({ id, result, error, method, params }) {
    if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.level === "error") this.errors.push(`${params.entry.text} ${params.entry.url ?? ""}`);
    if (method === "Page.loadEventFired") this.#loaded();
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    error ? waiting.reject(new Error(error.message)) : waiting.resolve(result);
  }

  call(method, params = {}) {
    const id = ++this.#last;
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.#session })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  // Runs an expression that leads to another page, and waits for that one.
  async leave(expression) {
    const loaded = new Promise((resolve) => { this.#loaded = resolve; });
    await this.evaluate(expression);
    await loaded;
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // Waits inside the page, woken by each change of the document, until the expression is true.
  async until(expression) {
    const done = await this.evaluate(`new Promise((resolve) => {
      const look = () => { let found; try { found = ${expression}; } catch { found = false } if (found) { watch.disconnect(); resolve(true); } };
      const watch = new MutationObserver(look);
      watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      setTimeout(() => { watch.disconnect(); resolve(false); }, 20000);
      look();
    })`);
    if (!done) throw new Error(`never came true: ${expression}\n${await this.evaluate("document.body.innerText")}`);
  }

  async picture(scheme) {
    await this.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }

  async close() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    await this.call("Browser.close").catch(() => {});
    await ended;
  }
}
