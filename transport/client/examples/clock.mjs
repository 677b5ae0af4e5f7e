// A clock on the canvas, which repairs itself: node clock.mjs http://127.0.0.1:8080/ 10 20
// It shows hours and minutes, 18x5 pixels, and needs the package pixelplayground-client (before Node.js 22 also ws).
import { connect } from "pixelplayground-client";

// Five rows of three bits each.
const DIGITS = ["75557", "26227", "71747", "71717", "55711", "74717", "74757", "71111", "75757", "75717"];

const [url = "http://127.0.0.1:8080/", left = "0", top = "0"] = process.argv.slice(2);
const x0 = Number(left), y0 = Number(top), width = 18, height = 5;
const WebSocket = globalThis.WebSocket ? undefined : (await import("ws")).default;
const canvas = await connect(url, { name: "Clock", follow: { x: x0, y: y0, width, height }, WebSocket });

/** The pixels of "12:34". */
function face(text) {
  const lit = (x, y) => {
    if (x === 8) return y === 1 || y === 3; // the colon
    const place = x < 8 ? Math.floor(x / 4) : 3 + Math.floor((x - 10) / 4), column = (x < 8 ? x : x - 10) % 4;
    return x !== 9 && column < 3 && ((Number(DIGITS[Number(text[place])][y]) >> (2 - column)) & 1) === 1;
  };
  return Array.from({ length: width * height }, (_, i) => {
    const x = i % width, y = Math.floor(i / width);
    return { x: x0 + x, y: y0 + y, color: lit(x, y) ? "#172B6B" : "#FFF3B0" };
  });
}

await canvas.sync();
for (;;) {
  const now = new Date(), text = now.toTimeString().slice(0, 5);
  await canvas.draw(face(text).filter(({ x, y, color }) => canvas.pixel(x, y) !== color));
  await Promise.race([canvas.changed(), new Promise((later) => setTimeout(later, 60_000 - (now.getTime() % 60_000)))]);
}
