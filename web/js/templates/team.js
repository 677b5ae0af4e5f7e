// The templates that the server lists: asked for when the page begins to need them, when the server says that there are others, and
// after each new connection, since that may have been missed.

import { NoPicture, readPicture } from "./picture.js";
import { Template, cleanTitle } from "./template.js";
import { t } from "../words/words.js";

/**
 * @typedef {{name: string, x: number, y: number, width: number, picture: string, trouble: string}} Listed  picture: its address; empty: there is none, and
 *   trouble says why
 *
 * @typedef {object} Ports
 * @property {typeof fetch} fetch
 * @property {() => number} random 0 to 1
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(id: number) => void} clearTimeout
 */

const ADDRESS = "api/templates";
const PATIENCE = 8000; // ms for an answer
const TRIES = [3000, 10_000, 30_000, 60_000]; // ms after which a server that did not answer is asked again
const MOST = 64;

export class Team {
  name = "";
  /** What can't be shown of the list, and why. @type {{name: string, why: string}[]} */
  troubles = [];
  #timer = 0;
  #tries = 0;
  #asking = false;
  #again = false;
  /** @type {Map<string, Template>} by what they are made of */
  #made = new Map();

  /** @param {import("./rack.js").Rack} rack @param {Ports} ports */
  constructor(rack, ports) {
    this.rack = rack;
    this.ports = ports;
  }

  /** Asks in a while, at the latest after some ms. */
  soon(within) {
    this.ports.clearTimeout(this.#timer);
    this.#timer = this.ports.setTimeout(() => this.ask(), this.ports.random() * within);
  }

  async ask() {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      await this.#take(readList(await this.#answer()));
      this.#tries = 0;
    } catch {
      this.soon(TRIES[Math.min(this.#tries++, TRIES.length - 1)]);
    }
    this.#asking = false;
    if (!this.#again) return;
    this.#again = false;
    await this.ask();
  }

  /** @returns {Promise<any>} null: this server lists none */
  async #answer() {
    const response = await this.ports.fetch(ADDRESS, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  /** @param {{name: string, templates: Listed[]}} list */
  async #take({ name, templates }) {
    const troubles = /** @type {typeof this.troubles} */ ([]), made = new Map();
    for (const listed of templates) {
      const key = JSON.stringify(listed);
      try {
        made.set(key, this.#made.get(key) ?? (await this.#make(listed)));
      } catch (error) {
        if (!(error instanceof NoPicture)) throw error;
        troubles.push({ name: listed.name, why: error.message });
      }
    }
    this.#made = made;
    this.name = name;
    this.troubles = troubles;
    this.rack.setTeam([...made.values()]);
  }

  /** @param {Listed} listed */
  async #make({ name, x, y, width, picture, trouble }) {
    if (!picture) throw new NoPicture(trouble);
    const response = await this.ports.fetch(picture, { signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(String(response.status));
    const template = new Template(`team:${name}`, await readPicture(await response.blob(), true), { name, x, y, width, locked: true }, { team: true, address: picture });
    const before = this.rack.team.find((each) => each.id === template.id);
    if (before) template.show(before.showing);
    return template;
  }
}

/** What a server says, as far as it makes sense. @returns {{name: string, templates: Listed[]}} */
export function readList(said) {
  const list = Array.isArray(said?.templates) ? said.templates.slice(0, MOST) : [], text = (/** @type {any} */ value) => (typeof value === "string" ? value : "");
  const templates = list.filter((each) => typeof each?.name === "string").map((each) => ({
    name: cleanTitle(each.name), x: whole(each.x) ?? 0, y: whole(each.y) ?? 0, width: whole(each.width) ?? 0,
    picture: /^api\/templates\/[0-9a-f]{8,64}\.png$/.test(text(each.picture)) ? each.picture : "", trouble: text(each.trouble) || t("There is no picture"),
  }));
  return { name: cleanTitle(text(said?.name)), templates };
}

const whole = (value) => (Number.isInteger(value) ? value : null);
