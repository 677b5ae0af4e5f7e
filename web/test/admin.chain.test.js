import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { KINDS, byWhom, roleOf, searched, what } from "../admin/js/act_words.js";
import { Chain, canUndo, inForce, undoneBy } from "../admin/js/chain.js";
import { covers, isRange } from "../admin/js/cidr.js";
import { parseHead, sha256, verify } from "../admin/js/verify.js";

const NOW = 1_800_000_000_000, USER = "0123456789ab", NONE = { n: 0, hash: "" };
const hash = async (text) => createHash("sha256").update(text).digest("hex");
const OPERATOR = { role: "owner", name: "operator", via: "dashboard" };

/** Acts as they are stored, the first of them first. */
function stored(...acts) {
  let before = "";
  return acts.map((act, i) => {
    const line = JSON.stringify({ n: i + 1, before, id: `id${i + 1}`, time: NOW + i, by: OPERATOR, ...act });
    before = createHash("sha256").update(line).digest("hex");
    return line;
  });
}

/** A server that keeps lines, the first of them first, and counts what it is asked. */
function serverOf(lines) {
  const server = {
    lines, asked: [],
    acts: async (before, limit) => {
      server.asked.push([before, limit]);
      const all = [...server.lines].reverse();
      return all.filter((line) => before === 0 || JSON.parse(line).n < before).slice(0, limit);
    },
  };
  return server;
}

async function chainOf(...acts) {
  const chain = new Chain();
  await chain.follow(serverOf(stored(...acts)));
  return chain;
}

test("chain: what is new is read, and everything if the store has lost what was last", async () => {
  const many = stored(...Array.from({ length: 2345 }, () => ({ do: "announce", text: "Tea" }))), server = serverOf(many.slice(0, 2300)), chain = new Chain();
  await chain.follow(server);
  assert.deepEqual([chain.version, chain.lines.length, server.asked], [2300, 2300, [[0, 1000], [1301, 1000], [301, 1000]]]);
  server.asked = [];
  await chain.follow(server);
  server.lines = many;
  await chain.follow(server);
  assert.deepEqual([chain.version, server.asked], [2345, [[0, 50], [0, 50]]]);
  assert.deepEqual(chain.lines, [...many].reverse());
  server.lines = stored({ do: "open" }, { do: "freeze" });
  await chain.follow(server);
  assert.deepEqual([chain.version, chain.acts.map((act) => act.do)], [2, ["freeze", "open"]]);
});

test("chain: a server that repeats itself is not asked for ever", async () => {
  const page = Array.from({ length: 1000 }, (_, i) => JSON.stringify({ n: 2000 - i }));
  await assert.rejects(new Chain().follow({ acts: async () => page }), /repeats itself/);
});

test("chain: an undo counts unless it is taken back itself", () => {
  const undone = (...acts) => [...undoneBy(acts.map((act, i) => ({ n: i + 1, ...act })).reverse())];
  const ban = { do: "ban" }, undo = (of) => ({ do: "undo", of });
  assert.deepEqual(undone(ban, undo(1)), [[1, 2]]);
  assert.deepEqual(undone(ban, undo(1), undo(2)), [[2, 3]]);
  assert.deepEqual(undone(ban, undo(1), undo(2), undo(3)), [[3, 4], [1, 2]]);
  assert.deepEqual(undone(ban, undo(1), undo(2), undo(1)), [[1, 4], [2, 3]]);
  assert.deepEqual(undone(undo(1), undo(5)), []);
});

