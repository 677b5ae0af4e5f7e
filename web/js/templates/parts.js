// Templates: the parts of them, wired together. Loaded when the user has some, the server lists some, or they are used for the first time.

import { nameOf } from "../colour.js";
import { pixelNear } from "../geometry.js";
import { number } from "../numbers.js";
import { say, tell } from "../state.js";
import { byId } from "../ui/dom.js";
import { style } from "../ui/elements.js";
import { copy } from "../view/permalink.js";
import { toCanvas } from "../view/view.js";
import { askAbout, fetchElsewhere, fetchOwn } from "./fetching.js";
import { Layer } from "./layer.js";
import { linkedTemplate, linkTo, pictureAt, strangerAt } from "./link.js";
import { Moving } from "./moving.js";
import { panel } from "./panel.js";
import { NoPicture } from "./picture.js";
import { Rack } from "./rack.js";
import { Shelf } from "./shelf.js";
import { Team } from "./team.js";
import { t } from "../words/words.js";

/**
 * @typedef {import("./template.js").Template} Template
 * @typedef {import("./link.js").Linked} Linked
 *
 * What the parts need of the page.
 * @typedef {object} Page
 * @property {() => number} now ms of a steady clock
 * @property {() => number} today Unix ms, as the server has it
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(id: number) => void} clearTimeout
 * @property {() => void} changed
 * @property {(x: number, y: number) => string} hashOf the link to a pixel
 * @property {(colour: number) => void} take a colour to draw with
 * @property {(x: number, y: number) => void} goTo shows a place
 * @property {(x: number, y: number) => void} visit shows a pixel, large enough to aim at
 * @property {() => import("../view/theme.js").Theme} theme
 * @property {() => number} density device pixels per CSS pixel
 * @property {import("../browser_storage.js").Kept} kept
 *
 * @typedef {Awaited<ReturnType<typeof parts>>} Part
 */

const TIME = 4; // ms of a frame for comparing
const MOST_IN_LINK = 12 << 10; // bytes of a picture that a link carries: longer links do not survive where people post them

