// Fetches what the operator looks at besides the state: open branches of the tree, the page of an actor, the
// connections with a name, people, keys, rules and their acts, reports, the drawing under the map. It is called with every answer. Each thing has its own pace,
// and is asked for only once at a time.

import { troubleOf } from "./keys.js";
import { branchKey } from "./tree.js";

/** @typedef {import("./state.js").State} State */

const BRANCH = 3_000; // ms between questions for one branch: up to 500 actors each
const ACTOR = 1_000; // ms
const FOUND = 2_000; // ms: every pod searches its connections, also for people
const KEYS = 5_000; // ms: the store is asked for all of them
const RULES = 2_000; // ms: only their version, as long as nothing is decided
const REPORTS = 5_000; // ms: the store is asked for all of them
const PICTURE = 10_000; // ms for each million pixels: 64 million take a second of a processor
const BRANCHES = 8; // branches that are kept up to date at once

export class Watch {
  #state;
  #server;
  #changed;
  #show;
  /** @type {Map<string, {at: number, asking: boolean}>} */
  #asked = new Map();
  #round = 0; // of changes

  /**
   * @param {State} state
   * @param {import("./server.js").Server} server
   * @param {object} does
   * @param {() => void} does.changed
   * @param {(picture: Blob) => void} does.show takes the drawing
   */
  constructor(state, server, { changed, show }) {
    this.#state = state;
    this.#server = server;
    this.#changed = changed;
    this.#show = show;
  }

  /** @param {number} now page time, ms */
  look(now) {
    const { route } = this.#state;
    if (route.view === "actors") this.#branches(now);
    if (route.actor) this.#actor(now);
    if (route.view === "connections" && route.name) this.#found(now);
    if (route.view === "people") this.#people(now);
    if (route.view === "keys") this.#keys(now);
    if (["rules", "audit", "reports", "roles"].includes(route.view)) this.#rules(now);
    if (route.view === "reports") this.#reports(now);
    if (route.view === "overview") this.#picture(now);
    this.#forget();
  }

  #branches(now) {
    let left = BRANCHES;
    for (const member of this.#state.members.values()) {
      for (const { kind } of member.kinds ?? []) {
        if (!this.#state.open.has(`pod ${member.id}`) || !this.#state.open.has(`kind ${member.id} ${kind}`) || left-- <= 0) continue;
        this.#branch(member.id, kind, now);
      }
    }
  }

  #branch(member, kind, now) {
    const key = branchKey(member, kind), { branches } = this.#state;
    this.#every(BRANCH, `branch ${key}`, now, async () => {
      const before = branches.get(key) ?? { items: [], error: "", at: 0 };
      try {
        const { actors } = await this.#server.actors(member, kind);
        branches.set(key, { items: actors ?? [], error: "", at: now });
      } catch (error) {
        branches.set(key, { ...before, error: error.message });
      }
    });
  }

  #actor(now) {
    const { member, actor: id } = this.#state.route;
    if (this.#state.actor.member !== member || this.#state.actor.id !== id) this.#state.actor = { member, id, page: null, error: "" };
    const shown = this.#state.actor;
    this.#every(ACTOR, `actor ${member} ${id}`, now, async () => {
      try {
        shown.page = await this.#server.actor(member, id);
        shown.error = "";
      } catch (error) {
        shown.error = error.message;
      }
    });
  }

  #found(now) {
    const { name } = this.#state.route;
    if (this.#state.found.name !== name) this.#state.found = { name, items: [], error: "", at: 0 };
    const { found } = this.#state;
    this.#every(FOUND, `found ${name}`, now, async () => {
      try {
        found.items = (await this.#server.connections(name)).connections ?? [];
        Object.assign(found, { error: "", at: now });
      } catch (error) {
        found.error = error.message;
      }
    });
  }

  #people(now) {
    const { route: { name: search }, addresses } = this.#state;
    if (this.#state.people.search !== search || this.#state.people.addresses !== addresses) {
      this.#state.people = { search, addresses, more: false, items: [], error: "", at: 0 };
    }
    const { people } = this.#state;
    this.#every(FOUND, `people ${addresses} ${search}`, now, async () => {
      try {
        const { people: items, more } = await this.#server.people(search, addresses);
        Object.assign(people, { items: items ?? [], more: more === true, error: "", at: now });
      } catch (error) {
        people.error = error.message;
      }
    });
  }

  #keys(now) {
    const { keys } = this.#state, round = this.#round;
    this.#every(KEYS, "keys", now, async () => {
      try {
        const { keys: items } = await this.#server.keys();
        if (round === this.#round) Object.assign(keys, { items: (items ?? []).reverse(), error: "", at: now });
      } catch (error) {
        keys.error = troubleOf(error);
      }
    });
  }

  #rules(now) {
    const { rules } = this.#state;
    this.#every(RULES, "rules", now, async () => {
      try {
        const shown = await this.#server.rules();
        if (rules.at === 0 || shown.version !== rules.chain.version) await rules.chain.follow(this.#server);
        Object.assign(rules, { shown, error: "", at: now });
      } catch (error) {
        rules.error = error.message;
      }
    });
  }

  #reports(now) {
    const { reports } = this.#state, { which } = reports, round = this.#round;
    this.#every(REPORTS, `reports ${which}`, now, async () => {
      try {
        const { reports: items } = await this.#server.reports(which);
        if (round === this.#round && which === reports.which) Object.assign(reports, { items: items ?? [], error: "", at: now });
      } catch (error) {
        reports.error = error.message;
      }
    });
  }

  #picture(now) {
    const { width, height } = this.#state.answer.canvas;
    const every = Math.max(PICTURE, PICTURE * width * height / 1e6);
    this.#every(every, "picture", now, () => this.#server.picture().then(this.#show, () => {})); // the map can do without
  }

  #every(ms, what, now, ask) {
    const before = this.#asked.get(what);
    if (before && (before.asking || now - before.at < ms - 100)) return; // an answer may come a little early
    const asked = { at: now, asking: true };
    this.#asked.set(what, asked);
    ask().finally(() => {
      asked.asking = false;
      this.#changed();
    });
  }

  /** Something was changed: keys, rules and reports are asked for anew, and what was asked before does not count. */
  anew() {
    this.#round++;
    for (const what of ["keys", "rules", `reports ${this.#state.reports.which}`]) this.#asked.delete(what);
  }

  /** Drops what belongs to pods that are gone, so that nothing grows. */
  #forget() {
    const { members, branches, open } = this.#state;
    for (const key of branches.keys()) if (!members.has(key.slice(0, key.indexOf("/")))) branches.delete(key);
    for (const key of open) if (!members.has(key.split(" ")[1])) open.delete(key);
    for (const [what, { asking }] of this.#asked) {
      if (what !== "picture" && !asking && this.#asked.size > 64) this.#asked.delete(what);
    }
  }
}
