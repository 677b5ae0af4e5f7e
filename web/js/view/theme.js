// The colours of what is drawn with a 2D context. They are the style sheet's, so that both follow the system together.

/** @typedef {{name: string, stage: string, paper: string, shadow: string, grid: string, accent: string, ink: string, panel: string, glow: string, font: string}} Theme */

/** Reads the theme that is in force. @returns {Theme} */
export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    name: value("theme"),
    stage: value("stage"),
    paper: value("paper"),
    shadow: value("sheet-shadow"),
    grid: value("grid"),
    accent: value("accent"),
    ink: value("ink"),
    panel: value("panel"),
    glow: value("glow"),
    font: style.fontFamily,
  };
}
