import assert from "node:assert/strict";
import { test } from "node:test";
import { Account } from "../js/people/account.js";
import { Keys } from "../js/keys/keys.js";
import { askMe, hasAccounts, idOf, readMe, roleOf, signInAt, unknown } from "../js/people/me.js";
import { newState } from "../js/state.js";
import { describe } from "../js/keys/item.js";
import { FakeClock } from "./fakes.js";

const GUEST = { kind: "guest", user: "0102030405ab", name: "", role: "guest", draws: true, watches: true, signedIn: false, keys: false, pace: { rate: 200, burst: 2000 } };
const MEMBER = { ...GUEST, kind: "account", name: "Ada", role: "member", signedIn: true, signIn: "auth/login", signOut: "auth/logout", keys: true, until: 1_760_000_000_000 };

const answer = (status, said) => ({ ok: status < 400, status, json: async () => structuredClone(said) });

/** A server that says who the user is; null: it knows no people. */
function setUp(says) {
  const state = newState(), asked = [], done = [];
  const clock = new FakeClock();
  const it = { state, says, asked, done, clock, now: 0, logout: answer(200, { ok: true }) };
  it.account = new Account(state, {
    async fetch(address, { method = "GET" } = {}) {
      asked.push(`${method} ${address}`);
      if (address === "auth/logout") return it.logout;
      return it.says === 503 ? answer(503, {}) : it.says ? answer(200, it.says) : answer(404, {});
    },
    now: () => it.now, setTimeout: clock.setTimeout, changed() {}, named: (name) => done.push(name), shutOut: () => done.push("shut out"), letIn: () => done.push("let in"), go: (address) => done.push(address),
  });
  return it;
}

test("a server that knows no people is asked once, and nothing shows", async () => {
  const it = setUp(null);
  await it.account.ask();
  it.now = 60_000;
  await it.account.doubt();
  await it.account.returned();
  assert.deepEqual([it.asked, it.state.me, hasAccounts(it.state.me)], [["GET api/me"], unknown(), false]);
});

test("where nobody can sign in, nothing shows", async () => {
  const it = setUp(GUEST);
  await it.account.ask();
  assert.deepEqual([it.state.me.known, hasAccounts(it.state.me), it.state.asksSignIn, it.done], [true, false, false, []]);
});

test("what a server says is taken where it is of the right type", () => {
  assert.equal(readMe(null), null);
  assert.equal(readMe("guest"), null);
  assert.equal(readMe({}), null);
  assert.deepEqual(readMe({ kind: "guest", draws: "no", until: "later", signIn: null }), { ...unknown(), known: true });
  const me = readMe(MEMBER);
  assert.deepEqual([me.signedIn, me.keys, me.until, roleOf(me), idOf(me)], [true, true, 1_760_000_000_000, "Member", "·05ab"]);
  assert.equal(roleOf(readMe({ kind: "bot", role: "member" })), "Bot");
});

test("a server that does not answer is not one that knows nobody", async () => {
  assert.equal(await askMe(async () => answer(404, {})), null);
  assert.equal(await askMe(async () => answer(503, {})), undefined);
  assert.equal(await askMe(async () => { throw new TypeError("failed to fetch"); }), undefined);
  assert.equal(await askMe(async () => ({ ok: true, json: async () => JSON.parse("<html>") })), undefined);
});

test("a server that can't say yet is asked again, a few times", async () => {
  const it = setUp(503);
  await it.account.ask();
  it.says = GUEST;
  it.clock.advance(4000);
  assert.equal(it.asked.length, 1);
  it.clock.advance(1000);
  await new Promise((done) => setImmediate(done));
  assert.deepEqual([it.asked.length, it.state.me.known, it.clock.waiting], [2, true, 0]);
});

test("signing in leads back to the place one comes from", () => {
  const place = { pathname: "/canvas/", search: "", hash: "#512,400,8" };
  assert.equal(signInAt(readMe(MEMBER), place), "auth/login?to=%2Fcanvas%2F%23512%2C400%2C8");
});

test("who may only watch is told so; who may not even watch is not connected, until that changes", async () => {
  const it = setUp({ ...GUEST, signIn: "auth/login", draws: false });
  await it.account.ask();
  assert.equal(it.state.asksSignIn, true);
  it.says = { ...it.says, watches: false };
  await it.account.returned();
  assert.deepEqual(it.done, [], "asked a moment ago");
  it.now = 5000;
  await it.account.returned();
  assert.deepEqual(it.done, ["shut out"]);
  it.says = MEMBER;
  it.now = 10_000;
  await it.account.returned();
  assert.deepEqual([it.done, it.state.asksSignIn], [["shut out", "Ada", "let in"], false]);
  it.now = 20_000;
  await it.account.returned();
  assert.equal(it.asked.length, 3, "one who may do everything is not asked about again");
});

test("signing out asks the server to, goes where it says, and looks who one is then", async () => {
  const it = setUp(MEMBER);
  await it.account.ask();
  it.says = { ...GUEST, signIn: "auth/login" };
  it.logout = answer(200, { ok: true, next: "https://login.example/end" });
  await it.account.signOut();
  assert.deepEqual(it.asked, ["GET api/me", "POST auth/logout", "GET api/me"]);
  assert.deepEqual([it.done.at(-1), it.state.me.signedIn, it.state.toast], ["https://login.example/end", false, null]);
  it.logout = answer(503, {});
  it.state.me.signOut = "auth/logout";
  await it.account.signOut();
  assert.match(it.state.toast.text, /did not work/);
});

test("keys: listed newest first, made, revoked, and what goes wrong in words", async () => {
  const asked = [];
  let next = answer(200, { keys: [{ id: "a", created: 1 }, { id: "b", created: 2 }] });
  const keys = new Keys(async (address, { method, body }) => {
    asked.push([method, address, body ? JSON.parse(body) : null]);
    if (next instanceof Error) throw next;
    return next;
  });
  assert.deepEqual((await keys.list()).map(({ id }) => id), ["b", "a"]);
  next = answer(201, { id: "c", key: "pp_secret" });
  assert.equal(await keys.make({ name: "Clock", scopes: ["draw"], until: 9 }), "pp_secret");
  next = { ...answer(204), json: async () => { throw new SyntaxError("no text"); } };
  await keys.revoke("a/b");
  assert.deepEqual(asked.slice(1), [["POST", "api/keys", { name: "Clock", scopes: ["draw"], until: 9 }], ["DELETE", "api/keys/a%2Fb", null]]);
  for (const [wrong, words] of [
    [answer(401, {}), /sign in again/], [answer(403, {}), /may not have keys/], [answer(409, { error: "Revoke one first" }), /Revoke one first/],
    [answer(500, {}), /500/], [new TypeError("failed to fetch"), /does not answer/],
  ]) {
    next = wrong;
    await assert.rejects(keys.list(), words);
  }
});

test("a key says what it may, until when, and whether it is used", () => {
  const now = Date.UTC(2026, 0, 15, 12), key = { id: "a", name: "Clock", scopes: ["watch", "draw"], created: 1 };
  assert.deepEqual(describe(key, now), ["draws", "never used"]);
  assert.equal(describe({ ...key, until: now - 1 }, now)[1], "has ended");
  assert.match(describe({ ...key, until: now + 1 }, now)[1], /^until .*2026/);
  assert.equal(describe({ ...key, scopes: ["watch"], rate: 2, burst: 20 }, now).at(-1), "2 pixels a second, up to 20 at once");
});
