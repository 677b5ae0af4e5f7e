// Sharing what is in view: its link, and a picture of it or of the whole canvas, to copy, to save, or for the system to pass on.

import { say, tell } from "../state.js";
import { byId } from "../ui/dom.js";
import { button, make, style } from "../ui/elements.js";
import { popover } from "../ui/popover.js";
import { t } from "../words/words.js";
import { addressOf, fileName, pictureOf } from "./picture.js";

const KIND = "image/png";
const LEFT = 60_000; // ms after which a saved picture is not read any more

/**
 * @typedef {object} Page
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {() => string} linkTo the address of what is shown
 * @property {() => Promise<void>} copyLink
 * @property {typeof fetch} fetch
 */

/** The panel of the button #link, which opens it from now on. @param {import("../state.js").State} state @param {Page} page */
export async function sharing(state, page) {
  await style("css/share.css");
  const view = choice(t("This view"), true), whole = choice(t("Whole canvas"), false);
  /** Does something with a picture, and says what became of it. */
  const doing = (/** @type {(coming: Promise<File>) => Promise<unknown>} */ act, done = "") => async () => {
    try {
      await act(fetched(state, page, whole.input.checked));
      if (done) tell(state, done, page.now());
      panel.close();
    } catch (why) {
      if (why?.name !== "AbortError") tell(state, why instanceof Refusal ? why.message : t("That did not work in this browser"), page.now());
    }
    page.changed();
  };
  const box = make("section", [
    make("h2", t("Share")),
    button(t("Copy link"), "primary", async () => {
      await page.copyLink();
      panel.close();
    }),
    fieldset(t("Picture"), [view.label, whole.label]),
    make("div", [
      copies() ? button(t("Copy"), "", doing(copyPicture, t("Picture copied"))) : null,
      button(t("Save"), "", doing(savePicture)),
      "share" in navigator ? button(t("Send…"), "", doing((coming) => send(coming, page.linkTo()))) : null,
    ], "acts"),
  ], "share panel");
  box.id = "share";
  box.hidden = true;
  box.setAttribute("aria-label", t("Share"));
  byId("top").after(box);
  byId("link").setAttribute("aria-controls", box.id);
  const panel = popover(byId("link"), box, page.changed);
  return panel;
}

/** Why the server gave no picture, for the user. */
class Refusal extends Error {}

/** The picture that is wanted now. Browsers want to be told at once what is done with it, so it comes as a promise. @returns {Promise<File>} */
async function fetched(state, page, all) {
  const picture = pictureOf(state, all);
  if (!picture) throw new Refusal(t("There is nothing of the canvas in view"));
  say(state, t("Making the picture"));
  const response = await page.fetch(addressOf(picture, state.past?.marked ?? null));
  if (!response.ok) throw new Refusal(response.status === 429 ? t("Too many pictures: try again in a moment") : t("The server makes no picture now: try again in a moment"));
  return new File([await response.blob()], fileName(state.view, all), { type: KIND });
}

function copies() {
  return "ClipboardItem" in window && typeof navigator.clipboard?.write === "function"; // not without TLS
}

/** @param {Promise<File>} coming */
function copyPicture(coming) {
  return navigator.clipboard.write([new ClipboardItem({ [KIND]: coming })]);
}

/** @param {Promise<File>} coming */
async function savePicture(coming) {
  const file = await coming, address = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), { href: address, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), LEFT);
}

/** Lets the system pass picture and link on, or the link alone where it takes no files. @param {Promise<File>} coming */
async function send(coming, url) {
  const file = await coming, both = { title: "Pixel Playground", url, files: [file] };
  await navigator.share(navigator.canShare?.(both) ? both : { title: both.title, url });
}

function choice(text, checked) {
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "picture", checked });
  return { input, label: make("label", [input, ` ${text}`]) };
}

function fieldset(legend, content) {
  return make("fieldset", [make("legend", legend), ...content]);
}
