// The system's notifications: asking for them and showing one.

/** Asks the user, if that has not been done. @returns {Promise<boolean>} whether they may be shown */
export async function mayNotify() {
  if (typeof Notification !== "function") return false;
  if (Notification.permission === "default") return (await Notification.requestPermission()) === "granted";
  return Notification.permission === "granted";
}

/** Shows one, in place of the last. A click on it leads back to the page. */
export function notify(text) {
  try {
    const shown = new Notification(text, { tag: "pixel-playground", icon: "favicon.svg" });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Not allowed any more, or a phone, where only apps may.
  }
}
