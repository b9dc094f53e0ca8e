// What the reader's modules find in a browser and node has not: the page's events, its disk, its server.

import { once } from "node:events";
import { createServer } from "node:http";
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";

let page = new EventTarget();
const throughTheNetwork = globalThis.fetch;

globalThis.addEventListener = (...listener) => page.addEventListener(...listener);
// Node has one since 21, that is always on line and cannot be written.
Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
globalThis.BroadcastChannel = class extends BroadcastChannel {
  constructor(name) {
    super(name);
    this.unref(); // a page that is closed takes its channels along
  }
};

export const dispatch = (event) => page.dispatchEvent(event);

/** A page in a browser that has never been here. */
export function newBrowser() {
  page = new EventTarget();
  globalThis.document = new EventTarget();
  globalThis.indexedDB = new IDBFactory();
}

/** Answers requests with `answer(path, body)`: `[status, body, headers?]`, or null, and hangs up. */
export async function serve(answer) {
  const requests = [];
  let answered = 0;
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text ? JSON.parse(text) : null;
    requests.push({ path: request.url, body, key: request.headers.authorization, at: Date.now() });
    const said = answer(request.url, body);
    response.on("close", () => answered++);
    if (!said) return request.socket.destroy();
    const [status, sent, headers] = said;
    response.writeHead(status, headers);
    response.end(typeof sent === "string" ? sent : JSON.stringify(sent));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  globalThis.fetch = (path, options) => throughTheNetwork(new URL(path, origin), options);
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { requests, answered: () => answered, close };
}

/** Resolves when `isSo()`; ten seconds are for a machine that is busy. */
export async function until(isSo) {
  const end = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`it never was so: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
