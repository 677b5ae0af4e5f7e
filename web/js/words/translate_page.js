// Translates what index.html holds. There is nothing to mark: all of its text is translated, and those attributes that are read, but
// for what has translate="no" and for single letters, which are keys.

export const ATTRIBUTES = ["title", "aria-label", "aria-roledescription", "placeholder", "alt"];
export const UNTOLD = ["script", "style", "noscript"]; // elements whose text nobody sees
const TEXT = 3; // nodeType

/** @typedef {(text: string) => string} Say */

/** @param {Element} root @param {Say} say */
export function translate(root, say) {
  for (const element of root.querySelectorAll("*")) {
    if (element.closest(`[translate="no"], ${UNTOLD}`)) continue;
    for (const name of ATTRIBUTES) {
      const text = element.getAttribute(name);
      if (text && isWords(text)) element.setAttribute(name, say(text));
    }
    translateText(element, say);
  }
}

/** Whether it is more than a key. */
export const isWords = (/** @type {string} */ text) => /\p{L}.*\p{L}/su.test(text);

/**
 * The text that stands in an element itself: from its first word to its last. Elements within are {1}, {2}, … of it.
 * @param {{childNodes: Iterable<{nodeType: number}>}} element
 */
export function textOf(element) {
  const nodes = /** @type {any[]} */ ([...element.childNodes]), written = nodes.map((node) => node.nodeType === TEXT && /\p{L}/u.test(node.data));
  const run = nodes.slice(written.indexOf(true), written.lastIndexOf(true) + 1), within = run.filter(({ nodeType }) => nodeType !== TEXT);
  const text = run.map((node) => (node.nodeType === TEXT ? node.data : `{${within.indexOf(node) + 1}}`)).join("");
  return { run, within, text: isWords(text) ? text.replace(/\s+/g, " ") : "" };
}

/** @param {Element} element @param {Say} say */
function translateText(element, say) {
  const { run, within, text } = textOf(element), key = text.trim();
  if (key === "") return;
  const said = say(key).split(/\{(\d)\}/).map((part, i) => (i % 2 ? within[Number(part) - 1] : part));
  const [before] = /^\s*/.exec(text) ?? [""], [behind] = /\s*$/.exec(text) ?? [""];
  run[0].before(before, ...said, behind);
  for (const node of run) if (node.nodeType === TEXT) node.remove();
}
