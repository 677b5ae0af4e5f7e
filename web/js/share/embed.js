// The page in a frame of another one: a way out of it, to where one can draw.

import { byId } from "../ui/dom.js";
import { make, style } from "../ui/elements.js";
import { t } from "../words/words.js";

/** @param {() => string} linkTo the address of what is shown */
export async function embed(linkTo) {
  await style("css/embed.css");
  const mark = Object.assign(document.createElement("img"), { src: "favicon.svg", alt: "" });
  const out = make("a", [mark, t("Draw here")], "embed-out panel");
  Object.assign(out, { target: "_blank", rel: "noopener", href: "./" });
  out.addEventListener("pointerdown", () => (out.href = linkTo()));
  out.addEventListener("focus", () => (out.href = linkTo()));
  byId("top").after(out);
}
