// Small helpers of all ui modules. They write nothing that is there already, so an answer every second costs the page
// no layout, and neither focus nor scroll positions move. Text is inserted as text only, never as HTML.

/**
 * The element with an id; a missing one is a mistake in index.html.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/**
 * Makes an element.
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** @param {Element} element */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} element */
export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** Sets an attribute; null removes it. @param {Element} element */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Sets a custom property of the style sheet. @param {HTMLElement} element */
export function setProperty(element, name, value) {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

/** Whether the pointer or the keyboard focus is in an element: then it must not move. @param {Element} element */
export function inUse(element) {
  return element.matches(":hover") || element.contains(document.activeElement);
}

/**
 * The children of an element, kept in step with a list: an item keeps its element as long as it keeps its key.
 * @template Item
 */
export class Rows {
  #parent;
  #make;
  /** @type {Map<string, {element: HTMLElement, show: (item: Item) => void}>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} parent
   * @param {(item: Item) => {element: HTMLElement, show: (item: Item) => void}} make show: writes what may have changed
   */
  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /**
   * @param {readonly Item[]} items
   * @param {(item: Item) => string} key
   * @param {boolean} [still] rows that are shown stay where they are
   */
  show(items, key, still = false) {
    const byKey = new Map(items.map((item) => [key(item), item]));
    for (const [name, row] of this.#rows) {
      if (byKey.has(name)) continue;
      row.element.remove();
      this.#rows.delete(name);
    }
    const order = still ? [...this.#rows.keys(), ...[...byKey.keys()].filter((name) => !this.#rows.has(name))] : [...byKey.keys()];
    const focused = this.#parent.contains(document.activeElement) ? document.activeElement : null;
    const rows = new Map();
    let next = this.#parent.firstElementChild;
    for (const name of order) {
      const row = this.#rows.get(name) ?? this.#make(byKey.get(name));
      rows.set(name, row);
      if (row.element === next) next = next.nextElementSibling;
      else this.#parent.insertBefore(row.element, next);
      row.show(byKey.get(name));
    }
    this.#rows = rows;
    if (focused && focused !== document.activeElement) /** @type {any} */ (focused).focus({ preventScroll: true });
  }

  /** @param {string} key */
  get(key) {
    return this.#rows.get(key)?.element;
  }
}

/**
 * A table row whose cells carry the names in the table's head, so that it can be read where the head is not shown.
 * @param {readonly string[]} labels
 * @param {Record<string, string>} [attributes]
 */
export function tableRow(labels, attributes = {}) {
  const cells = labels.map((label, n) => make(n === 0 ? "th" : "td", n === 0 ? { scope: "row", role: "rowheader" } : { role: "cell", "data-label": label }));
  return { row: make("tr", { role: "row", ...attributes }, ...cells), cells };
}
