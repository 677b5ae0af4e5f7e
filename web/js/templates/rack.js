// All templates of this page: the user's own, which the browser keeps, and those of the team, which the server lists.

import { AT_FIRST, Template } from "./template.js";
import { MOST_PIXELS, NoPicture, readPicture } from "./picture.js";
import { t } from "../words/words.js";

/**
 * @typedef {import("./template.js").Placing} Placing
 * @typedef {import("./template.js").Showing} Showing
 * @typedef {import("./shelf.js").Shelf} Shelf
 */

export const MOST = 64; // of one's own
const MOST_OF_ALL = 4 * MOST_PIXELS; // pixels of them: 16 bytes of memory each
const KEEP_AFTER = 300; // ms that a change may be followed by another before it is kept

export class Rack {
  /** @type {Template[]} */
  own = [];
  /** @type {Template[]} */
  team = [];
  /** Whether what is added can't be kept for the next visit. */
  forgets = false;
  /** Rises when there are others, or they are changed by the user. */
  version = 0;
  /** @type {Map<string, Partial<Showing>>} of the team's, by id */
  #choices = new Map();
  /** @type {Map<string, Template>} whose changes are not kept yet */
  #unkept = new Map();
  #timer = 0;
  #last = 0;

  /** @param {Shelf} shelf @param {{setTimeout: (run: () => void, ms: number) => number, clearTimeout: (id: number) => void, changed: () => void, today: () => number}} ports */
  constructor(shelf, ports) {
    this.shelf = shelf;
    this.ports = ports;
  }

  get all() {
    return [...this.team, ...this.own];
  }

  /** What the browser has kept. Pictures that can't be read any more go. */
  async restore() {
    const kept = (await this.shelf.all()).sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
    for (const { id, file, address, at, ...choices } of kept) {
      this.#last = Math.max(this.#last, at ?? 0);
      if (!(file instanceof Uint8Array)) {
        this.#choices.set(id, choices);
        continue;
      }
      try {
        const picture = await readPicture(new Blob([file]));
        if (this.own.some((each) => each.id === id)) continue;
        const template = new Template(id, picture, choices, { file, address });
        template.show(choices);
        Object.assign(template, { at });
        this.own.push(template);
      } catch {
        await this.shelf.remove(id);
      }
    }
    for (const each of this.team) each.show(this.#choices.get(each.id) ?? {});
    this.#changed();
  }

  /**
   * Adds one of the user's own.
   * @param {Blob} file
   * @param {(picture: import("./picture.js").Picture) => Partial<Placing>} placing where it goes
   * @param {{address?: string, strange?: boolean}} [from] the place it is from; strange: somebody else's
   * @returns {Promise<Template>}
   * @throws {NoPicture}
   */
  async add(file, placing, { address = "", strange = false } = {}) {
    const picture = await readPicture(file, strange), bytes = new Uint8Array(await file.arrayBuffer());
    const same = this.own.find((each) => each.file && sameBytes(each.file, bytes) && sameAs(each, placing(picture)));
    if (same) {
      this.show(same, { shown: true });
      return same;
    }
    if (this.own.length >= MOST) throw new NoPicture(t("There are {n} templates already: remove one first", { n: MOST }));
    const pixels = this.own.reduce((sum, each) => sum + each.width * each.height, picture.width * picture.height);
    if (pixels > MOST_OF_ALL) throw new NoPicture(t("All templates together have too many pixels: remove one first"));
    this.#last = Math.max(this.#last + 1, this.ports.today());
    const template = Object.assign(new Template(`own:${this.#last}`, picture, placing(picture), { file: bytes, address }), { at: this.#last });
    this.own.push(template);
    this.forgets = !(await this.#keep(template));
    this.#changed();
    return template;
  }

  /** @param {Template} template */
  remove(template) {
    this.own = this.own.filter((each) => each !== template);
    this.#unkept.delete(template.id);
    this.shelf.remove(template.id);
    this.#changed();
  }

  /** @param {Template} template @param {Partial<Placing>} wanted */
  place(template, wanted) {
    template.place(wanted);
    this.#keepSoon(template);
  }

  /** @param {Template} template @param {Partial<Showing>} wanted */
  show(template, wanted) {
    template.show(wanted);
    if (template.team) this.#choices.set(template.id, { ...template.showing });
    this.#keepSoon(template);
  }

  /** The team's are these now. @param {Template[]} templates */
  setTeam(templates) {
    for (const each of templates) each.show(this.#choices.get(each.id) ?? AT_FIRST);
    this.team = templates;
    this.#changed();
  }

  /** Keeps what has changed, at once: the page may be about to go. */
  flush() {
    this.ports.clearTimeout(this.#timer);
    this.#timer = 0;
    for (const each of this.#unkept.values()) this.#keep(each);
    this.#unkept.clear();
  }

  #keepSoon(template) {
    this.#unkept.set(template.id, template);
    if (this.#timer === 0) this.#timer = this.ports.setTimeout(() => this.flush(), KEEP_AFTER);
    this.#changed();
  }

  /** @param {Template & {at?: number}} template */
  #keep({ id, team, file, address, at, name, x, y, width, locked, showing }) {
    return this.shelf.put(team || !file ? { id, ...showing } : { id, file, address, at, name, x, y, width, locked, ...showing });
  }

  #changed() {
    this.version++;
    this.ports.changed();
  }
}

/** @param {Template} template @param {Partial<Placing>} placing */
function sameAs({ x, y, width, picture }, placing) {
  return x === (placing.x ?? 0) && y === (placing.y ?? 0) && width === (placing.width ?? picture.width);
}

function sameBytes(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
