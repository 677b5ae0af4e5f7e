// All by one person: lights up the pixels in view that are theirs. The server says which a rollback of them would change; those are
// the pixels that differ between its two pictures. What they drew last comes on top, also where it changed nothing.

import { tell } from "../../state.js";
import { visibleRect } from "../../view/view.js";
import { clip, maskOf } from "./shapes.js";
import { pixels } from "../../numbers.js";
import { person } from "../act_texts.js";
import { plural, t } from "../../words/words.js";

/** @typedef {import("./shapes.js").Rect} Rect */

const MOST = 4 << 20; // pixels of a picture

export class Spotlight {
  /** Whose pixels are lit; empty: nobody's. */
  user = "";
  #asked = 0;

  /** @param {import("../../state.js").State} state @param {import("../parts.js").Page & {marks: Map<string, any>}} page */
  constructor(state, page) {
    this.state = state;
    this.page = page;
  }

  /** Lights up someone's pixels, or lets them be if they are lit. @param {{user: string, name?: string}} who */
  toggle(who) {
    if (this.user === who.user) return this.off();
    this.user = who.user;
    this.#look(who);
    return true;
  }

  /** @returns {boolean} whether something was lit */
  off() {
    if (!this.user) return false;
    this.user = "";
    this.#asked++;
    this.page.marks.delete("spotlight");
    this.page.changed();
    return true;
  }

  async #look(who) {
    const mine = ++this.#asked, { state, page } = this, { canvas, view, viewport } = state;
    const seen = clip(whole(visibleRect(view, viewport)), canvas.geometry);
    page.changed();
    try {
      const unknown = (/** @type {Error} */ error) => ({ error }); // what they drew last may be known all the same
      const [known, said] = await Promise.all([page.server.person(who.user), seen ? page.server.preview({ users: [who.user], ...seen }).catch(unknown) : null]);
      if (said?.error && !known.pixels?.length) throw said.error;
      const keys = said?.pixels ? await changed(said, canvas.geometry.width) : new Set();
      if (mine !== this.#asked) return;
      const latest = known.pixels ?? [];
      for (const { x, y, color } of latest) if (inside(seen, x, y) && sameColour(canvas.pixel(x, y), color)) keys.add(y * canvas.geometry.width + x);
      const shape = maskOf(keys, canvas.geometry.width);
      if (shape) page.marks.set("spotlight", { shape, veiled: true });
      tell(state, shape ? plural(keys.size, "1 pixel here is by {who}", "{n} pixels here are by {who}", { who: person(who) }) : t("Nothing here is by {who}", { who: person(who) }), page.now());
      if (!shape) this.user = "";
    } catch (error) {
      if (mine !== this.#asked) return;
      this.user = "";
      tell(state, error.message, page.now());
    }
    page.rules.version++;
    page.changed();
  }
}

const sameColour = (colour, hex) => colour === parseInt(String(hex).slice(1), 16);
const inside = (rect, x, y) => rect !== null && x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;

/** The whole pixels that a part of the plane touches. @param {Rect} rect @returns {Rect} */
export function whole({ x, y, width, height }) {
  const left = Math.floor(x), top = Math.floor(y);
  return { x: left, y: top, width: Math.ceil(x + width) - left, height: Math.ceil(y + height) - top };
}

/** The pixels in which two pictures of an area differ. @param {import("../rules_server.js").Preview} said @returns {Promise<Set<number>>} y * across + x */
async function changed({ area, before, after }, across) {
  const [a, b] = await Promise.all([bytesOf(before), bytesOf(after)]), keys = new Set();
  if (a.width !== b.width || a.height !== b.height || a.width * a.height > MOST) return keys;
  const scale = a.width / area.width; // below 1: a cell of the picture stands for some pixels
  for (let at = 0; at < a.width * a.height; at++) {
    if (a.words[at] === b.words[at]) continue;
    const x = Math.floor((at % a.width) / scale), y = Math.floor(Math.floor(at / a.width) / scale), size = Math.max(1, Math.round(1 / scale));
    for (let py = y; py < Math.min(y + size, area.height); py++) for (let px = x; px < Math.min(x + size, area.width); px++) keys.add((area.y + py) * across + area.x + px);
  }
  return keys;
}

/** @param {string} address of a picture */
async function bytesOf(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return { width, height, words: new Uint32Array(context.getImageData(0, 0, width, height).data.buffer) };
}
