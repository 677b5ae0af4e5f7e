import assert from "node:assert/strict";
import { test } from "node:test";
import * as decisions from "../admin/js/decisions.js";
import { parseRoute, toAudit, toReports, toRoles, toRules } from "../admin/js/route.js";
import { Server } from "../admin/js/server.js";
import { newState, receive } from "../admin/js/state.js";
import { Watch } from "../admin/js/watch.js";
import { answer } from "./admin.fakes.js";

const NOW = new Date(2026, 10, 29, 12).getTime(), HOUR = 3_600_000, USER = "0123456789ab";

/** What a dialog asks for, with some fields filled in otherwise than they are at first. */
function want(decision, more = {}) {
  const given = Object.fromEntries(decision.fields.map(({ name, value, options, type }) => [name, type === "file" ? "" : value ?? options?.[0][0] ?? ""]));
  for (const name of Object.keys(more)) assert.ok(name in given || name === "mask", name);
  return decision.want({ ...given, ...more }, NOW);
}

test("decisions: the acts that dialogs make", () => {
  const { appeal, freeze, open, pace, palette, protect, role, sanction, timetable, undo } = decisions;
  for (const [said, act] of [
    [want(freeze()), { do: "freeze" }], [want(freeze(), { long: String(HOUR), why: " Repairs " }), { do: "freeze", until: NOW + HOUR, why: "Repairs" }],
    [want(freeze(), { long: "at", until: "2026-11-29T13:00" }), { do: "freeze", until: NOW + HOUR }], [want(open()), { do: "open" }],
    [want(palette(["#000000"])), { do: "palette", colors: ["#000000"] }], [want(palette([]), { colours: "ff4500, #FF4500;\n#ffffff" }), { do: "palette", colors: ["#FF4500", "#FFFFFF"] }], [want(palette([])), { do: "palette", colors: [] }],
    [want(pace()), { do: "pace", role: "guest", pace: { rate: 0.2, burst: 6 } }], [want(pace(), { role: "member", rate: "0", burst: "" }), { do: "pace", role: "member", pace: { rate: 0, burst: 0 } }],
    [want(appeal("a@example.org")), { do: "appeal", text: "a@example.org" }], [want(appeal(""), { text: " " }), { do: "appeal" }],
    [want(protect(), { name: "Hall", x: "1", users: `${USER.toUpperCase()} `, mask: "m" }), { do: "protect", area: { name: "Hall", x: 1, y: 0, width: 64, height: 64, least: "moderator", users: [USER], mask: "m" } }],
    [want(sanction({ user: USER, report: "r", why: "Scribbles" }), { long: "0" }), { do: "ban", target: { user: USER }, report: "r", why: "Scribbles" }],
    [want(sanction(), { do: "mute", by: "network", whom: USER }), { do: "mute", target: { network: USER }, until: NOW + 24 * HOUR }],
    [want(sanction(), { do: "shadow", by: "cidr", whom: "2001:DB8::/48", long: "0" }), { do: "shadow", target: { cidr: "2001:db8::/48" } }],
    [want(role(USER)), { do: "role", target: { user: USER }, role: "moderator" }],
    [want(undo({ n: 7, before: "", time: 0, by: { role: "owner", via: "page" }, do: "ban" })), { do: "undo", of: 7 }],
    [want(timetable([{ from: 0, state: "open" }, { from: HOUR, state: "frozen", pace: { rate: 0.2, burst: 6 } }])), { do: "timetable", phases: [{ from: 0, state: "open" }, { from: HOUR, state: "frozen", pace: { rate: 0.2, burst: 6 } }] }],
  ]) assert.deepEqual(said, { act });
});

