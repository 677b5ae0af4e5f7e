// The shape of the pointer over the stage: the tool in hand, in the colour it draws with.

import { toHex } from "../colour.js";

/**
 * @param {HTMLElement} stage
 * @param {() => string} shape what the pointer would do now
 * @returns {(state: import("../state.js").State) => void} shows the state
 */
export function pointerShape(stage, shape) {
  let shown = "";
  return (state) => {
    const next = cursor(shape(), state.colour);
    if (next !== shown) stage.style.cursor = shown = next;
  };
}

function cursor(shape, colour) {
  switch (shape) {
    case "pencil": return drawn(PENCIL, colour, 3, 24, "crosshair");
    case "resting": return drawn(RESTING, colour, 3, 24, "not-allowed");
    case "pick": return drawn(DROPPER, colour, 3, 24, "crosshair");
    case "inspect": return drawn(LOUPE, colour, 10, 10, "help");
    case "zoom": return "zoom-in";
    default: return shape;
  }
}

// 27 x 27; the tip is at the lower left.
const PENCIL =
  "<path d='M3 24l2-8L18 3a3 3 0 0 1 4 0l2 2a3 3 0 0 1 0 4L11 22z' fill='#fff' stroke='#16181d' stroke-width='1.6' stroke-linejoin='round'/>" +
  "<path d='M3 24l2-8 6 6z' fill='C' stroke='#16181d' stroke-width='1.6' stroke-linejoin='round'/>";
// The pencil with nothing to draw with.
const RESTING =
  "<path d='M3 24l2-8L18 3a3 3 0 0 1 4 0l2 2a3 3 0 0 1 0 4L11 22z' fill='#fff' fill-opacity='.55' stroke='#fff' stroke-width='3.6' stroke-opacity='.6' stroke-linejoin='round'/>" +
  "<path d='M3 24l2-8L18 3a3 3 0 0 1 4 0l2 2a3 3 0 0 1 0 4L11 22z' fill='none' stroke='#16181d' stroke-width='1.6' stroke-dasharray='2.5 2.5' stroke-linejoin='round'/>";
const DROPPER =
  "<path d='M3 24l1-5L14 9l4 4L8 23z' fill='C' stroke='#16181d' stroke-width='1.6' stroke-linejoin='round'/>" +
  "<path d='M12 7l8 8 2-2-2-2 3-3a3 3 0 0 0-4-4l-3 3-2-2z' fill='#fff' stroke='#16181d' stroke-width='1.6' stroke-linejoin='round'/>";
const LOUPE =
  "<g fill='none' stroke-linecap='round'><circle cx='10' cy='10' r='7.5' fill='#fff' fill-opacity='.25' stroke='#fff' stroke-width='4'/><path d='M16 16l8 8' stroke='#fff' stroke-width='5'/>" +
  "<circle cx='10' cy='10' r='7.5' stroke='#16181d' stroke-width='2'/><path d='M16 16l8 8' stroke='#16181d' stroke-width='3'/></g>";

function drawn(picture, colour, x, y, otherwise) {
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' width='27' height='27'>${picture.replace("'C'", `'${toHex(colour)}'`)}</svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}") ${x} ${y}, ${otherwise}`;
}
