// Templates: what they want, how much of it is done, what links and servers say of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { Canvas } from "../js/canvas/canvas.js";
import { toWord } from "../js/colour.js";
import { makeGeometry } from "../js/geometry.js";
import { linkedTemplate, linkTo, pictureAt, strangerAt } from "../js/templates/link.js";
import { heightFor, NoPicture, readPicture, scaled } from "../js/templates/picture.js";
import { Rack } from "../js/templates/rack.js";
import { Shelf } from "../js/templates/shelf.js";
import { Team, readList } from "../js/templates/team.js";
import { Template } from "../js/templates/template.js";
import { FakeClock, packPixels, seeded } from "./fakes.js";

const RED = 0xff0000, GREEN = 0x00ff00, BLUE = 0x0000ff, WHITE = 0xffffff, HERE = "https://canvas.example/art/";

/** A picture of rows like "r.b": red, transparent, blue. */
function drawn(...rows) {
  const colours = { r: RED, g: GREEN, b: BLUE, w: WHITE };
  return { width: rows[0].length, height: rows.length, words: Uint32Array.from(rows.join(""), (each) => (colours[each] === undefined ? 0 : toWord(colours[each]))) };
}

const rowsOf = ({ width, words }) => [...words].map((word) => ({ [toWord(RED)]: "r", [toWord(GREEN)]: "g", [toWord(BLUE)]: "b", [toWord(WHITE)]: "w" }[word] ?? ".")).join("").match(new RegExp(`.{${width}}`, "g"));

/** A PNG of rows that are not filtered. */
function png(width, height, kind, rows, { palette, transparency, cut = 0 } = {}) {
  const chunk = (name, data) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(name, 4, "latin1");
    return Buffer.concat([head, Buffer.from(data), Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(8);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  const all = Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", Buffer.concat([header, Buffer.from(kind)])),
    ...(palette ? [chunk("PLTE", palette)] : []), ...(transparency ? [chunk("tRNS", transparency)] : []),
    chunk("IDAT", deflateSync(Buffer.concat(rows.map((row) => Buffer.from([0, ...row]))))), chunk("IEND", []),
  ]);
  return new Blob([all.subarray(0, all.length - cut)]);
}

test("a PNG of any kind is read exactly, and what is half transparent or less is transparent", async () => {
  const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255];
  for (const [what, file] of Object.entries({
    RGBA: png(3, 1, [8, 6, 0, 0, 0], [[255, 0, 0, 255, 0, 255, 0, 127, 0, 0, 255, 128]]),
    "RGBA of 16 bits": png(3, 1, [16, 6, 0, 0, 0], [[255, 9, 0, 9, 0, 9, 255, 9, 0, 9, 255, 9, 0, 9, 100, 9, 0, 9, 0, 9, 255, 9, 200, 9]]),
    RGB: png(3, 1, [8, 2, 0, 0, 0], [[255, 0, 0, 0, 255, 0, 0, 0, 255]], { transparency: [0, 0, 0, 255, 0, 0] }),
    "RGB of 16 bits": png(3, 1, [16, 2, 0, 0, 0], [[255, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 255, 0]], { transparency: [0, 0, 255, 0, 0, 0] }),
    palette: png(3, 1, [8, 3, 0, 0, 0], [[0, 1, 2]], { palette: colours, transparency: [255, 0] }),
    "palette of 2 bits": png(3, 1, [2, 3, 0, 0, 0], [[0b00011000]], { palette: colours, transparency: [255, 0] }),
  })) assert.deepEqual(rowsOf(await readPicture(file)), ["r.b"], what);
  for (const [what, file] of Object.entries({
    grey: png(3, 1, [8, 0, 0, 0, 0], [[0, 7, 255]], { transparency: [0, 7] }), "grey of 1 bit": png(3, 1, [1, 0, 0, 0, 0], [[0b00100000]]),
    "grey and alpha": png(3, 1, [8, 4, 0, 0, 0], [[0, 255, 9, 0, 255, 255]]),
  })) {
    const { words } = await readPicture(file);
    assert.deepEqual([words[0], words[2]], [toWord(0), toWord(WHITE)], what);
  }
});