test("chain: in force is what was not undone, replaced, ended or opened", async () => {
  const left = async (...acts) => inForce(await chainOf(...acts), NOW + 1000).map(({ n }) => n);
  const ban = { do: "ban", target: { user: USER } };
  assert.deepEqual(await left(ban, { do: "palette", colors: ["#000000"] }, { do: "palette" }), [3, 1]);
  assert.deepEqual(await left({ do: "palette" }, { do: "palette", colors: ["#000000"] }, { do: "undo", of: 2 }), [1]);
  assert.deepEqual(await left({ ...ban, until: NOW + 1000 }, { ...ban, until: NOW + 1001 }), [2]);
  assert.deepEqual(await left({ do: "freeze" }, { do: "timetable" }, { do: "open" }, { do: "freeze" }, { do: "announce" }), [4]);
  assert.deepEqual(await left({ do: "freeze" }, { do: "open" }, { do: "undo", of: 2 }), [1]);
  assert.deepEqual(await left({ do: "pace", role: "member" }, { do: "pace" }, { do: "pace", role: "member" }), [3, 2]);
  assert.deepEqual(await left({ do: "role", target: { user: USER }, role: "owner" }, { do: "role", target: { user: "aa" } }, { do: "role", target: { user: USER } }), [3, 2]);
  const chain = await chainOf(ban, { do: "undo", of: 1 }, { do: "announce" }, { ...ban, until: NOW });
  assert.deepEqual(chain.acts.map((act) => canUndo(chain, act, NOW + 5)), [false, false, true, false]);
});

