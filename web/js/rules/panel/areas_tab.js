// Areas: choosing one by a rectangle or by painting it, protecting it, and letting everybody draw there again.

import { button, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { choice, labelled } from "../forms/dialog.js";
import { toPicture } from "../areas/masks.js";
import { rankOf, whoDraws } from "../ruling.js";
import { t } from "../../words/words.js";

/** @typedef {import("../areas/outline.js").Shape} Shape */

/** Nobody protects anything from who may decide more. @type {[string, string][]} */
const LEAST = [["moderator", t("only moderators")], ["member", t("only members")]], OWNERS = [["owner", t("only the owner")]];

/**
 * @param {import("../../state.js").State} state
 * @param {import("./duty.js").Duty} duty
 * @param {import("../parts.js").Page & {marks: Map<string, any>}} page
 * @param {import("../areas/choosing.js").Choosing} choosing
 * @param {{attempt: (run: () => Promise<any>) => Promise<boolean>, hide: () => void, reveal: () => void}} panel
 */
export function areasTab(state, duty, page, choosing, { attempt, hide, reveal }) {
  const list = make("ul", "", "areas"), none = make("p", t("No part of the canvas is protected."), "faint"), name = make("input"), least = choice(state.me.role === "owner" ? [...LEAST, ...OWNERS] : LEAST);
  const size = make("p", "", "faint"), send = make("button", t("Protect"), "primary");
  let shape = /** @type {Shape | null} */ (null);
  Object.assign(name, { maxLength: 40, required: true, placeholder: t("Town hall") });
  send.type = "submit";
  const form = make("form", [size, labelled(t("What it is called"), name), labelled(t("Who may draw there"), least), make("p", [send, button(t("Cancel"), "", () => take(null))], "acts")], "stacked");
  form.autocomplete = "off";
  form.hidden = true;
  const take = (next) => {
    shape = next;
    setHidden(form, shape === null);
    if (shape) page.marks.set("area", { shape, hatch: 0.35 });
    else page.marks.delete("area");
    if (shape) setText(size, sizeOf(shape));
    page.changed();
  };
  const choose = async (kind) => {
    take(null);
    hide();
    const chosen = await choosing.choose(kind);
    reveal();
    take(chosen);
    if (chosen) name.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const { x, y, width, height, bits } = shape;
      const mask = bits?.includes(0) ? await page.server.mask(await toPicture(bits, width, height)) : "";
      await duty.act({ do: "protect", area: { name: name.value.trim(), x, y, width, height, ...(mask ? { mask } : {}), least: least.value } });
      name.value = "";
      take(null);
    });
  });
  const item = (area) => {
    const go = button(area.name || `${area.x}, ${area.y}`, "area", () => page.goTo(area.x + area.width / 2, area.y + area.height / 2));
    go.title = t("Show it");
    const may = !area.by || rankOf(state.me.role) >= rankOf(area.by); // nobody takes back what was decided with a higher role
    const open = may ? button(t("Unprotect"), "undo", () => attempt(() => duty.undo(area.act))) : null;
    open?.setAttribute("aria-label", t("Unprotect {name}", { name: area.name || `${area.x}, ${area.y}` }));
    return make("li", [make("div", [go, make("span", `${area.width} × ${area.height} · ${whoDraws(area)}`, "faint")]), open]);
  };
  return {
    element: make("div", [make("p", [button(t("Rectangle…"), "rectangle", () => choose("rectangle")), button(t("Paint…"), "paint", () => choose("paint"))], "acts"), form, list, none]),
    show() {
      const areas = state.rules?.areas ?? [];
      none.hidden = areas.length > 0;
      list.replaceChildren(...areas.map(item));
    },
    /** All areas are outlined while one works on them. @param {boolean} open */
    shown(open) {
      page.marks.set("areas", open ? (state.rules?.areas ?? []).filter(({ mask, bits }) => !mask || bits).map((each) => ({ shape: each, hatch: 0.2 })) : null);
      if (!open) page.marks.delete("area");
      else if (shape) page.marks.set("area", { shape, hatch: 0.35 });
    },
  };
}

/** @param {Shape} shape */
function sizeOf({ x, y, width, height, bits }) {
  const what = { size: `${width} × ${height}`, place: `${x}, ${y}` };
  return bits ? t("{size} pixels at {place}, painted", what) : t("{size} pixels at {place}", what);
}
