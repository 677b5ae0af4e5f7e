// The drawing page: makes the parts, connects them, starts.

import { Aim } from "./aim.js";
import { Drawing } from "./input/drawing.js";
import { Frames } from "./view/frame.js";
import { makeHook } from "./debug_hook.js";
import { sockets, takeBegun } from "./net/begun.js";
import { whyClosed } from "./net/closed.js";
import { inflate } from "./net/inflate.js";
import { Lazy, tellUnloaded } from "./lazy.js";
import { listen } from "./input/input.js";
import { Kept, keepChoices } from "./browser_storage.js";
import { Minimap } from "./view/minimap.js";
import { cleanName } from "./people/name.js";
import { Following } from "./people/following.js";
import { Navigation } from "./view/navigation.js";
import { Overlay } from "./view/overlay.js";
import { Address, copy, shared, unshared } from "./view/permalink.js";
import { parseHash, viewKey } from "./view/view.js";
import { Record } from "./record.js";
import { Rules } from "./rules.js";
import { Templates, listenForPictures } from "./templates.js";
import { encodeRename } from "./net/protocol.js";
import { whyRefused } from "./net/refusal.js";
import { Undo } from "./input/undo.js";
import { Session } from "./net/session.js";
import { Link } from "./net/socket.js";
import { Welcome } from "./welcome.js";
import { Stage } from "./view/stage.js";
import { newState, say, tell, today } from "./state.js";
import { readTheme } from "./view/theme.js";
import { comfort } from "./ui/comfort.js";
import { leaving } from "./ui/leaving.js";
import { byId } from "./ui/dom.js";
import { help } from "./ui/help.js";
import { look } from "./ui/light_or_dark.js";
import { language } from "./ui/language.js";
import { map } from "./ui/map.js";
import { modality } from "./ui/modality.js";
import { palette } from "./ui/palette.js";
import { person } from "./ui/person.js";
import { pointerShape } from "./ui/pointer.js";
import { status } from "./ui/status.js";
import { toolbar } from "./ui/toolbar.js";
import { who } from "./ui/who.js";
import { keepPage, leaveKept } from "./without_network.js";
import { t } from "./words/words.js";

const NARROW = 720; // CSS pixels of width: below it the controls are above and below the canvas, as in the style sheet
const LOW = 520; // CSS pixels of height: below it the controls are over the canvas
const POLL = 100; // ms between checks of things that wait for time to pass

const came = unshared(location.search); // by a link of the form that servers see
if (came) history.replaceState(history.state, "", location.pathname + came.query + (location.hash || came.hash));
const state = newState(), linked = parseHash(location.hash) !== null;
const now = () => performance.now();
const setTimer = window.setTimeout.bind(window), clearTimer = window.clearTimeout.bind(window);
const motion = matchMedia("(prefers-reduced-motion: reduce)");
const calm = () => motion.matches;
const frames = new Frames(draw);
const changed = () => frames.request();

