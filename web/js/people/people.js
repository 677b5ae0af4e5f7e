// The other users: how many and who they are, where their pointers are, and where they have just drawn.

/**
 * @typedef {{x: number, y: number, shownX: number, shownY: number, moved: number}} Pointer  canvas pixels; shown:
 *   where it is drawn, on its way to x, y; moved: ms
 * @typedef {{x: number, y: number, drawn: number}} Tag  drawn: ms
 * @typedef {import("../geometry.js").Rect & {user: number}} Plate  CSS pixels
 */

import { cleanName, skeleton, tellApart } from "./name.js";
import { t } from "../words/words.js";

export const ANONYMOUS = t("Anonymous");
const UNNAMED_BOT = t("Bot");
const BOT = 0xb0; // the first byte of the ids of bots
export const TAG_LIFE = 2000; // ms from the last pixel until the tag has faded
export const POINTER_LIFE = 10_000; // ms until a pointer that doesn't move is taken for left
const MAX_TAGS = 24; // more would cover the drawing
const MAX_POINTERS = 100; // more would cover the drawing; the newest ones win
const MAX_PLACES = 1000; // as many as there are names

/** Whether a user is a program with a key. Nobody else has such an id. */
export function isBot(user) {
  return Math.floor(user / 2 ** 40) === BOT;
}

export class People {
  /** Connections. */
  count = 0;
  /** How many people these are; the same as count if the server does not say. */
  distinct = 0;
  /** @type {Map<number, string>} names of those who set one, by user id */
  names = new Map();
  /** @type {Map<number, Pointer>} by user id */
  pointers = new Map();
  /** @type {Map<number | string, Tag>} by author; the tag that began last is last */
  tags = new Map();
  /** Where users were seen last, also when their pointers rest, by user id. @type {Map<number, {x: number, y: number}>} */
  places = new Map();
  /** Where pointers and names are on the screen, as drawn last. @type {Plate[]} */
  plates = [];
  /** Rises when count or names change. */
  version = 0;
  /** The result of tellApart, and the version of the names that it is for. */
  #apart = { version: -1, groups: new Map() };

  /** @param {import("../net/protocol.js").Presence} message */
  presence(message) {
    this.count = message.count;
    this.distinct = message.people ?? message.count;
    if (message.full) this.names.clear();
    for (const user of message.left) {
      this.names.delete(user);
      this.pointers.delete(user);
      this.places.delete(user);
    }
    for (const [user, given] of message.joined) {
      const name = cleanName(given); // earlier servers let more pass
      if (name) this.names.set(user, name);
      else this.names.delete(user);
    }
    this.version++;
  }

  /** How an author is shown: by name, with a piece of the id if someone else's name looks the same, and as a bot if it is one. */
  nameOf(author) {
    if (this.#apart.version !== this.version) this.#apart = { version: this.version, groups: tellApart(this.names) };
    const { groups } = this.#apart;
    if (typeof author !== "string") {
      const name = this.names.get(author), bot = isBot(author);
      if (!name) return bot ? UNNAMED_BOT : ANONYMOUS;
      const shown = groups.get(skeleton(name)).get(author);
      return bot ? t("{name} (bot)", { name: shown }) : shown;
    }
    // A name given for a single pixel: anyone can give any name.
    const alias = cleanName(author);
    return groups.has(skeleton(alias)) ? t("{name} (unconfirmed)", { name: alias }) : alias || ANONYMOUS;
  }

  /**
   * @param {import("../net/protocol.js").Cursors} message
   * @param {number} me one's own user id
   */
  moved(message, me, now) {
    for (const { user, x, y, gone } of message.cursors) {
      if (user === me) continue;
      const pointer = this.pointers.get(user);
      if (!gone) this.#seen(user, x, y);
      if (gone) {
        this.pointers.delete(user);
      } else if (pointer) {
        pointer.x = x;
        pointer.y = y;
        pointer.moved = now;
      } else {
        bounded(this.pointers, MAX_POINTERS).set(user, { x, y, shownX: x, shownY: y, moved: now });
      }
    }
  }

  /** Someone drew at (x, y). */
  drew(author, x, y, now) {
    if (typeof author === "number") this.#seen(author, x, y);
    const tag = this.tags.get(author);
    if (!tag) {
      bounded(this.tags, MAX_TAGS).set(author, { x, y, drawn: now });
      return;
    }
    tag.x = x;
    tag.y = y;
    tag.drawn = now;
  }

  #seen(user, x, y) {
    const place = this.places.get(user);
    if (!place) return bounded(this.places, MAX_PLACES).set(user, { x, y });
    place.x = x;
    place.y = y;
  }

  /** Whose pointer or name is at a place of the screen, CSS pixels; 0: nobody's. */
  at(x, y) {
    return this.plates.findLast((plate) => x >= plate.x && y >= plate.y && x <= plate.x + plate.width && y <= plate.y + plate.height)?.user ?? 0;
  }

  /** Forgets what has faded. Returns whether there is anything left to show. */
  fade(now) {
    for (const [author, tag] of this.tags) if (now - tag.drawn > TAG_LIFE) this.tags.delete(author);
    for (const [user, pointer] of this.pointers) if (now - pointer.moved > POINTER_LIFE) this.pointers.delete(user);
    return this.tags.size > 0 || this.pointers.size > 0;
  }

  /** The connection is gone, so pointers and tags are out of date. */
  disconnected() {
    this.pointers.clear();
    this.tags.clear();
    this.places.clear();
  }
}

/** Makes room in a map for one more: the oldest entry goes. */
function bounded(map, size) {
  if (map.size >= size) map.delete(map.keys().next().value);
  return map;
}
