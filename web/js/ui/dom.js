// Small helpers of all ui modules. They write nothing that is there already, so that drawing 60 times a second costs
// the page no layout.

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

/** @param {HTMLElement} element */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} element */
export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** @param {HTMLElement} element */
export function setPressed(element, pressed) {
  setAttribute(element, "aria-pressed", String(pressed));
}

/** @param {HTMLElement} element */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Sets a custom property of the style sheet. @param {HTMLElement} element */
export function setProperty(element, name, value) {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}
