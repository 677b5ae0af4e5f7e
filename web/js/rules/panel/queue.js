// The queue of reports: each with its place, its picture, and who sees to it. Several can be dealt with at once: those that are
// picked, or all that came from the same network.

import { button, make } from "../../ui/elements.js";
import { setText } from "../../ui/dom.js";
import { ago } from "../../record/times.js";
import { clip } from "../areas/shapes.js";
import { short } from "../act_texts.js";
import { plural, t } from "../../words/words.js";

/**
 * @param {import("../../state.js").State} state
 * @param {import("./duty.js").Duty} duty
 * @param {import("../parts.js").Page} page
 * @param {(id: string) => void} open shows a report
 * @param {(run: () => Promise<any>) => Promise<boolean>} attempt
 */
export function queue(state, duty, page, open, attempt) {
  const list = make("ul", "", "queue"), none = make("p", t("Nobody has reported anything that is still open."), "faint");
  const picked = new Set(), together = button("", "together", () => attempt(() => duty.resolveAll({ ids: [...picked].slice(0, MOST) }, NOTHING)));
  const count = () => {
    for (const id of picked) if (!duty.reports.some((report) => report.id === id)) picked.delete(id);
    together.hidden = picked.size === 0;
    setText(together, plural(picked.size, "No action for the 1 picked", "No action for the {n} picked"));
  };
  const pick = (report) => {
    const box = make("input");
    box.type = "checkbox";
    box.checked = picked.has(report.id);
    box.setAttribute("aria-label", t("Pick the report at {place}", { place: `${report.x}, ${report.y}` }));
    box.addEventListener("change", () => {
      if (box.checked) picked.add(report.id);
      else picked.delete(report.id);
      count();
    });
    return box;
  };
  return {
    element: make("div", [together, list, none]),
    show() {
      none.hidden = duty.reports.length > 0;
      count();
      list.replaceChildren(...duty.reports.map((report) => {
        const item = button("", "queued", () => open(report.id));
        item.append(
          thumbnail(report, state.canvas.geometry),
          make("span", [make("span", report.words || t("No words"), "words"), make("span", [`${report.x}, ${report.y} · ${ago(report.time, page.today())}`, report.user ? ` · ${t("about {who}", { who: short(report.user) })}` : "", report.count ? ` · ${plural(report.count, "reported by 1", "reported by {n}")}` : ""].join(""), "faint"), claimed(report, state)]),
        );
        const alike = report.alike > 1 ? button(plural(report.alike, "No action for the one of this network", "No action for all {n} of this network"), "alike", () => attempt(() => duty.resolveAll({ alike: report.id }, NOTHING))) : null;
        return make("li", [make("div", [pick(report), item], "pickable"), alike]);
      }));
    },
  };
}

/** Who sees to a report. @param {import("../rules_server.js").Report} report @param {import("../../state.js").State} state */
export function claimed({ claim }, { me }) {
  if (!claim) return null;
  return make("span", claim.user && claim.user === me.user ? t("Yours") : t("{name} sees to it", { name: claim.name || short(claim.user) || t("An operator") }), "tag");
}

const NOTHING = t("No action needed");
const MOST = 100; // reports that can be dealt with at once

const AROUND = 24; // pixels to each side

/** A small picture of the place. */
function thumbnail({ x, y }, geometry) {
  const image = make("img");
  image.alt = "";
  image.loading = "lazy";
  image.src = pictureOf(geometry, x, y, AROUND, 1).address;
  return image;
}

/**
 * A picture around a place: its address, and where it is.
 * @param {import("../../geometry.js").Geometry} geometry
 * @param {number} around pixels to each side
 * @param {number} scale how large each pixel is
 */
export function pictureOf(geometry, x, y, around, scale) {
  const rect = clip({ x: x - around, y: y - around, width: 2 * around + 1, height: 2 * around + 1 }, geometry) ?? { x: 0, y: 0, width: 1, height: 1 };
  const query = new URLSearchParams(Object.entries({ x: rect.x, y: rect.y, w: rect.width, h: rect.height, scale }).map(([key, n]) => [key, String(n)]));
  return { address: `api/canvas.png?${query}`, rect };
}
