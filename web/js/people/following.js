// Following somebody: the view goes where they are, and then wherever they go, until the user moves it.

import { say, tell } from "../state.js";
import { t } from "../words/words.js";

/**
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {import("../view/navigation.js").Navigation} navigation
 */

export class Following {
  #name = ""; // theirs, as it was shown last
  #goes = false; // the view has yet to go to where they are

  /** @param {import("../state.js").State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  /** @param {number} user who was seen somewhere, or of whom it is said that they were not */
  follow(user) {
    const { state, ports } = this, { people } = state;
    ports.changed();
    if (user === state.connection.user) return;
    if (!people.places.has(user)) return tell(state, t("{name} has not moved or drawn here lately", { name: people.nameOf(user) }), ports.now());
    state.following = user;
    this.#name = people.nameOf(user);
    this.#goes = true;
    say(state, t("You follow {name}. Escape ends that", { name: this.#name }));
  }

  /** @returns {boolean} whether somebody was followed */
  stop() {
    if (this.state.following === 0) return false;
    this.state.following = 0;
    this.ports.changed();
    return true;
  }

  /** Lets time pass. @param {boolean} drawing the user draws: the canvas stays where it is */
  advance(drawing) {
    const { state, ports } = this, { following, people, connection } = state;
    if (following === 0) return;
    if (drawing || state.past) return void this.stop();
    if (!connection.welcomed) return; // who is there is not known
    const place = people.places.get(following);
    if (people.names.has(following)) this.#name = people.nameOf(following);
    else if (!place) {
      tell(state, t("{name} has left", { name: this.#name }), ports.now());
      return void this.stop();
    }
    if (!place) return;
    ports.navigation.accompany(place.x + 0.5, place.y + 0.5, this.#goes);
    this.#goes = false;
  }
}
