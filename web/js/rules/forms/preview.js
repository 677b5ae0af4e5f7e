// What a rollback would do: the canvas before and after it side by side, and who is concerned.

import { make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { pixels } from "../../numbers.js";
import { person } from "../act_texts.js";
import { plural, t } from "../../words/words.js";

const PAUSE = 200; // ms between questions while one chooses
const LISTED = 8; // people

export class Preview {
  /** How many pixels it would take back; null: not known. @type {number | null} */
  count = null;
  /** What was shown, to be applied. @type {import("../rules_server.js").Selection} */
  selection = {};
  #stop = new AbortController();
  #timer = 0;

  /** @param {import("../parts.js").Page} page @param {() => void} changed */
  constructor(page, changed) {
    this.page = page;
    this.changed = changed;
    const picture = (label) => {
      const image = make("img");
      image.alt = label;
      return { image, figure: make("figure", [make("figcaption", label), image]) };
    };
    this.before = picture(t("Now"));
    this.after = picture(t("After"));
    this.pictures = make("div", [this.before.figure, this.after.figure], "pictures");
    this.words = make("p", "", "counts");
    this.words.setAttribute("role", "status");
    this.people = make("ul", "", "concerned");
    this.element = make("div", [this.pictures, this.words, this.people], "preview");
  }

  /** @param {import("../rules_server.js").Selection} selection */
  ask(selection) {
    this.#stop.abort();
    this.page.clearTimeout(this.#timer);
    this.count = null;
    setText(this.words, t("Looking…"));
    this.element.setAttribute("aria-busy", "true");
    const stop = (this.#stop = new AbortController());
    this.#timer = this.page.setTimeout(() => this.#look(selection, stop.signal), PAUSE);
  }

  async #look(selection, signal) {
    try {
      const said = await this.page.server.preview(selection, signal);
      if (signal.aborted) return;
      this.#show(said);
    } catch (error) {
      if (signal.aborted) return;
      setText(this.words, error.message);
      this.people.replaceChildren();
      setHidden(this.pictures, true);
    }
    this.element.removeAttribute("aria-busy");
    this.changed();
  }

  /** @param {import("../rules_server.js").Preview} said */
  #show(said) {
    const users = said.users ?? [];
    this.count = said.pixels;
    this.selection = said.selection;
    setHidden(this.pictures, said.pixels === 0 || !said.before || !said.after);
    if (said.before) this.before.image.src = said.before;
    if (said.after) this.after.image.src = said.after;
    const stays = said.protected ? `; ${plural(said.protected, "1 pixel stays, since it is protected from you", "{n} pixels stay, since they are protected from you")}` : "";
    const nothing = said.protected ? t("Nothing that you may take back") : t("There is nothing to take back: it was painted over since, or nothing was drawn");
    setText(this.words, (said.pixels === 0 ? nothing : t("{pixels} by {who}", { pixels: pixels(said.pixels), who: plural(users.length, "one person", "{n} people") })) + stays);
    this.people.replaceChildren(...users.slice(0, LISTED).map((each) => make("li", [make("bdi", person(each)), make("span", pixels(each.pixels), "faint")])));
    if (users.length > LISTED) this.people.append(make("li", plural(users.length - LISTED, "and 1 more", "and {n} more"), "faint"));
  }
}