test("verify: every way in which a chain can be broken, and where it is", async () => {
  const acts = stored({ do: "open" }, { do: "ban", target: { user: USER } }, { do: "announce", text: "“Tea” – é" }, { do: "freeze" });
  const head = { n: 4, hash: await hash(acts[3]) };
  assert.deepEqual(await verify(acts, NONE, hash), { head });
  assert.deepEqual(await verify([], NONE, hash), { head: NONE });
  assert.deepEqual(await verify(acts, { n: 2, hash: await hash(acts[1]) }, hash), { head });
  const without = (n) => acts.filter((_, i) => i !== n - 1), changed = (n, from, to) => acts.map((line, i) => (i === n - 1 ? line.replace(from, to) : line));
  const own = stored({ do: "open" }, { do: "open" }, { do: "announce", text: "“Tea” – é" }, { do: "freeze" });
  for (const [name, lines, known, broken, why] of [
    ["changed", changed(2, USER, "aaaaaaaaaaaa"), NONE, 3, /^act 2 before it was changed/], ["left out", without(2), NONE, 2, /^it is missing, act 3/], ["first left out", without(1), NONE, 1, /^it is missing, act 2/],
    ["swapped", [acts[1], acts[0], acts[2]], NONE, 1, /^it is missing/], ["twice", [acts[0], acts[0]], NONE, 2, /second time/], ["no JSON", [acts[0], "{"], NONE, 2, /can't be read/],
    ["null", ["null"], NONE, 1, /does not say/], ["number changed", changed(2, '"n":2', '"n":"2"'), NONE, 2, /does not say/], ["begins elsewhere", changed(1, '"before":""', '"before":"ab"'), NONE, 1, /follows another/],
    ["all made anew", own, head, 4, /its hash is .* and was/], ["end cut off", acts.slice(0, 3), head, 4, /^it is missing, as are all up to act 4/],
  ]) {
    const found = await verify(lines, known, hash);
    assert.ok("broken" in found, name);
    assert.equal(found.broken, broken, name);
    assert.match(found.why, why, name);
  }
});

test("verify: each byte counts", async () => {
  const acts = stored({ do: "ban", target: { user: USER }, why: "é" }, { do: "open" }, { do: "open" });
  const mine = sha256(globalThis.crypto?.subtle ?? (await import("node:crypto")).webcrypto.subtle);
  assert.equal(await mine("“é”"), await hash("“é”"));
  for (let at = 0; at < acts[0].length; at++) {
    const other = acts[0].slice(0, at) + String.fromCharCode(acts[0].charCodeAt(at) ^ 1) + acts[0].slice(at + 1);
    assert.ok("broken" in await verify([other, ...acts.slice(1)], NONE, mine), `byte ${at}`);
  }
});

test("verify: a head is written as pixelctl writes it", () => {
  const digits = "0a".repeat(32);
  assert.deepEqual([parseHead(""), parseHead(` 12:${digits.toUpperCase()} `)], [NONE, { n: 12, hash: digits }]);
  for (const text of ["12", `0:${digits}`, `12:${digits}0`, `x:${digits}`, "12:"]) assert.equal(parseHead(text), null, text);
});

test("acts in words, and how they are found", () => {
  const act = (more) => ({ n: 12, before: "", time: NOW, by: OPERATOR, do: "ban", ...more });
  assert.equal(what(act({ target: { user: USER } })), `user ${USER}`);
  assert.equal(what(act({ target: { cidr: "198.51.100.0/24" } })), "198.51.100.0/24");
  assert.equal(what(act({ do: "protect", area: { name: "Hall", x: 1, y: 2, width: 3, height: 4, least: "member" } })), "“Hall”, 3×4 at 1, 2, from those below member");
  assert.equal(what(act({ do: "pace", pace: { rate: 0.2, burst: 6 } })), "guest: 0.2/s, 6 at once");
  assert.equal(what(act({ do: "rollback", selection: { users: [USER], x: 1, width: 2, height: 3, cause: "rollback 3" } })), `user ${USER}, 2×3 at 1, 0, because of rollback 3`);
  for (const kind of ["palette", "timetable", "role", "freeze", "undo", "resolve", "operate", "appeal", "later", ""]) assert.equal(typeof what(act({ do: kind })), "string", kind);
  assert.deepEqual([byWhom(act({})), byWhom(act({ by: { user: USER, role: "moderator", via: "page" } })), roleOf(act({}))], ["operator", "Somebody ·89ab", "owner, from the dashboard"]);
  const list = [act({ target: { user: USER }, why: "Scribbles" }), act({ n: 112, target: { network: "abcdefabcdef" } })];
  const find = (search) => searched(list, search).map(({ n }) => n);
  assert.deepEqual([find(""), find("scrib 6789"), find("ABCDEF"), find("#12"), find("12"), find("mute")], [[12, 112], [12], [112], [12], [12, 112], []]);
});

test("addresses: which lie in a range", () => {
  for (const [cidr, address, within] of [
    ["198.51.100.0/24", "198.51.100.7", true], ["198.51.100.0/24", "198.51.101.7", false], ["198.51.100.7", "198.51.100.7", true], ["10.0.0.0/8", "10.255.0.1", true],
    ["2001:db8::/48", "2001:db8:0:ffff::1", true], ["2001:db8::/48", "2001:db8:1::1", false], ["2001:db8::/48", "2001:DB8::", true], ["2001:db8::1", "2001:db8:0:0:0:0:0:1", true],
    ["198.51.100.0/24", "198.51.100", false], ["198.51.100.0/24", "198.51.100.256", false], ["2001:db8::/48", "2001::db8::1", false], ["::/16", "1:2:3:4:5:6:7:8:9", false], ["::/16", "ada", false], ["0.0.0.0/8", "::", false],
  ]) assert.equal(covers(cidr, address), within, `${cidr} ${address}`);
  for (const text of ["198.51.100.7", "198.51.100.0/24", "2001:db8::/48", "::"]) assert.ok(isRange(text), text);
  for (const text of ["", "ada", "198.51.100.0/33", "198.51.100.0/", "198.51.100.0/24/8", "2001:db8::/129", "198.51.100.0/-1"]) assert.ok(!isRange(text), text);
});

test("chain: the kinds of act are those of the server", () => {
  const source = readFileSync(new URL("../../actors/rules/act.go", import.meta.url), "utf8");
  const kinds = [...source.matchAll(/^\s+\w+\s+Kind = "([\w-]+)"/gm)].map(([, kind]) => kind);
  assert.deepEqual(Object.keys(KINDS).sort(), kinds.sort());
});