test("decisions: what is wrong, and in which field", () => {
  const { freeze, pace, palette, protect, role, sanction, timetable } = decisions;
  for (const [said, field] of [
    [want(freeze(), { long: "at" }), "until"], [want(freeze(), { long: "at", until: "2026-11-29T11:00" }), "until"], [want(palette([]), { colours: "red" }), "colours"],
    [want(palette([]), { colours: Array.from({ length: 257 }, (_, i) => i.toString(16).padStart(6, "0")).join(" ") }), "colours"],
    [want(pace(), { rate: "" }), "rate"], [want(pace(), { rate: "-1" }), "rate"], [want(pace(), { rate: "Infinity" }), "rate"], [want(pace(), { burst: "0" }), "burst"], [want(pace(), { burst: "1.5" }), "burst"],
    [want(protect()), "name"], [want(protect(), { name: "Hall", width: "0" }), "width"], [want(protect(), { name: "Hall", x: "-1" }), "x"], [want(protect(), { name: "Hall", y: "" }), "y"], [want(protect(), { name: "Hall", users: "ada" }), "users"],
    [want(sanction({ user: USER })), "why"], [want(sanction(), { why: "x", whom: "ada" }), "whom"], [want(sanction(), { why: "x", by: "cidr", whom: "ada" }), "whom"], [want(role(), { user: "1" }), "user"],
    ...["", "# nothing", "2026-12-01 open", "2026-12-01T10:00:00Z closed", "2026-12-01T10:00:00Z open 1", "2026-12-01T10:00:00Z open x 1", "2026-12-01T10:00:00Z open\n2026-12-01T09:00:00Z frozen"]
      .map((phases) => [want(timetable([]), { phases }), "phases"]),
  ]) {
    assert.equal(said.field, field, JSON.stringify(said));
    assert.ok(said.wrong);
  }
});

test("decisions: what is said of them", () => {
  const act = /** @type {any} */ ({ n: 7 });
  assert.equal(decisions.saidOf({ act, obeyed: true, missing: [] }), "Act 7 is in force on all pods.");
  assert.match(decisions.saidOf({ act, obeyed: false, missing: ["canvas-1"] }), /^Act 7 is stored\. .*canvas-1\.$/);
});

test("rules, audit, reports and roles have addresses", () => {
  const at = (hash) => (({ view, name }) => [view, name])(parseRoute(hash));
  assert.deepEqual([at(toRules()), at(toRules("198.51.100.0/24")), at(toAudit("#12")), at(toReports()), at(toRoles())], [["rules", ""], ["rules", "198.51.100.0/24"], ["audit", "#12"], ["reports", ""], ["roles", ""]]);
});

test("the server is told what no other site can tell it", async () => {
  const asked = [];
  const server = new Server(/** @type {any} */ (async (path, { method = "GET", headers = {}, body = "" }) => {
    asked.push([method, path, headers["X-Playground-Admin"] ?? headers.Accept ?? "", body]);
    return new Response(path.startsWith("api/acts?") ? '{"n":2}\n{"n":1}\n' : "{}");
  }));
  assert.deepEqual(await server.acts(3, 2), ['{"n":2}', '{"n":1}']);
  for (const ask of [server.rules(), server.decide({ do: "open" }), server.reports("all"), server.claim("a/b", true), server.resolve("r", "Done")]) await ask;
  assert.deepEqual(asked, [
    ["GET", "api/acts?limit=2&before=3", "application/x-ndjson", ""], ["GET", "api/rules", "", ""], ["POST", "api/acts", "1", '{"do":"open"}'], ["GET", "api/reports?state=all", "", ""],
    ["POST", "api/reports/a%2Fb/claim", "1", '{"release":true}'], ["POST", "api/reports/r/resolve", "1", '{"text":"Done"}'],
  ]);
});

test("rules and acts are asked for only while they are looked at; acts, when the version has changed", async () => {
  const state = newState(), asked = [];
  receive(state, answer(), 0);
  let version = 1;
  const server = {
    rules: async () => { asked.push("rules"); return { version }; },
    acts: async () => { asked.push("acts"); return Array.from({ length: version }, (_, i) => JSON.stringify({ n: version - i })); },
    reports: async (which) => { asked.push(which); return { reports: [{ id: "r" }] }; }, picture: async () => {},
  };
  const watch = new Watch(state, /** @type {any} */ (server), { changed() {}, show() {} }), settle = () => new Promise((done) => setImmediate(done));
  const look = async (now) => { watch.look(now); await settle(); return asked.splice(0); };
  assert.deepEqual(await look(0), []);
  state.route = parseRoute(toRules());
  assert.deepEqual([await look(1000), await look(1500), await look(3000)], [["rules", "acts"], [], ["rules"]]);
  version = 2;
  assert.deepEqual([await look(5000), state.rules.chain.version], [["rules", "acts"], 2]);
  state.route = parseRoute(toReports());
  watch.anew();
  assert.deepEqual([await look(5100), state.reports.items.length], [["rules", "open"], 1]);
});
