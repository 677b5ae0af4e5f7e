// Makes elements, for what index.html does not hold: lists, cards, and the parts that are loaded when they are used.
// Content is text, whatever it contains.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string | (Node | string | null)[]} content
 */
export function make(tag, content = "", className = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...(typeof content === "string" ? [content] : content.filter((each) => each !== null)));
  return element;
}

/** @param {() => void} act */
export function button(label, className, act) {
  const made = make("button", label, className);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** A symbol of index.html. */
export function icon(id) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#${id}`);
  svg.append(use);
  return svg;
}

/** Style sheets that are loaded, or on their way: twice, one would come to stand behind others that are meant to override it. @type {Map<string, Promise<void>>} */
const sheets = new Map();

/** Loads a style sheet; resolves when it is in force. */
export function style(href) {
  const there = sheets.get(href);
  if (there) return there;
  const coming = new Promise((resolve, reject) => {
    const failed = (why) => {
      sheets.delete(href);
      reject(why);
    };
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: () => resolve(undefined), onerror: failed }));
  });
  sheets.set(href, coming);
  return coming;
}
