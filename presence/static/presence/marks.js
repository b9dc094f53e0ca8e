// What this browser keeps of roll-calls: the list as it was last heard, and marks until the server
// has them.
//
// A mark is `{order, roll_call, user, person | card, state, at}`: whose it is says in whose name alone it
// may be sent, for another may sign in on the same phone.

const NAME = "trackxpert-roll-calls";

export class Marks {
  #database;

  static async open() {
    const marks = new Marks();
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("marks", { keyPath: "order", autoIncrement: true });
      request.result.createObjectStore("lists");
    };
    marks.#database = await answered(request);
    return marks;
  }

  /** On disk when it returns. */
  async add(mark) {
    await this.#write("marks", (store) => store.add(mark));
  }

  async remove(order) {
    await this.#write("marks", (store) => store.delete(order));
  }

  /** Those of this roll-call that this user made, the oldest first. */
  async waiting(rollCall, user) {
    const all = await answered(this.#database.transaction("marks").objectStore("marks").getAll());
    return all.filter((mark) => mark.roll_call === rollCall && mark.user === user);
  }

  /** The list as this user last heard it. */
  async kept(rollCall, user) {
    const lists = this.#database.transaction("lists").objectStore("lists");
    return answered(lists.get(`${user} ${rollCall}`));
  }

  /** One list is kept: names are not left on phones for longer than they are needed. */
  async keep(rollCall, user, list) {
    await this.#write("lists", (store) => {
      store.clear();
      store.put(list, `${user} ${rollCall}`);
    });
  }

  async forgetLists() {
    await this.#write("lists", (store) => store.clear());
  }

  async #write(name, change) {
    const work = this.#database.transaction(name, "readwrite", { durability: "strict" });
    change(work.objectStore(name));
    await new Promise((resolve, reject) => {
      work.oncomplete = () => resolve();
      work.onabort = () => reject(work.error);
      work.onerror = () => reject(work.error);
    });
  }
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
