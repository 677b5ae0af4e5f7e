// The colours of what is drawn on canvas elements. They are the style sheet's, so that both follow the system together.

/** @typedef {{name: string, stage: string, paper: string, ink: string, panel: string, faint: string, line: string, accent: string,
 *   good: string, trouble: string, bad: string, font: string}} Theme */

/** Reads the theme that is in force. @returns {Theme} */
export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const names = { name: "theme", stage: "stage", paper: "paper", ink: "ink", panel: "panel", faint: "faint", line: "line", accent: "accent", good: "good", trouble: "trouble", bad: "bad" };
  const theme = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, style.getPropertyValue(`--${name}`).trim()]));
  return /** @type {Theme} */ ({ ...theme, font: style.fontFamily });
}

/**
 * Makes a canvas element as sharp as the screen is and gives its context, in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 */
export function sharp(canvas, width, height) {
  const density = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
