import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { Following } from "../js/people/following.js";
import { newState } from "../js/state.js";
import { Navigation } from "../js/view/navigation.js";
import { seeded } from "./fakes.js";

const ADA = 7;

/** A page of 400x400 whose view is at 4x, and Ada at a pixel. */
function setUp({ zoom = 4, at = { x: 50, y: 60 } } = {}) {
  const state = newState();
  let time = 1000;
  state.canvas = new Canvas(makeGeometry(2000, 2000, 256));
  Object.assign(state, { viewport: { width: 400, height: 400, left: 0, top: 0, right: 0, bottom: 0 }, view: { x: 1000, y: 1000, zoom } });
  Object.assign(state.connection, { welcomed: true, user: 1 });
  state.people.presence({ count: 2, full: true, left: [], joined: [[ADA, "Ada"], [1, "Me"]] });
  const navigation = new Navigation(state, { now: () => time, changed() {}, calm: () => false });
  const following = new Following(state, { now: () => time, changed() {}, navigation });
  const goes = (x, y) => state.people.moved({ cursors: [{ user: ADA, x, y }] }, 1, time);
  if (at) goes(at.x, at.y);
  return {
    state, navigation, following, goes,
    pass(ms, drawing = false) {
      for (const end = time + ms; time < end; time += 20) {
        following.advance(drawing);
        navigation.advance(time);
      }
    },
  };
}

test("the view flies to whom one follows, close enough to see them, and stays with them wherever they go", () => {
  const { state, following, goes, pass } = setUp({ zoom: 0.5 });
  following.follow(ADA);
  pass(800);
  assert.deepEqual(state.view, { x: 50.5, y: 60.5, zoom: 8 });
  const random = seeded(1);
  for (let i = 0; i < 40; i++) {
    const x = Math.floor(random() * 2000), y = Math.floor(random() * 2000);
    goes(x, y);
    pass(800);
    assert.ok(Math.abs(x - state.view.x) * 8 <= 100.5 && Math.abs(y - state.view.y) * 8 <= 100.5, `${x}, ${y} from ${JSON.stringify(state.view)}`);
  }
  assert.equal(state.following, ADA);
});

test("small moves in the middle of the stage don't move the view", () => {
  const { state, following, goes, pass } = setUp();
  following.follow(ADA);
  pass(800);
  goes(60, 70);
  pass(800);
  assert.deepEqual([state.view.x, state.view.y], [50.5, 60.5]);
});

test("one's own move, drawing, the past and Escape end it; a zoom doesn't", () => {
  const ends = {
    drag: ({ navigation }) => navigation.drag(5, 5), keys: ({ navigation }) => navigation.pan(80, 0), fit: ({ navigation }) => navigation.fit(), map: ({ navigation }) => navigation.dragTo(9, 9),
    pinch: ({ navigation }) => navigation.pinch(1.1, 0, 0, 1, 1), link: ({ navigation }) => navigation.follow("#9,9,8"), goTo: ({ navigation }) => navigation.goTo(1, 1),
    escape: ({ following }) => assert.equal(following.stop(), true), draw: ({ pass }) => pass(20, true), past: ({ state }) => (state.past = /** @type {any} */ ({})),
  };
  for (const [what, end] of Object.entries(ends)) {
    const it = setUp();
    it.following.follow(ADA);
    it.pass(800);
    end(it);
    it.pass(20);
    assert.equal(it.state.following, 0, what);
    assert.equal(it.following.stop(), false, what);
  }
  const it = setUp();
  it.following.follow(ADA);
  it.pass(800);
  it.navigation.zoom(1);
  it.pass(800);
  assert.equal(it.state.following, ADA);
});

test("who was seen nowhere can't be followed, nor oneself, and whoever leaves is not followed any more", () => {
  const nowhere = setUp({ at: null });
  nowhere.following.follow(ADA);
  assert.deepEqual([nowhere.state.following, nowhere.state.toast.text], [0, "Ada has not moved or drawn here lately"]);
  nowhere.following.follow(1);
  assert.equal(nowhere.state.following, 0);

  const { state, following, pass } = setUp();
  following.follow(ADA);
  state.people.disconnected();
  state.connection.welcomed = false;
  pass(100);
  assert.equal(state.following, ADA); // the connection is away, and Ada may well be there
  state.connection.welcomed = true;
  state.people.presence({ count: 1, full: false, left: [ADA], joined: [] });
  pass(100);
  assert.deepEqual([state.following, state.toast.text], [0, "Ada has left"]);
});
