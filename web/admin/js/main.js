// The operator's page: makes the parts, connects them, starts.

import { announce } from "./acts.js";
import { STEP } from "./history.js";
import { RegionMap } from "./map.js";
import { Poll } from "./poll.js";
import { parseRoute } from "./route.js";
import { Server } from "./server.js";
import { lose, newState, receive, regionAt } from "./state.js";
import { readTheme } from "./theme.js";
import { Watch } from "./watch.js";
import { actorPage } from "./ui/actor.js";
import { audit } from "./ui/audit.js";
import { charts } from "./ui/charts.js";
import { confirm } from "./ui/confirm_dialog.js";
import { connections } from "./ui/connections.js";
import { decide } from "./ui/decide_dialog.js";
import { byId } from "./ui/dom.js";
import { events } from "./ui/events.js";
import { health } from "./ui/health.js";
import { keyboard } from "./ui/keyboard.js";
import { keys } from "./ui/keys.js";
import { kinds } from "./ui/kinds.js";
import { link } from "./ui/link.js";
import { map } from "./ui/map.js";
import { members } from "./ui/members.js";
import { people } from "./ui/people.js";
import { region } from "./ui/region.js";
import { reports } from "./ui/reports.js";
import { roles } from "./ui/roles.js";
import { rules } from "./ui/rules.js";
import { search } from "./ui/search.js";
import { tree } from "./ui/tree.js";
import { title, views } from "./ui/views.js";

const HOLE = 3 * STEP; // ms: after so long without answers, the charts are fetched anew

const state = newState();
const server = new Server(window.fetch.bind(window));
const now = () => performance.now();
const regions = new RegionMap();
let theme = readTheme();
let drawn = 0;

/** Draws once, with the next frame. A hidden page has no frames: only its title is updated, and the rest when it is visible again. */
function changed() {
  if (document.hidden) title(state);
  if (drawn === 0) drawn = requestAnimationFrame(draw);
}

const watch = new Watch(state, server, {
  changed,
  show: (picture) => state.answer && regions.setPicture(picture, state.answer.canvas).then(changed),
});
const poll = new Poll(
  () => server.state(state.answer === null || now() - state.receivedAt > HOLE),
  (answer) => {
    receive(state, answer, now());
    watch.look(now());
    changed();
  },
  (error, wait) => {
    lose(state, error, now(), wait);
    changed();
  },
  { setTimeout: window.setTimeout.bind(window), clearTimeout: window.clearTimeout.bind(window), now, hidden: () => document.hidden },
);

const ask = confirm(server, state, { changed, done: () => { poll.again(); look(true); } });
const page = { state, server, changed, ask, now, theme: () => theme, retry: () => poll.again(), go, look, decide: /** @type {ReturnType<typeof decide>} */ (() => {}) };
page.decide = decide(page);
const show = [
  views(page), link(page), health(page), charts(page), members(page), map(page, regions), region(page), events(page),
  tree(page), kinds(page), actorPage(page), connections(page), people(page), keys(page),
  rules(page), audit(page), reports(page), roles(page), search(page),
];

function draw() {
  drawn = 0;
  for (const each of show) each();
}

/** Fetches what has come into view. @param {boolean} [anew] something has been changed */
function look(anew = false) {
  if (anew) watch.anew();
  if (state.answer) watch.look(now());
  changed();
}

/** Goes to an address on this page, as route.js makes them. */
function go(hash) {
  if (location.hash === hash) follow();
  else location.hash = hash;
}

function follow() {
  const before = state.route.region;
  state.route = parseRoute(location.hash);
  if (state.route.region >= 0 && state.route.region !== before) state.reveal = true;
  if (state.answer && state.mark && regionAt(state.answer.canvas, state.mark.x, state.mark.y) !== state.route.region) state.mark = null;
  look();
}

window.addEventListener("hashchange", follow);
window.addEventListener("resize", changed);
document.addEventListener("visibilitychange", () => document.hidden || poll.again());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  theme = readTheme();
  changed();
});
byId("announce").addEventListener("click", () => ask(announce(state)));
byId("logout").addEventListener("click", () => server.logout().finally(() => location.assign("login")));
keyboard(page);
follow();
poll.again();