/** @param {import("../state.js").State} state @param {Page} page */
export async function parts(state, page) {
  await style("css/templates.css");
  const rack = new Rack(new Shelf(), page), team = new Team(rack, { ...page, fetch: fetch.bind(window), random: Math.random });
  const layer = new Layer(byId("stage")), moving = new Moving(state, rack, page);
  let hidden = false, aim = /** @type {{template: Template, x: number, y: number, width: 1, height: 1} | null} */ (null), kept = -1;
  const shown = () => (hidden || state.past ? [] : rack.all.filter(({ showing }) => showing.shown));

  /** The middle of what is in view, or a place in it, as a pixel of the canvas. */
  const pixelAt = (/** @type {{x: number, y: number} | null} */ at) => {
    const { x, y } = at ? toCanvas(state.view, state.viewport, at.x, at.y) : state.view;
    return pixelNear(state.canvas.geometry, x, y);
  };
  const around = (/** @type {{x: number, y: number}} */ middle, /** @type {string} */ name) => (/** @type {{width: number, height: number}} */ { width, height }) => ({
    name, x: middle.x - (width >> 1), y: middle.y - (height >> 1),
  });
  /** Runs what may fail, and says so if it does. @param {() => Promise<void>} run */
  const attempt = async (run) => {
    try {
      await run();
      return true;
    } catch (error) {
      if (!(error instanceof NoPicture)) throw error;
      tell(state, error.message, page.now());
      return false;
    } finally {
      page.changed();
    }
  };
  const move = (/** @type {Template} */ template) => {
    const open = list.open;
    hidden = false;
    list.toggle(false, false);
    moving.begin(template, () => open && list.toggle(true));
  };

  /** @param {Iterable<File>} files @param {{x: number, y: number} | null} at CSS pixels of the stage */
  const addFiles = (files, at = null) => attempt(async () => {
    if (!state.canvas) return;
    const middle = pixelAt(at);
    let last = /** @type {Template | null} */ (null);
    for (const file of files) last = await rack.add(file, around(middle, file.name.replace(/\.\w+$/, "")));
    if (last) move(last);
  });

  const load = async (/** @type {string} */ address, /** @type {string} */ name, /** @type {boolean} */ asks) => {
    const host = strangerAt(address, location.href);
    if (host && asks && !(await askAbout(name || t("Template"), host))) return null;
    if (host) tell(state, t("Loading from {host}…", { host }), page.now());
    return host ? fetchElsewhere(address, host) : fetchOwn(address);
  };

  /** Shows the template that a link brings. @param {Linked} linked @param {boolean} goes whether the view goes there */
  const follow = ({ address, x, y, width, name }, goes) => attempt(async () => {
    const file = await load(address, name, true);
    if (!file) return;
    const template = await rack.add(file, (picture) => ({ name: name || fileName(address), x, y, width: width ?? picture.width }), { address: address.startsWith("data:") ? "" : address, strange: true });
    hidden = false;
    if (goes) page.goTo(template.x + template.width / 2, template.y + template.height / 2);
    tell(state, t("{name} is shown as a template", { name: template.name }), page.now());
  });

  const addLink = async (/** @type {string} */ text) => {
    const linked = linkedTemplate(text, location.href), address = linked ? "" : pictureAt(text, location.href);
    if (linked) return follow(linked, true);
    if (!address || !state.canvas) {
      tell(state, t("That is no link to a picture"), page.now());
      return false;
    }
    return attempt(async () => {
      const file = await load(address, "", false);
      if (file) move(await rack.add(file, around(pixelAt(null), fileName(address)), { address }));
    });
  };

  /** Copies a link to a template. It stands behind the "#", which no server sees. @param {Template} template */
  const share = async ({ name, x, y, width, height, address, file }) => {
    const at = address ? new URL(address, location.href).href : file && file.length <= MOST_IN_LINK ? dataOf(file) : "";
    if (!at) return tell(state, t("This picture is too large for a link: put it on the web, and add it here by its address"), page.now());
    const inside = x + width > 0 && y + height > 0, to = inside ? pixelNear(state.canvas.geometry, x + (width >> 1), y + (height >> 1)) : pixelAt(null);
    const link = linkTo(page.hashOf(to.x, to.y), { name, x, y, width }, at), done = await copy(new URL(location.pathname + link, location.href).href);
    tell(state, done ? t("Link copied") : t("The link could not be copied"), page.now());
    page.changed();
  };

  /** Goes to the next pixel that is wrong. @param {Template} [only] of this one */
  const next = (only) => {
    const all = only ? [only] : shown(), from = all.findIndex((each) => each === aim?.template);
    const turn = from < 0 ? all : [...all.slice(from), ...all.slice(0, from)];
    for (const template of turn) {
      const found = template.progress.next(aim?.template === template ? aim : null);
      if (!found) continue;
      hidden = false;
      aim = { template, x: found.x, y: found.y, width: 1, height: 1 };
      const colour = template.colourAt(found.x, found.y);
      if (colour !== null && !state.past) page.take(colour);
      state.reticule = { x: found.x, y: found.y, keyboard: true };
      page.visit(found.x + 0.5, found.y + 0.5);
      const { wrong } = template.progress;
      return tell(state, found.known && colour !== null ? t("{colour} at {x}, {y}: {n} left", { colour: nameOf(colour), x: found.x, y: found.y, n: number(wrong) }) : t("This part has not been seen yet"), page.now(), colour);
    }
    tell(state, all.length === 0 ? t("There is no template to follow: O opens the list") : t("Nothing is wrong: it is done"), page.now());
  };

  const remove = (/** @type {Template} */ template) => {
    rack.remove(template);
    say(state, t("{name} removed", { name: template.name }));
  };
  const list = panel({
    rack, team, addFiles, addLink, changed: page.changed,
    acts: { place: (template, wanted) => rack.place(template, wanted), show: (template, wanted) => rack.show(template, wanted), next, move, share, remove },
  });

  /** Compares, as far as there is time. @returns {boolean} whether all is up to date */
  const compare = (/** @type {Template[]} */ templates) => {
    const today = page.today(), colours = state.rules?.colours(today) ?? null, until = page.now() + TIME;
    let complete = true;
    for (const each of templates) {
      each.fit(colours, (colour) => state.rules?.nearest(colour, today) ?? colour);
      complete = each.progress.advance(state.canvas, () => page.now() > until) && complete;
    }
    return complete;
  };
  document.addEventListener("visibilitychange", () => rack.flush());
  window.addEventListener("pagehide", () => rack.flush());
  await rack.restore();

  return {
    addFiles,
    next: () => next(),
    /** The template of a link, if it brings one. @param {string} hash */
    link(hash) {
      const linked = linkedTemplate(hash, location.href);
      if (linked) follow(linked, false);
      else tell(state, t("The link brings a template that can't be read"), page.now());
    },
    askTeam: () => team.ask(),
    /** The server's list may have changed. */
    heard: (/** @type {number} */ within) => team.soon(within),
    toggle: () => list.toggle(),
    /** @returns {boolean} whether there was something to close */
    close() {
      if (moving.cancel()) return true;
      if (!list.open) return false;
      list.toggle(false);
      return true;
    },
    hide() {
      hidden = !hidden;
      say(state, hidden ? t("Templates hidden") : t("Templates shown"));
      page.changed();
    },
    key: (/** @type {KeyboardEvent} */ event) => moving.key(event),
    /** Shows the state. @param {number} now ms @returns {number} ms until it has to again */
    show(now) {
      if (!state.canvas) return Infinity;
      moving.show();
      if (kept !== rack.version) {
        kept = rack.version;
        page.kept.set("templates", rack.own.length > 0);
      }
      const visible = shown(), complete = compare(list.open ? rack.all : visible);
      if (aim && !(rack.all.includes(aim.template) && aim.template.progress.opens(aim.x, aim.y))) aim = null;
      list.show();
      const again = layer.draw(state, visible, [...(moving.template ? [moving.template] : []), ...(aim && !hidden ? [aim] : [])], page.theme(), page.density(), now);
      return complete ? again : 0;
    },
  };
}

/** What to call a picture by its address. */
function fileName(address) {
  if (address.startsWith("data:")) return "";
  const last = new URL(address).pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last).replace(/\.\w+$/, "");
  } catch {
    return "";
  }
}

/** @param {Uint8Array} file a PNG; another kind would not be taken from a link */
function dataOf(file) {
  return file[1] === 0x50 ? `data:image/png;base64,${btoa(String.fromCharCode(...file))}` : "";
}