test("what is no picture, is damaged or too large is refused with a word", async () => {
  const whole = png(2, 2, [8, 2, 0, 0, 0], [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]]);
  await readPicture(whole, true);
  for (const [file, why] of [
    [png(2, 2, [8, 2, 0, 0, 0], [[0, 0, 0]]), /damaged/],
    [png(2, 2, [8, 2, 0, 0, 0], [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]], { cut: 20 }), /damaged/],
    [png(2, 2, [3, 2, 0, 0, 0], [[0]]), /damaged/],
    [png(2001, 2001, [8, 2, 0, 0, 0], [[0]]), /4 million/],
    [png(0, 5, [8, 2, 0, 0, 0], [[0]]), /4 million/],
    [new Blob(["no picture"]), /no PNG/],
    [new Blob([]), /no PNG/],
    [new Blob([new Uint8Array((8 << 20) + 1)]), /too large/],
  ]) await assert.rejects(readPicture(file, true), (error) => error instanceof NoPicture && why.test(error.message), String(why));
});

test("any bytes are a picture or are refused", async () => {
  const random = seeded(11), whole = new Uint8Array(await png(3, 2, [8, 6, 0, 0, 0], [new Array(12).fill(9), new Array(12).fill(200)]).arrayBuffer());
  for (let n = 0; n < 300; n++) {
    const bytes = whole.slice(0, random() < 0.3 ? Math.floor(random() * whole.length) : whole.length);
    for (let i = 0; i < 3; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    await readPicture(new Blob([bytes]), true).catch((error) => assert.ok(error instanceof NoPicture, String(error.stack)));
  }
});

test("a picture is scaled without mixing colours; symbols come out as the pixels that they stand for", () => {
  assert.deepEqual(rowsOf(scaled(drawn("rb", "gw"), 4)), ["rrbb", "rrbb", "ggww", "ggww"]);
  assert.deepEqual(rowsOf(scaled(drawn("rrbb", "rrbb", "ggww", "ggww"), 2)), ["rb", "gw"]);
  assert.deepEqual(rowsOf(scaled(drawn("......", ".r..b.", "......", "...g..", "......", "......"), 2)), ["rb", ".g"]);
  assert.deepEqual([heightFor({ width: 3, height: 100 }, 1), heightFor({ width: 100, height: 1 }, 3)], [33, 1]);
});

/** A canvas of two regions, the right one 36 wide, both blank and held in full. */
function blank() {
  const canvas = new Canvas(makeGeometry(100, 60, 64));
  for (const region of canvas.regions) canvas.load(region, 0, 0, null, true);
  return canvas;
}

const write = (canvas, x, y, colour) => {
  const region = canvas.regions[x < 64 ? 0 : 1];
  canvas.write(region, packPixels([[y * region.width + x - region.x, colour]]), 0, 1, false, true);
};
const counts = ({ total, right, wrong, unknown }) => ({ total, right, wrong, unknown });
const all = () => false;

test("how much is done: of what is on the canvas, and known", () => {
  const canvas = blank(), template = new Template("a", drawn("rw.", "gbw"), { x: 62, y: -1 }), { progress } = template;
  assert.ok(progress.advance(canvas, all));
  assert.deepEqual(counts(progress), { total: 3, right: 1, wrong: 2, unknown: 0 }); // the upper row is beyond the canvas; white is there
  write(canvas, 62, 0, GREEN);
  write(canvas, 63, 0, RED);
  progress.advance(canvas, all);
  assert.deepEqual(counts(progress), { total: 3, right: 2, wrong: 1, unknown: 0 });
  canvas.release(canvas.regions[1]);
  progress.advance(canvas, all);
  assert.deepEqual(counts(progress), { total: 3, right: 1, wrong: 1, unknown: 1 });
  template.place({ x: 10, y: 10 });
  progress.advance(canvas, all);
  assert.deepEqual(counts(progress), { total: 5, right: 2, wrong: 3, unknown: 0 });
  template.place({ x: 500 });
  progress.advance(canvas, all);
  assert.deepEqual(counts(progress), { total: 0, right: 0, wrong: 0, unknown: 0 });
});

test("the user's own pixels count at once, and no more when they are refused", () => {
  const canvas = blank(), template = new Template("a", drawn("r"), { x: 5, y: 5 }), { progress } = template, owner = {};
  canvas.cover(505, RED, owner);
  progress.advance(canvas, all);
  assert.equal(progress.right, 1);
  canvas.uncover(505, owner);
  progress.advance(canvas, all);
  assert.equal(progress.right, 0);
});

test("after any drawing, what is counted is what is there; and only what has changed is compared", () => {
  const random = seeded(5), canvas = blank(), pick = (n) => Math.floor(random() * n);
  const picture = { width: 40, height: 30, words: Uint32Array.from({ length: 1200 }, () => [0, toWord(RED), toWord(BLUE), toWord(WHITE)][pick(4)]) };
  const templates = [0, 1, 2].map((n) => new Template(`t${n}`, picture, { x: 20 + 20 * n, y: 3 * n - 2 }));
  for (let round = 0; round < 60; round++) {
    for (let i = 0; i < pick(40); i++) write(canvas, pick(100), pick(60), [RED, BLUE, WHITE][pick(3)]);
    if (round % 10 === 5) canvas.load(canvas.regions[pick(2)], 1, round, null, random() < 0.7);
    if (round % 7 === 3) templates[pick(3)].place({ x: pick(90), y: pick(50), width: 10 + pick(60) });
    for (const each of templates) {
      each.progress.advance(canvas, all);
      const want = { total: 0, right: 0, wrong: 0, unknown: 0 };
      for (let y = 0; y < 60; y++) for (let x = 0; x < 100; x++) {
        const colour = each.colourAt(x, y), is = canvas.pixel(x, y);
        if (colour === null) continue;
        want.total++;
        want[is === null ? "unknown" : is === colour ? "right" : "wrong"]++;
      }
      assert.deepEqual(counts(each.progress), want, `round ${round}, ${each.id}`);
    }
  }
  const [{ progress }] = templates;
  progress.clean();
  progress.advance(canvas, all);
  assert.equal(progress.dirty.right, 0, "nothing has changed");
});

test("without time for all of it, it goes on the next time", () => {
  const canvas = blank(), { progress } = new Template("a", drawn("rr"), { x: 63, y: 5 });
  assert.equal(progress.advance(canvas, () => true), false);
  assert.equal(progress.unknown, 1);
  assert.equal(progress.advance(canvas, () => true), false);
  assert.equal(progress.advance(canvas, () => true), true);
  assert.deepEqual(counts(progress), { total: 2, right: 0, wrong: 2, unknown: 0 });
});

test("the next wrong pixel: row by row, round to the beginning, then where it is not known, then none", () => {
  const canvas = blank(), { progress } = new Template("a", drawn("r.", "rr"), { x: 10, y: 10 });
  progress.advance(canvas, all);
  const places = [null, { x: 10, y: 10 }, { x: 10, y: 11 }, { x: 11, y: 11 }, { x: 50, y: 50 }].map((from) => progress.next(from));
  assert.deepEqual(places.map(({ x, y }) => [x, y]), [[10, 10], [10, 11], [11, 11], [10, 10], [10, 10]]);
  for (const [x, y] of [[10, 10], [10, 11], [11, 11]]) write(canvas, x, y, RED);
  progress.advance(canvas, all);
  assert.equal(progress.next(null), null);
  canvas.release(canvas.regions[0]);
  progress.advance(canvas, all);
  assert.deepEqual(progress.next(null), { x: 10, y: 10, known: false });
});

test("where only some colours may be placed, a template wants those that are most like its own", () => {
  const canvas = blank(), template = new Template("a", drawn("rb."), { x: 0, y: 0 }), palette = [GREEN, WHITE];
  template.fit(palette, (colour) => (colour === RED ? GREEN : WHITE));
  template.progress.advance(canvas, all);
  assert.deepEqual([template.colourAt(0, 0), template.colourAt(1, 0), template.colourAt(2, 0)], [GREEN, WHITE, null]);
  assert.deepEqual(counts(template.progress), { total: 2, right: 1, wrong: 1, unknown: 0 });
  template.fit(null, (colour) => colour);
  assert.equal(template.colourAt(0, 0), RED);
});

test("a template is placed within bounds, and what can't be is left as it was", () => {
  const template = new Template("a", drawn("rb"), { x: 1e9, y: Number.NaN, width: 0, name: " a\u0000b\u200b " });
  assert.deepEqual([template.name, template.x, template.y, template.width, template.height], ["a b", 65_536, 0, 2, 1]);
  template.place({ width: 60_000 });
  assert.equal(template.width, 2, "that would be too many pixels");
  template.place({ width: 4, name: "" });
  assert.deepEqual([template.width, template.height, template.name], [4, 2, "Template"]);
  template.show({ opacity: 7, look: /** @type {any} */ ("odd"), shown: false });
  assert.deepEqual(template.showing, { opacity: 1, look: "dots", shown: false });
});

test("links of Pxls and of this page bring the same template", () => {
  const want = { address: "https://i.example/a.png", x: 120, y: 80, width: 64, name: "Our flag" };
  for (const link of [
    "https://pxls.space/#x=512&y=400&scale=8&template=https%3A%2F%2Fi.example%2Fa.png&ox=120&oy=80&tw=64&title=Our%20flag",
    "https://pxls.space/#x=512&template=https%253A%252F%252Fi.example%252Fa.png&tw=64&oy=80&ox=120&title=Our+flag",
    "#512,400,8&template=https%3A%2F%2Fi.example%2Fa.png&ox=120&oy=80&tw=64&title=Our%20flag",
    "?template=https://i.example/a.png&ox=120&oy=80&tw=64&title=Our%20flag#x=1",
  ]) assert.deepEqual(linkedTemplate(link, HERE), want, link);
  const link = linkTo("#1,2,8", { name: "A & B = #1", x: -5, y: 7, width: 9 }, "https://i.example/?a=1&b=2#c");
  assert.deepEqual(linkedTemplate(HERE + link, HERE), { address: "https://i.example/?a=1&b=2#c", x: -5, y: 7, width: 9, name: "A & B = #1" });
  const inside = linkTo("#1,2,8", { name: "a", x: 0, y: 0, width: 1 }, "data:image/png;base64,iVBO+w/=");
  assert.equal(linkedTemplate(inside, HERE)?.address, "data:image/png;base64,iVBO+w/=");
});

test("links that bring none, or an odd one, are no harm", () => {
  for (const link of ["", "#512,400,8", "#template=", "#template=javascript:alert(1)", "#template=data:text/html;base64,aa", "#template=%E0%A4%A", "#template=https://me:secret@i.example/", "#template=file:///etc/passwd", `#template=https://i.example/${"a".repeat(70_000)}`]) {
    assert.equal(linkedTemplate(link, HERE), null, link.slice(0, 60));
  }
  assert.deepEqual(linkedTemplate("#template=https://i.example/a.png&ox=abc&oy=1e99&tw=-3&tw=5", HERE), { address: "https://i.example/a.png", x: 0, y: 65_536, width: null, name: "" });
  assert.equal(pictureAt("a.png", HERE), "https://canvas.example/art/a.png");
  assert.deepEqual([strangerAt("https://i.example:8443/a.png", HERE), strangerAt(pictureAt("a.png", HERE), HERE), strangerAt("data:image/png;base64,aa", HERE)], ["i.example:8443", "", ""]);
});

test("what a server says is read, whatever it says", () => {
  for (const odd of [null, 5, "a", [], {}, { templates: "a" }, { templates: [null, 5, {}, { name: 7 }] }]) assert.deepEqual(readList(odd).templates, []);
  const list = readList({ name: "T\n", templates: [{ name: "a", x: 1.5, y: "2", width: 3, picture: "api/templates/0123456789abcdef01234567.png", more: 1 }, { name: "b", picture: "https://i.example/a.png" }, { name: "c", trouble: "too large" }, ...new Array(100).fill({ name: "d" })] });
  assert.deepEqual([list.name, list.templates.length], ["T", 64]);
  assert.deepEqual(list.templates.slice(0, 3).map(({ x, y, width, picture, trouble }) => [x, y, width, picture !== "", trouble]), [
    [0, 0, 3, true, "There is no picture"], [0, 0, 0, false, "There is no picture"], [0, 0, 0, false, "too large"],
  ]);
});

const PICTURE = png(2, 1, [8, 2, 0, 0, 0], [[255, 0, 0, 0, 0, 255]]);
const nowhere = () => new Shelf(() => {
  throw new Error("forbidden");
});
const ports = () => ({ ...new FakeClock(), changed() {}, today: () => 1000 });

test("without storage templates are there until the page is closed, and the user can know", async () => {
  const rack = new Rack(nowhere(), ports());
  await rack.restore();
  const template = await rack.add(PICTURE, () => ({ name: "A", x: 3, y: 4 }));
  assert.deepEqual([rack.own, template.x, template.width, rack.forgets], [[template], 3, 2, true]);
  assert.equal(await rack.add(PICTURE, () => ({ name: "B", x: 3, y: 4 })), template, "the same is not added twice");
  assert.notEqual(await rack.add(PICTURE, () => ({ name: "B", x: 5, y: 4 })), template);
  rack.place(template, { x: 9 });
  rack.flush();
  rack.remove(template);
  assert.equal(rack.own.length, 1);
  for (let n = 0; n < 63; n++) await rack.add(PICTURE, () => ({ x: n, y: 99 }));
  await assert.rejects(rack.add(PICTURE, () => ({ x: 500 })), NoPicture);
});

/** A shelf that keeps in memory. */
function memoryShelf() {
  const kept = new Map();
  return { kept, all: async () => [...kept.values()], put: async (each) => (kept.set(each.id, structuredClone(each)), true), remove: async (id) => void kept.delete(id) };
}

test("what is kept comes back as it was, in its order; what can't be read goes", async () => {
  const shelf = memoryShelf(), before = new Rack(/** @type {any} */ (shelf), ports());
  const first = await before.add(PICTURE, () => ({ name: "First", x: 3, y: 4 })), second = await before.add(PICTURE, () => ({ name: "Second", x: 0, y: 0 }), { address: "https://i.example/a.png" });
  before.place(first, { width: 6, locked: true });
  before.show(second, { look: "wrong", opacity: 0.5, shown: false });
  before.flush();
  shelf.kept.set("own:1", { id: "own:1", file: new Uint8Array([1, 2, 3]) });
  const after = new Rack(/** @type {any} */ (shelf), ports());
  await after.restore();
  assert.deepEqual(after.own.map(({ name, x, y, width, locked, address, showing }) => ({ name, x, y, width, locked, address, showing })), [
    { name: "First", x: 3, y: 4, width: 6, locked: true, address: "", showing: { shown: true, look: "dots", opacity: 1 } },
    { name: "Second", x: 0, y: 0, width: 2, locked: false, address: "https://i.example/a.png", showing: { shown: false, look: "wrong", opacity: 0.5 } },
  ]);
  assert.ok(!shelf.kept.has("own:1"));
});

test("the team's list is followed: what has not changed is not loaded again, and stays as the user shows it", async () => {
  const shelf = memoryShelf(), rack = new Rack(/** @type {any} */ (shelf), ports()), clock = new FakeClock(), asked = [];
  const name = (n) => `api/templates/${String(n).repeat(24)}.png`;
  let list = { name: "Team", templates: [{ name: "Flag", x: 1, y: 2, width: 2, picture: name(1) }, { name: "Odd", trouble: "the picture is no PNG" }] };
  const fetch = async (address) => {
    asked.push(address);
    if (!list) throw new TypeError("away");
    return address === "api/templates" ? new Response(JSON.stringify(list)) : new Response(PICTURE);
  };
  const team = new Team(rack, { fetch: /** @type {any} */ (fetch), random: () => 1, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout });
  await team.ask();
  assert.deepEqual([team.name, rack.team.map(({ id, x, locked }) => [id, x, locked]), team.troubles], ["Team", [["team:Flag", 1, true]], [{ name: "Odd", why: "the picture is no PNG" }]]);
  rack.show(rack.team[0], { look: "whole" });
  rack.flush();
  list = { ...list, templates: [{ ...list.templates[0], x: 50 }, { name: "New", x: 0, y: 0, width: 2, picture: name(2) }] };
  await team.ask();
  assert.deepEqual(rack.team.map(({ id, x, showing }) => [id, x, showing.look]), [["team:Flag", 50, "whole"], ["team:New", 0, "dots"]]);
  const [, fresh] = rack.team;
  list = { ...list, templates: [list.templates[1]] };
  await team.ask();
  assert.deepEqual(rack.team, [fresh], "the same one");
  assert.deepEqual(asked.filter((each) => each === name(2)).length, 1);
  list = /** @type {any} */ (null);
  await team.ask();
  assert.deepEqual([rack.team, clock.waiting], [[fresh], 1], "it is asked again later");
  const again = new Rack(/** @type {any} */ (shelf), ports());
  await again.restore();
  again.setTeam([new Template("team:Flag", drawn("r"), {}, { team: true })]);
  assert.equal(again.team[0].showing.look, "whole");
});
