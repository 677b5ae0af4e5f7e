// Protected areas: what they look like, where they are, who may draw there.

import { byWhom, endText, placeText } from "../act_words.js";
import { protect, undo } from "../decisions.js";
import { plural } from "../format.js";
import { toAudit } from "../route.js";
import { byId, inUse, make, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";

const LABELS = ["Area", "Place", "Who may draw", "Ends", "By", ""];
const MOST = 512 * 512; // pixels of a picture that is shown: larger ones would cost the server too much each
const WHO = { member: "members", moderator: "moderators", owner: "owners" };

/** @returns {(acts: import("../chain.js").Act[], now: number) => void} */
export function areas({ decide }) {
  const body = byId("areas-body");
  let time = 0;
  const rows = new Rows(body, (act) => area(act, decide, () => time));
  byId("areas-new").addEventListener("click", () => decide(protect()));
  return (acts, now) => {
    time = now;
    const items = acts.filter((act) => act.do === "protect");
    setText(byId("areas-note"), items.length === 0 ? "Everybody may draw everywhere." : `${plural(items.length, "area")}, the newest first.`);
    setHidden(byId("areas-table"), items.length === 0);
    rows.show(items, ({ n }) => String(n), inUse(body));
  };
}

/** @param {import("../chain.js").Act} act */
function area(act, decide, now) {
  const { row, cells } = tableRow(LABELS), { area } = act, name = make("span", { class: "name" }, area.name || "Without a name"), by = make("a", { href: toAudit(`#${act.n}`) }, byWhom(act));
  const button = make("button", { type: "button", class: "small", "aria-label": `Undo the protection of ${area.name || placeText(area)}` }, "Undo…"), users = area.users?.length ?? 0;
  cells[0].append(picture(area), name);
  setText(cells[1], placeText(area));
  setText(cells[2], `${WHO[area.least] ?? area.least}${users > 0 ? ` and ${plural(users, "user")}` : ""}`);
  setAttribute(cells[2], "title", users > 0 ? area.users.join(", ") : null);
  cells[4].append(by);
  cells[5].append(button);
  button.addEventListener("click", () => decide(undo(act)));
  return { element: row, show: () => setText(cells[3], endText(act, now())) };
}

/** The drawing there, and over it what of it counts. */
function picture({ x, y, width, height, mask }) {
  const box = make("span", { class: "shot" });
  if (width * height > MOST) return box;
  box.append(make("img", { src: `api/canvas.png?${new URLSearchParams({ x, y, w: width, h: height })}`, alt: "", loading: "lazy" }));
  if (mask) box.append(make("img", { src: `api/rules/mask/${encodeURIComponent(mask)}.png`, alt: "", loading: "lazy", class: "mask" }));
  return box;
}
