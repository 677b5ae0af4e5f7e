// What the browser keeps of templates for the next visit, in IndexedDB: pictures are too large for its other storage (browser_storage.js). It may
// be forbidden, full or gone, like that: then there is nothing, and what is put there is lost with the page.

const NAME = "pixel-playground.templates", STORE = "templates";

/**
 * @typedef {import("./template.js").Placing & import("./template.js").Showing} Choices
 * @typedef {Partial<Choices> & {id: string, file?: Uint8Array<ArrayBuffer>, address?: string, at?: number}} Kept  without a file: how a
 *   template of the team is shown; at: when it was added, which is their order
 */

export class Shelf {
  #database;

  /** @param {() => IDBFactory | undefined} [factory] which may throw */
  constructor(factory = () => window.indexedDB) {
    this.#database = open(factory);
  }

  /** All that is kept. @returns {Promise<Kept[]>} */
  async all() {
    const found = await this.#ask("readonly", (store) => store.getAll());
    return Array.isArray(found) ? found.filter((each) => typeof each?.id === "string") : [];
  }

  /** @param {Kept} kept @returns {Promise<boolean>} whether it is kept */
  async put(kept) {
    return (await this.#ask("readwrite", (store) => store.put(kept))) !== null;
  }

  /** @param {string} id */
  async remove(id) {
    await this.#ask("readwrite", (store) => store.delete(id));
  }

  /** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} run @returns {Promise<any>} null: it did not work */
  async #ask(mode, run) {
    try {
      const database = await this.#database;
      if (!database) return null;
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(STORE, mode), request = run(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result ?? true);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } catch {
      return null;
    }
  }
}

/** @param {() => IDBFactory | undefined} factory @returns {Promise<IDBDatabase | null>} */
async function open(factory) {
  try {
    const request = factory()?.open(NAME, 1);
    if (!request) return null;
    return await new Promise((resolve, reject) => {
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = request.onblocked = () => reject(request.error);
    });
  } catch {
    return null;
  }
}
