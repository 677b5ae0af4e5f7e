// Connects the stage's and the window's events with what they mean: mouse.js, touch.js, keyboard.js.

import { hindrance } from "../limits/cannot_draw.js";
import { keyDown, keyUp } from "./keyboard.js";
import { Mouse } from "./mouse.js";
import { Touch } from "./touch.js";
import { DRAW_ZOOM } from "../view/view.js";

/** Whether something else than the canvas turns with the wheel at an element. */
function scrolls(element) {
  if (element.closest("dialog, select, textarea")) return true;
  for (let each = element; each && each !== document.body; each = each.parentElement) {
    if (each.scrollHeight > each.clientHeight && /auto|scroll/.test(getComputedStyle(each).overflowY)) return true;
  }
  return false;
}

/**
 * @param {import("./keyboard.js").Page} page
 * @param {import("./touch.js").Ports} ports
 */
export function listen(page, ports) {
  const { stage, state, navigation, drawing, space } = page;
  const mouse = new Mouse(stage, state, navigation, drawing, space, page.record, page.following);
  const touch = new Touch(state, navigation, drawing, page.record, page.undo, ports);
  const isTouch = (/** @type {PointerEvent} */ event) => event.pointerType === "touch";
  const place = (/** @type {PointerEvent} */ event) => ({ x: event.offsetX, y: event.offsetY });

  stage.addEventListener("pointerdown", (event) => {
    stage.focus({ preventScroll: true });
    stage.setPointerCapture(event.pointerId);
    if (isTouch(event)) touch.down(event.pointerId, place(event));
    else mouse.down(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (!isTouch(event)) return mouse.move(event);
    const box = stage.getBoundingClientRect();
    const passed = (event.getCoalescedEvents?.() ?? []).map((each) => ({ x: each.clientX - box.left, y: each.clientY - box.top }));
    touch.move(event.pointerId, place(event), passed);
  });
  stage.addEventListener("pointerup", (event) => {
    if (isTouch(event)) touch.up(event.pointerId, place(event));
    else mouse.up(event);
    page.changed();
  });
  stage.addEventListener("pointercancel", (event) => {
    if (isTouch(event)) touch.cancel(event.pointerId);
    else mouse.cancel();
    page.changed();
  });
  stage.addEventListener("pointerleave", (event) => {
    if (!isTouch(event)) mouse.leave();
  });
  // The wheel turns the canvas wherever the pointer is, also over the controls that float above it.
  window.addEventListener("wheel", (event) => {
    if (scrolls(/** @type {Element} */ (event.target))) return;
    const box = stage.getBoundingClientRect();
    mouse.wheel(event, page.wheelsAt(event) ?? { x: event.clientX - box.left, y: event.clientY - box.top });
  }, { passive: false });
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  // The middle button would scroll by itself.
  stage.addEventListener("mousedown", (event) => {
    if (event.button === 1) event.preventDefault();
  });

  // A user who clicks a control with the mouse goes on with the canvas and its keys; one who uses the keyboard stays
  // there.
  for (const controls of document.querySelectorAll(".dock, .zoom, .past-acts")) {
    controls.addEventListener("click", (event) => {
      const click = /** @type {MouseEvent} */ (event);
      if (click.detail > 0 && !/** @type {Element} */ (click.target).matches(".well, .well *, select, select *")) stage.focus({ preventScroll: true });
    });
  }

  window.addEventListener("keydown", (event) => {
    keyDown(event, page);
    page.changed();
  });
  window.addEventListener("keyup", (event) => {
    keyUp(event, page);
    page.changed();
  });
  window.addEventListener("blur", () => {
    space.held = false;
    mouse.cancel();
    page.changed();
  });
  return {
    /** What the pointer would do now, as the name of its shape. */
    shape() {
      if (mouse.mode === "pan") return "grabbing";
      if (mouse.pointsAt > 0) return "pointer";
      if (space.held || state.tool === "hand") return "grab";
      if (state.selecting) return "crosshair";
      if (state.tool === "pick") return "pick";
      if (state.past) return state.tool === "inspect" ? "inspect" : "grab";
      if (state.tool === "inspect") return "inspect";
      if (state.view.zoom < DRAW_ZOOM) return "zoom";
      const { reticule, colour } = state;
      return hindrance(state, ports.now(), reticule ? { ...reticule, colour } : undefined) ? "resting" : state.tool === "pencil" ? "pencil" : "crosshair";
    },
  };
}
