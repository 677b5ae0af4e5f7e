// The way to templates: pictures over the canvas that say what is to be drawn where. Nothing of them is loaded before somebody has
// one: the user, the link that the page was opened with, or the server's list.

import { tellUnloaded } from "./lazy.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./templates/parts.js").Part} Part
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {import("./browser_storage.js").Kept} kept
 * @property {() => Promise<Part>} load
 */

const BRINGS = /[?#&]template=/; // a link with one
const SPREAD = 5000; // ms: those who come back after a restart do not all ask at once

export class Templates {
  #part = /** @type {Part | null} */ (null);
  #coming = /** @type {Promise<Part> | null} */ (null);
  #began = false;
  #tried = false;
  #asked = false; // for the server's list
  #linked; // the link that the page was opened with, or was changed to; empty: it brings none

  /** @param {State} state @param {Ports} ports @param {string} hash of the address */
  constructor(state, ports, hash) {
    this.state = state;
    this.ports = ports;
    this.#linked = BRINGS.test(hash) ? hash : "";
  }

  /** The canvas is there: it comes first. */
  begin() {
    if (this.#began || this.state.embedded) return;
    this.#began = true;
    if (this.#linked || this.ports.kept.get("templates")) this.#use(() => {});
  }

  /** The user has changed the address, or followed a link. @param {string} hash */
  follow(hash) {
    if (!BRINGS.test(hash)) return;
    this.#linked = hash;
    if (this.#began) this.#use(() => {});
  }

  /** There is a new connection: that the list has changed may have been missed. */
  welcomed() {
    if (this.#asked) this.#part?.heard(SPREAD);
  }

  /** The server's list has changed. @param {number} within ms in which to ask for it */
  heard(within) {
    if (this.#asked) this.#part?.heard(within);
  }

  /** Opens the list, or closes it. */
  toggle() {
    this.#use((part) => part.toggle());
  }

  /** Shows all or none. */
  hide() {
    this.#use((part) => part.hide());
  }

  /** Goes to the next pixel that is wrong. */
  next() {
    this.#use((part) => part.next());
  }

  /** @param {File[]} files @param {{x: number, y: number} | null} at where they were dropped, CSS pixels of the stage */
  add(files, at) {
    this.#use((part) => part.addFiles(files, at));
  }

  /** @returns {boolean} whether there was something to close */
  close() {
    return this.#part?.close() ?? false;
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it is a key of the template that is being placed */
  key(event) {
    return this.#part?.key(event) ?? false;
  }

  /** Shows what there is to show. @param {number} now ms @returns {number} ms until it has to again */
  show(now) {
    if (this.#began && this.state.me.templates && !this.#asked && !this.#tried) {
      this.#tried = true; // it is not tried in each frame
      this.#use(() => {});
    }
    return this.#part?.show(now) ?? Infinity;
  }

  /** @param {(part: Part) => void} run */
  async #use(run) {
    if (this.state.embedded) return;
    try {
      this.#part ??= await (this.#coming ??= this.ports.load());
    } catch {
      tellUnloaded(this.state, this.ports);
    }
    this.#coming = null;
    if (this.#part) {
      const linked = this.#linked;
      this.#linked = "";
      if (linked) this.#part.link(linked);
      if (this.state.me.templates && !this.#asked) {
        this.#asked = true;
        this.#part.askTeam();
      }
      run(this.#part);
    }
    this.ports.changed();
  }
}

/**
 * Pictures arrive: dropped on the page, or pasted.
 * @param {Templates} templates
 * @param {HTMLElement} stage
 */
export function listenForPictures(templates, stage) {
  const brings = (/** @type {DataTransfer | null} */ data) => data?.types.includes("Files") ?? false;
  const pictures = (/** @type {DataTransfer | null} */ data) => [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
  window.addEventListener("dragover", (event) => {
    if (!brings(event.dataTransfer)) return;
    event.preventDefault(); // or else the browser would show the file instead of this page
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  window.addEventListener("drop", (event) => {
    if (!brings(event.dataTransfer)) return;
    event.preventDefault();
    const files = pictures(event.dataTransfer), box = stage.getBoundingClientRect();
    if (files.length > 0) templates.add(files, { x: event.clientX - box.left, y: event.clientY - box.top });
  });
  window.addEventListener("paste", (event) => {
    const files = pictures(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    templates.add(files, null);
  });
}
