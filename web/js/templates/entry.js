// One template in the list: whether it is shown, how far it is, where to go on, and behind that everything that can be changed.

import { number, pixels } from "../numbers.js";
import { button, make } from "../ui/elements.js";
import { setAttribute, setHidden, setText } from "../ui/dom.js";
import { LONGEST_NAME, mayBe } from "./template.js";
import { plural, t } from "../words/words.js";

/**
 * @typedef {import("./template.js").Template} Template
 *
 * @typedef {object} Acts
 * @property {(template: Template, wanted: Partial<import("./template.js").Placing>) => void} place
 * @property {(template: Template, wanted: Partial<import("./template.js").Showing>) => void} show
 * @property {(template: Template) => void} next goes to the next pixel that is wrong
 * @property {(template: Template) => void} move lets it be dragged
 * @property {(template: Template) => void} share copies a link
 * @property {(template: Template) => void} remove
 */

const LOOKS = /** @type {const} */ ([["dots", t("Dots")], ["whole", t("The picture")], ["wrong", t("Only what is wrong")]]);

/** @param {Template} template @param {Acts} acts @returns {{element: HTMLElement, show: () => void}} */
export function entry(template, acts) {
  const name = make("bdi", "", "strong"), done = make("span", "", "faint"), bar = make("span"), meter = make("div", [bar], "template-done");
  const shown = make("input"), opener = button("", "template-name", () => open(more.hidden));
  shown.type = "checkbox";
  shown.addEventListener("change", () => acts.show(template, { shown: shown.checked }));
  setAttribute(meter, "role", "meter");
  setAttribute(meter, "aria-valuemin", "0");
  setAttribute(meter, "aria-valuemax", "100");
  opener.append(make("span", [name, done]));
  const next = button(t("Next"), "", () => acts.next(template));
  next.title = t("Go to the next wrong pixel (.)");
  const { element: more, show: showMore } = settings(template, acts);
  const open = (/** @type {boolean} */ is) => {
    setHidden(more, !is);
    setAttribute(opener, "aria-expanded", String(is));
    show();
  };
  const show = () => {
    const { progress, showing } = template, share = percent(progress);
    setText(name, template.name);
    setText(done, progressWords(progress));
    setAttribute(shown, "aria-label", t("Show {name}", { name: template.name }));
    setAttribute(next, "aria-label", t("Next wrong pixel of {name}", { name: template.name }));
    if (shown.checked !== showing.shown) shown.checked = showing.shown;
    bar.style.transform = `scaleX(${share / 100})`;
    setAttribute(meter, "aria-label", t("Done of {name}", { name: template.name }));
    setAttribute(meter, "aria-valuenow", String(share));
    setAttribute(next, "aria-disabled", String(progress.wrong + progress.unknown === 0));
    if (!more.hidden) showMore();
  };
  open(false);
  return { element: make("li", [make("div", [make("label", [shown], "template-shown"), opener, next], "template-head"), meter, more], "template"), show };
}

/** What can be changed. @param {Template} template @param {Acts} acts */
function settings(template, acts) {
  const look = make("select"), opacity = make("input");
  look.append(...LOOKS.map(([value, label]) => new Option(label, value)));
  look.addEventListener("change", () => acts.show(template, { look: /** @type {any} */ (look.value) }));
  Object.assign(opacity, { type: "range", min: "10", max: "100", step: "5" });
  opacity.addEventListener("input", () => acts.show(template, { opacity: Number(opacity.value) / 100 }));
  const rows = [make("div", [field(t("Look"), look), field(t("Opacity"), opacity)], "template-row")];
  const own = template.team ? null : ownSettings(template, acts);
  const act = make("div", [...(own?.buttons ?? []), button(t("Copy link"), "", () => acts.share(template))], "template-acts");
  return {
    element: make("div", [...rows, ...(own ? [own.element] : []), act], "template-more"),
    show() {
      if (look.value !== template.showing.look) look.value = template.showing.look;
      const percent = String(Math.round(100 * template.showing.opacity));
      if (opacity.value !== percent) opacity.value = percent;
      own?.show();
    },
  };
}

/** What can be changed of one's own: name, place, size. @param {Template} template @param {Acts} acts */
function ownSettings(template, acts) {
  const name = make("input"), locked = make("input");
  name.maxLength = LONGEST_NAME;
  name.addEventListener("change", () => acts.place(template, { name: name.value }));
  locked.type = "checkbox";
  locked.addEventListener("change", () => acts.place(template, { locked: locked.checked }));
  const numbers = /** @type {const} */ (["x", "y", "width"]).map((key) => {
    const input = make("input");
    Object.assign(input, { type: "number", step: "1", inputMode: "numeric" });
    input.addEventListener("change", () => {
      const value = input.valueAsNumber, fits = Number.isFinite(value) && (key !== "width" || mayBe(template.picture, Math.round(value)));
      if (fits) acts.place(template, { [key]: value });
      input.value = String(template[key]);
    });
    return { key, input };
  });
  const move = button(t("Move"), "", () => acts.move(template));
  return {
    element: make("div", [
      field(t("Name"), name),
      make("div", numbers.map(({ key, input }) => field({ x: t("Left"), y: t("Top"), width: t("Width") }[key], input)), "template-row"),
      make("label", [locked, t("Locked in its place")], "template-check"),
    ]),
    buttons: [move, button(t("Remove"), "", () => acts.remove(template))],
    show() {
      if (document.activeElement !== name) name.value = template.name;
      for (const { key, input } of numbers) {
        if (document.activeElement !== input && input.value !== String(template[key])) input.value = String(template[key]);
        input.disabled = template.locked;
      }
      move.disabled = template.locked;
      locked.checked = template.locked;
    },
  };
}

/** @param {string} text @param {HTMLElement} input */
function field(text, input) {
  return make("label", [make("span", text), input], "template-field");
}

/** Whole percents, of which there are a hundred only when all is done. @param {import("./progress.js").Progress} progress */
export function percent({ share }) {
  return Math.floor(100 * share);
}

/** "73 % · 120 left", for a list. @param {import("./progress.js").Progress} progress */
function progressWords(progress) {
  const { total, right, wrong, unknown } = progress;
  if (total === 0) return t("Not on the canvas");
  if (right + wrong === 0) return pixels(total);
  if (wrong === 0) return unknown === 0 ? t("Done: {pixels}", { pixels: pixels(total) }) : plural(unknown, "1 pixel not seen yet", "{n} pixels not seen yet");
  return t("{percent} % · {n} left", { percent: percent(progress), n: number(wrong) });
}
