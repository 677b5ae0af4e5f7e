// Gets the pictures that links name. This page itself asks nobody but its server: another host is asked by a frame that has nothing
// of the page (elsewhere.js), and only after the user has been told which host that is.

import { button, make } from "../ui/elements.js";
import { MOST_BYTES, NoPicture } from "./picture.js";
import { t } from "../words/words.js";

const PATIENCE = 20_000; // ms for the frame, which has its own

/** @param {string} address of this server, or data: @returns {Promise<Blob>} @throws {NoPicture} */
export async function fetchOwn(address) {
  const data = /^data:([a-z/+.-]+);base64,(.*)$/.exec(address);
  try {
    if (data) return new Blob([Uint8Array.from(atob(decodeURIComponent(data[2])), (each) => each.charCodeAt(0))], { type: data[1] });
    const response = await fetch(address);
    if (response.ok) return await response.blob();
  } catch {
    // As below.
  }
  throw new NoPicture(t("The picture could not be loaded"));
}

/** @param {string} address of another host @param {string} host @returns {Promise<Blob>} @throws {NoPicture} */
export function fetchElsewhere(address, host) {
  const frame = document.createElement("iframe"), { port1, port2 } = new MessageChannel();
  frame.hidden = true;
  frame.setAttribute("sandbox", "allow-scripts");
  frame.src = "js/templates/elsewhere.html";
  const answer = new Promise((resolve, reject) => {
    const fail = (/** @type {boolean} */ large) => reject(new NoPicture(large ? t("The file is too large: at most {n} MB", { n: MOST_BYTES >> 20 }) : t("{host} does not let other pages have this picture, or does not answer: save it there, and drop the file here", { host })));
    const late = setTimeout(() => fail(false), PATIENCE);
    port1.onmessage = ({ data }) => {
      clearTimeout(late);
      if (data instanceof Blob) resolve(data);
      else fail(data === "large");
    };
    frame.onload = () => frame.contentWindow?.postMessage({ address, most: MOST_BYTES }, "*", [port2]);
  });
  document.body.append(frame);
  return answer.finally(() => {
    frame.remove();
    port1.close();
  });
}

/** Asks whether another host may be asked. @param {string} name of the template @param {string} host @returns {Promise<boolean>} */
export function askAbout(name, host) {
  return new Promise((resolve) => {
    const answer = (/** @type {boolean} */ may) => {
      bar.remove();
      document.getElementById("stage")?.focus({ preventScroll: true });
      resolve(may);
    };
    const text = make("span", t("The picture of {name} is at {host}. To load it shows your address to that host.", { name, host }));
    const bar = make("section", [text, button(t("Load it"), "primary", () => answer(true)), button(t("No"), "", () => answer(false))], "banner panel placing");
    bar.setAttribute("role", "status");
    bar.setAttribute("aria-label", t("Template of a link"));
    document.querySelector(".notices")?.prepend(bar);
  });
}
