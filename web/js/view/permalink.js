// The link to what is in view: kept in the address bar, and copied on request.

const PAUSE = 250; // ms between two changes of the address: browsers limit them

/**
 * Keeps the address current.
 * @param {() => string} hash
 */
export function keepAddress(hash) {
  let timer = 0;
  const write = () => {
    timer = 0;
    const now = hash();
    if (now && now !== location.hash) history.replaceState(history.state, "", now);
  };
  return () => {
    if (timer === 0 && hash() !== location.hash) timer = window.setTimeout(write, PAUSE);
  };
}

/**
 * Copies text. Resolves to whether that worked.
 * @param {string} text
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // without TLS there is no clipboard to write to
  }
}

function copyBySelection(text) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = text;
  field.className = "unseen";
  (document.querySelector("dialog[open]") ?? document.body).append(field); // what is not in an open dialog can't be selected
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
