import assert from "node:assert/strict";
import { test } from "node:test";
import { Poll } from "../admin/js/poll.js";
import { Failure, Server } from "../admin/js/server.js";
import { newState, receive } from "../admin/js/state.js";
import { Watch } from "../admin/js/watch.js";
import { answer, member } from "./admin.fakes.js";

const settle = () => new Promise((done) => setImmediate(done));

/** A server that records what it is asked and answers as it is told to. */
function asked(respond) {
  const calls = [];
  const server = new Server(async (path, options) => {
    calls.push([path, options]);
    return respond(path);
  });
  return { server, calls };
}

test("questions are put beside the page, wherever it is, with what they are about written safely", async () => {
  const { server, calls } = asked(() => Response.json({ ok: true }));
  await server.state(true);
  await server.state(false);
  await server.actors("id&1", "region");
  await server.actor("m", "region/3");
  await server.connections("Ä b");
  assert.deepEqual(calls.map(([path]) => path), [
    "api/state?history=1", "api/state", "api/actors?member=id%261&kind=region", "api/actor?member=m&id=region%2F3", "api/connections?name=%C3%84+b",
  ]);
});

test("acts carry the header that other sites can't send", async () => {
  const { server, calls } = asked(() => Response.json({ ok: true }));
  await server.act("drain", { member: "m" });
  const [path, { method, headers, body }] = calls[0];
  assert.deepEqual([path, method, headers["X-Playground-Admin"], body], ["api/drain", "POST", "1", '{"member":"m"}']);
});

test("failures say why: the server's reason, a status, no connection, no answer in time", async () => {
  const fails = async (respond) => asked(respond).server.state(false).then(() => assert.fail("answered"), (error) => error);
  const table = [
    [() => Response.json({ error: "no such pod" }, { status: 404 }), "no such pod", false],
    [() => new Response("<html>", { status: 502 }), "status 502", false],
    [() => Response.json({ error: "log in" }, { status: 401 }), "log in", true],
    [() => new Response("<html>"), "the answer can't be read", false],
    [() => { throw new TypeError("failed to fetch"); }, "no connection", false],
    [() => { throw new DOMException("late", "TimeoutError"); }, "no answer in time", false],
  ];
  for (const [respond, message, loggedOut] of table) {
    const error = await fails(respond);
    assert.ok(error instanceof Failure);
    assert.deepEqual([error.message, error.loggedOut], [message, loggedOut]);
  }
});

/** A poll whose clock stands still unless the test moves it. */
function polling(ask) {
  const clock = { now: 0, hidden: false, waits: /** @type {number[]} */ ([]), again: () => {} };
  const heard = [], failed = [];
  const poll = new Poll(ask, (answer) => heard.push(answer), (error, wait) => failed.push([error, wait]), {
    now: () => clock.now, hidden: () => clock.hidden, clearTimeout() {},
    setTimeout(again, ms) {
      clock.waits.push(ms);
      clock.again = again;
      return 1;
    },
  });
  return { poll, clock, heard, failed };
}

test("poll: once a second from question to question, more rarely when nobody looks", async () => {
  const { poll, clock, heard } = polling(async () => {
    clock.now += 300;
    return clock.now;
  });
  await poll.again();
  clock.hidden = true;
  await clock.again();
  assert.deepEqual([heard, clock.waits], [[300, 600], [700, 4700]]);
});

test("poll: after failures it asks more rarely, and after an answer as before", async () => {
  const answers = ["no", "no", "no", "no", "no", "yes", "no"];
  const { poll, clock, failed, heard } = polling(async () => {
    const answer = answers.shift();
    if (answer === "no") throw answer;
    return answer;
  });
  for (let n = 0; n < 7; n++) await poll.again();
  assert.deepEqual(clock.waits, [1000, 2000, 4000, 5000, 5000, 1000, 1000]);
  assert.deepEqual([failed[1], heard], [["no", 2000], ["yes"]]);
});

test("poll: never two questions at once", async () => {
  let open = () => {}, questions = 0;
  const { poll } = polling(() => new Promise((answered) => {
    questions++;
    open = answered;
  }));
  const first = poll.again();
  await poll.again();
  assert.equal(questions, 1);
  open();
  await first;
});

/** A state in which one branch of the tree is open. Its server answers once ready resolves. */
function watching(hash, ready = Promise.resolve()) {
  const state = newState();
  receive(state, answer({ members: [member("canvas-1", { kinds: [{ kind: "region", live: 1 }, { kind: "relay", live: 1 }] })], regions: [] }), 0);
  Object.assign(state.route, { view: "actors" }, hash);
  state.open.add("pod id-canvas-1").add("kind id-canvas-1 region");
  const calls = [];
  const note = (name, answer) => async (...given) => {
    calls.push([name, ...given]);
    await ready;
    return answer;
  };
  const server = { actors: note("actors", { actors: [{ id: "region/1" }] }), actor: note("actor", { id: "region/1" }), connections: note("connections", { connections: [] }), picture: note("picture", "png") };
  const shown = [];
  const watch = new Watch(state, /** @type {any} */ (server), { changed() {}, show: (picture) => shown.push(picture) });
  return { state, watch, calls, shown };
}

test("watch: only what is open and in view is asked for, each at its pace", async () => {
  const { state, watch, calls, shown } = watching({});
  watch.look(0);
  watch.look(10);
  await settle();
  assert.deepEqual(calls, [["actors", "id-canvas-1", "region"]], "once at a time");
  assert.deepEqual(state.branches.get("id-canvas-1/region").items, [{ id: "region/1" }]);
  watch.look(2000);
  await settle();
  watch.look(3000);
  await settle();
  assert.equal(calls.length, 2);
  state.route = { ...state.route, view: "overview" };
  watch.look(3500);
  await settle();
  assert.deepEqual([calls.at(-1), shown], [["picture"], ["png"]]);
  assert.equal(calls.length, 3);
});

test("watch: a question that is not answered is not put again", async () => {
  const { watch, calls } = watching({ member: "id-canvas-1", actor: "region/1" }, new Promise(() => {}));
  for (const now of [0, 5000, 10_000]) {
    watch.look(now);
    await settle();
  }
  assert.deepEqual(calls.map(([name]) => name), ["actors", "actor"]);
});

test("watch: the page of an actor, and connections by name", async () => {
  const one = watching({ member: "id-canvas-1", actor: "region/1" });
  one.state.open.clear();
  one.watch.look(0);
  await settle();
  assert.deepEqual([one.calls, one.state.actor.page], [[["actor", "id-canvas-1", "region/1"]], { id: "region/1" }]);
  const two = watching({ view: "connections", name: "Ada" });
  two.watch.look(5);
  await settle();
  assert.deepEqual([two.calls, two.state.found], [[["connections", "Ada"]], { name: "Ada", items: [], error: "", at: 5 }]);
});

test("watch: forgets the branches of pods that are gone", async () => {
  const { state, watch } = watching({});
  watch.look(0);
  await settle();
  receive(state, answer({ members: [member("canvas-2")], regions: [] }), 1000);
  watch.look(1000);
  assert.deepEqual([state.open.size, state.branches.size], [0, 0]);
});
