// What this browser keeps: taps until the server has them, who it is paired as, and its settings.
//
// A tap is `{order, event_id, reader, reader_name, card, tapped_at, direction?, food_item?,
// reader_decision?}` and, for a while, `live_until`: somebody waits for its verdict, so it must not go out as an old one. `problem` is
// set when the server did not take it.

const NAME = "trackxpert-reader";
const LONGEST_HOLD = 15_000; // ms; a clock that was set back must not hold a tap for ever

export class Queue {
  #database;
  #others = new BroadcastChannel(NAME);

  /** `onChange` is called for every change, also by another tab. */
  static async open(onChange) {
    const queue = new Queue();
    queue.#database = await openDatabase();
    queue.onChange = onChange;
    queue.#others.onmessage = () => onChange();
    return queue;
  }

  /** On disk when it returns; the tap has its `order` then. */
  async add(tap) {
    const order = await this.#write((taps) => taps.add(tap));
    this.#changed();
    return { ...tap, order };
  }

  async remove(orders) {
    await this.#write((taps) => orders.forEach((order) => taps.delete(order)));
    this.#changed();
  }

  /** Of a tap that another tab has brought to the server meanwhile nothing is left to change. */
  async change(order, fields) {
    await this.#write((taps) => {
      const found = taps.get(order);
      found.onsuccess = () => found.result && taps.put({ ...found.result, ...fields });
    });
    this.#changed();
  }

  async all() {
    const taps = this.#database.transaction("taps").objectStore("taps");
    return answered(taps.getAll());
  }

  /** The oldest taps of this reader that may be sent now. */
  async waiting(reader, limit) {
    const taps = (await this.all()).filter((tap) => waits(tap, reader));
    return taps.slice(0, limit);
  }

  async setting(name) {
    const settings = this.#database.transaction("settings").objectStore("settings");
    return answered(settings.get(name));
  }

  async set(name, value) {
    const work = this.#database.transaction("settings", "readwrite", { durability: "strict" });
    work.objectStore("settings").put(value, name);
    await finished(work);
    this.#changed();
  }

  async #write(change) {
    const work = this.#database.transaction("taps", "readwrite", { durability: "strict" });
    const request = change(work.objectStore("taps"));
    await finished(work);
    return request?.result;
  }

  #changed() {
    this.#others.postMessage("changed");
    this.onChange();
  }
}

/** Whether it is due to be sent by this reader. */
export function waits(tap, reader) {
  const held = (tap.live_until ?? 0) - Date.now();
  const isLive = held > 0 && held < LONGEST_HOLD;
  return tap.reader === reader && !tap.problem && !isLive;
}

function openDatabase() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("taps", { keyPath: "order", autoIncrement: true });
    request.result.createObjectStore("settings");
  };
  return answered(request);
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(work) {
  return new Promise((resolve, reject) => {
    work.oncomplete = () => resolve();
    work.onabort = () => reject(work.error);
    work.onerror = () => reject(work.error);
  });
}
