// Asking to be told when a pixel is ready: the bell beside the countdown.

import { mayNotify } from "../limits/notification.js";
import { byId } from "./dom.js";
import { popover } from "./popover.js";
import { t } from "../words/words.js";

/**
 * @param {import("../limits/ready.js").Ready} ready
 * @param {object} does
 * @param {() => void} does.changed
 * @param {(text: string) => void} does.tell
 * @returns {{show: () => void} & import("./popover.js").Popover}
 */
export function bell(ready, { changed, tell }) {
  const button = byId("bell"), sound = byId("ready-sound"), notification = byId("ready-notification");
  sound.addEventListener("change", () => ready.set("sound", sound.checked));
  notification.addEventListener("change", async () => {
    const wanted = notification.checked, granted = !wanted || (await mayNotify());
    if (!granted) tell(t("The browser does not let this page notify you"));
    ready.set("notification", wanted && granted);
  });
  return {
    show() {
      sound.checked = ready.sound;
      notification.checked = ready.notification;
      button.classList.toggle("on", ready.sound || ready.notification);
    },
    ...popover(button, byId("bell-menu"), changed),
  };
}
