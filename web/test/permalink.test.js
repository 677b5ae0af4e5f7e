import assert from "node:assert/strict";
import { test } from "node:test";
import { Address, shared, unshared } from "../js/view/permalink.js";
import { FakeClock } from "./fakes.js";

/** A page at an address. hashchange comes when the test says so, as it comes later than the change. */
function setUp() {
  const clock = new FakeClock(), location = { hash: "#1,1,8" }, written = [];
  const page = { view: "#1,1,8" };
  const address = new Address({
    location, setTimeout: clock.setTimeout,
    history: { state: null, replaceState: (_, __, hash) => written.push((location.hash = hash)) },
    hash: () => page.view,
    follow: (hash) => (page.view = hash),
  });
  return { clock, location, page, address, written };
}

test("the address follows the view, not more often than browsers allow", () => {
  const { clock, page, address, written } = setUp();
  for (let x = 2; x < 52; x++) {
    page.view = `#${x},1,8`;
    address.keep();
    clock.advance(20);
  }
  clock.advance(500);
  assert.ok(written.length >= 3 && written.length <= 5, `${written.length} times`);
  address.keep();
  clock.advance(500);
  assert.equal(written.at(-1), "#51,1,8");
});

test("a hash that the user sets is never overwritten, whenever its event comes", () => {
  for (let gap = 0; gap <= 300; gap += 5) {
    for (const late of [0, 1, 10, 300]) {
      const { clock, location, page, address } = setUp();
      page.view = "#50,50,8"; // a pan
      address.keep();
      clock.advance(gap);
      location.hash = "#100,200,16";
      clock.advance(late);
      address.changed();
      address.keep();
      clock.advance(600);
      assert.deepEqual([location.hash, page.view], ["#100,200,16", "#100,200,16"], `${gap} ms after, event ${late} ms later`);
      page.view = "#7,7,8";
      address.keep();
      clock.advance(600);
      assert.equal(location.hash, "#7,7,8", "the view goes on from there");
    }
  }
});

test("what is no place is replaced with the next move", () => {
  const { clock, location, page, address } = setUp();
  location.hash = "#nonsense";
  page.view = "#1,1,8";
  address.changed();
  page.view = "#9,9,8";
  address.keep();
  clock.advance(600);
  assert.equal(location.hash, "#9,9,8");
});

test("nothing is written before the canvas is known", () => {
  const { clock, location, page, address } = setUp();
  page.view = "";
  address.keep();
  clock.advance(600);
  assert.equal(location.hash, "#1,1,8");
});

test("a link has a form that servers see, and comes back from it with all that it says", () => {
  for (const [hash, query] of [
    ["#512,400,8", "?x=512&y=400&z=8"], ["#0,0,0.75", "?x=0&y=0&z=0.75"], ["#3,4", "?x=3&y=4&z=8"],
    ["#512,400,8&t=2026-11-29T19:53:18Z", "?x=512&y=400&z=8&t=2026-11-29T19:53:18Z"],
  ]) {
    assert.equal(shared(hash), query);
    assert.deepEqual(unshared(query), { hash: hash === "#3,4" ? "#3,4,8" : hash, query: "" });
  }
  assert.deepEqual(unshared("?sources&x=3&y=4&lang=de"), { hash: "#3,4,8", query: "?sources&lang=de" });
  for (const none of ["", "?", "?sources", "?x=3", "?x=3&y=-4", "?x=<b>&y=4", "?x=3&y=4&z=0", "?x=3&y=4&z=abc"]) assert.equal(unshared(none), null, none);
});
