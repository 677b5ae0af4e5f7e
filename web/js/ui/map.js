// Going to places by the minimap.

import { middle, toScreen } from "../view/view.js";
import { byId } from "./dom.js";

const STEP = 0.25; // of the stage, with one press of an arrow key

/**
 * @param {import("../view/minimap.js").Minimap} minimap
 * @param {import("../state.js").State} state
 * @param {import("../view/navigation.js").Navigation} navigation
 * @returns {(event: MouseEvent) => {x: number, y: number} | null} what the wheel zooms about: the place pointed at if it is in view,
 *   or else the middle; null: the pointer is elsewhere
 */
export function map(minimap, state, navigation) {
  const element = byId("minimap");
  const locate = (event) => {
    const box = element.getBoundingClientRect();
    return minimap.locate(state, event.clientX - box.left, event.clientY - box.top);
  };
  element.addEventListener("pointerdown", (event) => {
    if (!state.canvas) return;
    element.setPointerCapture(event.pointerId);
    const { x, y } = locate(event);
    navigation.goTo(x, y);
  });
  element.addEventListener("pointermove", (event) => {
    if (!state.canvas || !element.hasPointerCapture(event.pointerId) || event.movementX ** 2 + event.movementY ** 2 === 0) return;
    const { x, y } = locate(event);
    navigation.dragTo(x, y);
  });
  element.addEventListener("keydown", (event) => {
    const [dx, dy] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (dx === 0 && dy === 0) return;
    event.preventDefault();
    navigation.pan(dx * STEP * state.viewport.width, dy * STEP * state.viewport.height);
  });
  return (event) => {
    if (event.target !== element || !state.canvas) return null;
    const { view, viewport } = state, { x, y } = locate(event), at = toScreen(view, viewport, x, y);
    const inView = at.x >= 0 && at.y >= 0 && at.x <= viewport.width && at.y <= viewport.height;
    return inView ? at : middle(viewport);
  };
}
