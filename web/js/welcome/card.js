// The card that says what this is, and how many are here.

import { say } from "../state.js";
import { byId, setText } from "../ui/dom.js";
import { button, make, style } from "../ui/elements.js";
import { plural, t } from "../words/words.js";
import { whereLifeIs } from "./life.js";

const NAME = "Pixel Playground";
const SENTENCE = t("One canvas for everybody: what you draw, all others see at once.");

/**
 * @param {import("../state.js").State} state
 * @param {object} page
 * @param {boolean} page.linked the link names a place
 * @param {(x: number, y: number) => void} page.start flies to a place to draw there
 * @param {() => void} page.draw takes the pencil
 * @param {() => void} page.close
 * @param {() => void} page.changed
 * @returns {Promise<import("../welcome.js").Card>}
 */
export async function welcoming(state, page) {
  await style("css/welcome.css");
  const count = make("p", "", "faint"), mark = Object.assign(document.createElement("img"), { src: "favicon.svg", alt: "" });
  const leave = () => {
    page.close();
    byId("stage").focus({ preventScroll: true });
    page.changed();
  };
  const start = () => {
    const { x, y } = page.linked ? state.view : whereLifeIs(state.canvas);
    page.draw();
    page.start(x, y);
    leave();
  };
  const acts = make("div", [button(t("Start drawing"), "primary", start), button(t("Just look"), "", leave)], "acts");
  const card = make("section", [mark, make("div", [make("h2", NAME), make("p", SENTENCE), count]), acts], "welcome panel");
  card.setAttribute("aria-label", t("Welcome"));
  const show = () => setText(count, here(state.people.distinct));
  return {
    open() {
      show();
      document.querySelector(".notices")?.prepend(card);
      say(state, SENTENCE);
      page.changed();
    },
    show,
    close: () => card.remove(),
  };
}

/** @param {number} people the user among them */
function here(people) {
  return people > 1 ? plural(people, "1 person is here now", "{n} people are here now") : t("Nobody else is here now");
}