const address = new URL("ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
address.hash = address.search = "";
const first = sockets(WebSocket, takeBegun(document), () => (state.name ? encodeRename(state.name) : null));
const link = new Link(
  address.href,
  {
    WebSocket: first.WebSocket, setTimeout: setTimer, clearTimeout: clearTimer, now: Date.now, random: Math.random, whyClosed,
    whyRefused() {
      user.doubt();
      return whyRefused(address.href.replace("ws", "http"), location.origin, fetch);
    },
  },
  Session.handlers(() => session),
);
const session = new Session(state, link, {
  now, inflate, changed, began, asked: (geometry) => first.asked(geometry),
  rightsChanged: () => user.doubt(),
  banned: () => user.ask(),
  welcomed() {
    rules.welcomed();
    templates.welcomed();
  },
  rulesChanged: (version, within) => rules.heard(version, within),
  beckoned: async (places) => (await beckons.get("beckons"))?.heard(places),
  notBeckoned: (code, retry) => beckons.there("beckons")?.refused(code, retry),
  templatesChanged: (within) => templates.heard(within),
});
const navigation = new Navigation(state, { now, changed, calm });
const drawing = new Drawing(state, { now, changed, stage: (x, y) => aim.stage(x, y) });
const aim = new Aim(state, { now, changed, load: loadAim });
const following = new Following(state, { now, changed, navigation });
const sounds = new Lazy(async () => (await import("./sounds/sound.js")).sound(), () => {}); // silence does no harm
const play = async (which) => (await sounds.get("sound"))?.(which);
const beckons = new Lazy(loadBeckons, () => {}); // the next one tries again

const undo = new Undo(state, { now, changed, settle: () => drawing.settle(), show: (x, y) => navigation.goTo(x, y) });
const record = new Record(state, { now, changed, settle: () => drawing.settle(), load: loadPart }, location.hash);
const rules = new Rules(state, { fetch: fetch.bind(window), now, random: Math.random, setTimeout: setTimer, clearTimeout: clearTimer, changed, load: loadRules });

const kept = new Kept(() => window.localStorage);
const templates = new Templates(state, { now, changed, kept, load: loadTemplates }, location.hash);

const stage = new Stage(byId("pixels"));
const overlay = new Overlay(byId("stage"));
const minimap = new Minimap(byId("minimap"), stage);
let theme = readTheme();

const page = {
  state, navigation, drawing, following, undo, record, rules, aim, templates, changed, now,
  stage: byId("stage"),
  space: { held: false, used: false },
  copyLink: () => copyLink(),
  share: () => share(),
  toggleGrid() {
    state.grid = !state.grid;
    say(state, state.grid ? t("Grid on") : t("Grid off"));
    changed();
  },
  beckon: async () => (await beckons.get("beckons"))?.beckon(),
  toggleHelp: help(),
  wheelsAt: (event) => wheelsAt(event),
  dismiss: () => record.closeCard() || templates.close() || sharePart.there("panel")?.close() || user.close() || people.close() || aim.drop() || welcome.close() || following.stop(),
};
const sharePart = new Lazy(loadShare, () => tellUnloaded(state, { now, changed }));
const people = who({ rename, changed, follow: (id) => following.follow(id), stop: () => following.stop(), looks: () => record.leaders() }, state);
const show = [comfort(state, { play, changed }), toolbar(page), palette(drawing), pointerShape(page.stage, listen(page, { now, setTimeout: setTimer, clearTimeout: clearTimer }).shape)];
const showStatus = status({
  reconnect: () => link.start(),
  closeAnnouncement() {
    state.announcement = "";
    changed();
  },
});
const welcome = new Welcome(state, kept, loadWelcome);
const user = person(state, { link, now, setTimeout: setTimer, clearTimeout: clearTimer, kept, chime: () => play("ready"), named, changed });
const addressBar = new Address({
  location, history, setTimeout: setTimer, hash: () => navigation.hash,
  follow(hash) {
    navigation.follow(hash);
    record.follow(hash);
    templates.follow(hash);
  },
});
const warnOfLoss = leaving(() => (state.pending?.count ?? 0) > 0);
const wheelsAt = map(minimap, state, navigation);

/** Lets time pass and draws everything once. Returns the ms until it has to draw again. */
function draw(time) {
  following.advance(drawing.drawing);
  const moving = navigation.advance(time);
  drawing.follow();
  const settling = state.pending?.settle(time) ?? false;
  const others = state.people.fade(time);
  session.flush();
  const pointing = session.point();
  const replaying = record.advance(time), ruling = rules.show(time), beckoning = beckons.there("beckons")?.show(time) ?? Infinity;
  followView();

  const density = window.devicePixelRatio || 1;
  stage.draw(state, theme, density);
  const gliding = overlay.draw(state, theme, density, calm(), time);
  const again = [minimap.draw(state, theme, density, time), templates.show(time)];
  for (const each of show) each(state, time);
  people.show();
  record.show();
  aim.show(time);
  welcome.show();
  again.push(replaying, ruling, beckoning, user.show(time), showStatus(state, time));
  addressBar.keep();
  keep();
  if (session.complete) afterTheCanvas();
  warnOfLoss((state.pending?.count ?? 0) > 0);

  if (moving || gliding) again.push(0);
  if (settling || others || pointing || state.pending?.unsent > 0) again.push(POLL);
  return Math.min(...again);
}

let shown = false;
/** What may wait until the canvas is there. */
function afterTheCanvas() {
  rules.begin();
  welcome.begin();
  templates.begin();
  if (shown) return;
  shown = true;
  leaveKept();
  keepPage(navigator, new URLSearchParams(location.search).has("sources"));
}

let followed = "";
/** Follows other regions when the view changes or is about to. */
function followView() {
  const target = viewKey(state.flight?.to ?? state.view, state.viewport);
  if (target === followed || !state.connection.welcomed) return;
  followed = target;
  session.follow();
}

/** The account's name is taken by a user who has not been asked for one. */
function named(name) {
  if (state.asksName) rename(name);
}

function rename(text) {
  const name = cleanName(text);
  kept.set("name", name);
  state.asksName = false;
  if (name !== state.name) {
    state.name = name;
    session.rename(name);
    say(state, name ? t("You are {name}", { name }) : t("You are anonymous"));
  }
  changed();
}

/** There is a canvas of another size than before. */
function began() {
  state.staged.clear();
  record.close();
  navigation.open(location.hash);
}

/** The address of a place of this page: of what is shown, if none is named. */
function linkTo(hash) {
  if (!hash) record.mark();
  return new URL(location.pathname + shared(hash ?? navigation.hash), location.href).href;
}

/** Loads the panel that shares the place, when its button is pressed for the first time. Then the button opens it. */
async function share() {
  if (!sharePart.there("panel") && (await sharePart.get("panel"))) byId("link").click();
}

async function loadShare() {
  const { sharing } = await import("./share/panel.js");
  return sharing(state, { now, changed, linkTo: () => linkTo(), copyLink: () => copyLink(), fetch: fetch.bind(window) });
}

/** Copies a link to a place of this page: what is shown, if none is named. */
async function copyLink(hash) {
  const done = await copy(linkTo(hash));
  tell(state, done ? t("Link copied") : t("The link could not be copied: it is in the address bar"), now());
  changed();
}

/** What the parts of the record and of the rules need of the page. */
function pageForParts() {
  return {
    now, today: () => today(state, now()), setTimeout: setTimer, clearTimeout: clearTimer, changed, copyLink, hashOf: (x, y) => navigation.hashOf(x, y), rules,
    take: (colour) => drawing.setColour(colour),
  };
}

/** The parts of the record, when they are used for the first time. */
async function loadPart(name) {
  const { parts } = await import("./record/parts.js");
  return (recordParts ??= parts(state, pageForParts()))[name]();
}
let recordParts = /** @type {ReturnType<typeof import("./record/parts.js").parts> | null} */ (null);

/** What stages pixels before they are placed. */
async function loadAim() {
  const { aiming } = await import("./aim/aiming.js");
  return aiming(state, { now, changed, steady: () => navigation.steady(true), place: (dots) => drawing.placeAll(dots), layers: overlay.layers });
}

/** The card that welcomes. Who comes by a link to a place draws there. */
async function loadWelcome() {
  const { welcoming } = await import("./welcome/card.js");
  return welcoming(state, { linked, start: (x, y) => navigation.visit(x, y), draw: () => drawing.choose("pencil"), close: () => welcome.close(), changed });
}

/** Those of the rules. */
async function loadRules(name) {
  const { parts } = await import("./rules/parts.js");
  rulesParts ??= parts(state, { ...pageForParts(), layers: overlay.layers, reconnect: () => link.start(), stop: () => link.stop(""), askMe: () => user.ask(), goTo: (x, y) => navigation.goTo(x, y), choose: (tool) => drawing.choose(tool) });
  return rulesParts[name]();
}
let rulesParts = /** @type {ReturnType<typeof import("./rules/parts.js").parts> | null} */ (null);

/** How people show each other a place, when somebody does. */
async function loadBeckons() {
  const { beckoning } = await import("./beckons/parts.js");
  return beckoning(state, {
    now, changed, calm, layers: overlay.layers,
    send: (x, y) => session.beckon(x, y),
    sound: () => state.sounds && play("beckon"),
    visit: (x, y) => navigation.visit(x + 0.5, y + 0.5),
  });
}

/** Templates. */
async function loadTemplates() {
  const { parts } = await import("./templates/parts.js");
  return parts(state, { ...pageForParts(), kept, theme: () => theme, density: () => window.devicePixelRatio || 1, goTo: (x, y) => navigation.goTo(x, y), visit: (x, y) => navigation.visit(x, y) });
}

function resize() {
  const { width, height } = page.stage.getBoundingClientRect();
  const dock = byId(state.past ? "past" : "dock").getBoundingClientRect(), side = byId("side").getBoundingClientRect();
  document.documentElement.style.setProperty("--dock-height", `${Math.round(dock.height)}px`);
  minimap.resize();
  const [margin, top, bottom] = width < NARROW ? [8, byId("top").getBoundingClientRect().bottom + 8, side.top] : [24, 24, dock.height > 0 ? dock.top : height];
  const low = height < LOW;
  navigation.resize({ width, height, left: margin, right: margin, top: low ? 8 : top, bottom: low ? 8 : height - bottom + 12, density: window.devicePixelRatio || 1 });
}

const keep = keepChoices(kept, state), coarse = matchMedia("(pointer: coarse)");
state.fingers = coarse.matches;
state.embedded = new URLSearchParams(location.search).has("embed");
if (state.embedded) state.tool = "hand";
coarse.addEventListener("change", () => (state.fingers = coarse.matches));
const name = kept.get("name");
state.name = cleanName(name ?? "");
state.asksName = name === null;
state.connection.lostAt = now();
modality();
resize();
for (const element of [page.stage, byId("dock"), byId("past")]) new ResizeObserver(resize).observe(element);
const recoloured = () => {
  theme = readTheme();
  changed();
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recoloured);
look(kept, recoloured);
language(kept);
listenForPictures(templates, page.stage);
window.addEventListener("hashchange", () => addressBar.changed());
for (const event of ["online", "offline", "pageshow", "focus"]) window.addEventListener(event, () => link.wake());
window.addEventListener("focus", () => user.returned());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) session.flush(); // a hidden page gets no frame that would do it
  else link.wake();
});
if (state.embedded) void import("./share/embed.js").then(({ embed }) => embed(() => linkTo()));
Object.assign(window, { playground: makeHook(state, session, frames, navigator.webdriver || new URLSearchParams(location.search).has("sources")) });
// Without this nothing can be shown, and browsers from before 2023 lack it.
if (typeof DecompressionStream === "function") link.start();
else link.stop(t("This browser is too old to show the canvas: update it, or try another"));
user.ask();
changed();
