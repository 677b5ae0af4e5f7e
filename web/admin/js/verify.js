// Proves that no act was changed, left out or put elsewhere, without trust in the server: each has the hash of the one before.
// `pixelctl audit verify` proves the same.

/** @typedef {{n: number, hash: string}} Head an act and, by its hash, all before it; n 0: there is no act */

/**
 * @param {string[]} lines acts as they are stored, the first of them first
 * @param {Head} known a head that was noted before: what came up to it must be there, and be the same
 * @param {(text: string) => Promise<string>} hash
 * @returns {Promise<{head: Head} | {broken: number, why: string}>} broken: the first link that does not hold
 */
export async function verify(lines, known, hash) {
  let head = { n: 0, hash: "" };
  for (const line of lines) {
    const n = head.n + 1, why = wrong(line, head);
    if (why) return { broken: n, why };
    head = { n, hash: await hash(line) };
    if (n === known.n && head.hash !== known.hash) return { broken: n, why: `it was changed, or an act before it: its hash is ${head.hash} and was ${known.hash}` };
  }
  if (head.n < known.n) return { broken: head.n + 1, why: `it is missing, as are all up to act ${known.n}, which was noted before` };
  return { head };
}

/** Why an act is not the one after a head; "": it is. */
function wrong(line, head) {
  let act;
  try {
    act = JSON.parse(line);
  } catch {
    return "it was changed: it can't be read";
  }
  const n = head.n + 1;
  if (!Number.isInteger(act?.n) || typeof act.before !== "string") return "it was changed: it does not say which act it is";
  if (act.n > n) return `it is missing, act ${act.n} stands in its place`;
  if (act.n < n) return `act ${act.n} stands in its place, out of order or a second time`;
  if (act.before === head.hash) return "";
  return n === 1 ? "it was changed, since it follows another" : `act ${head.n} before it was changed, or it was itself: ${head.hash} is not the hash it has noted`;
}

/** SHA-256 in hexadecimal digits. Browsers have it only with TLS, and on the computer of the server. @param {SubtleCrypto} subtle */
export function sha256(subtle) {
  return async (/** @type {string} */ text) => {
    const sum = new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
}

/** Reads "12:0a1b…", as pixelctl prints it. @returns {Head | null} null: it is none */
export function parseHead(text) {
  if (text.trim() === "") return { n: 0, hash: "" };
  const [, number, hash] = text.trim().match(/^(\d{1,15}):([0-9a-fA-F]{64})$/) ?? [];
  return Number(number) > 0 ? { n: Number(number), hash: hash.toLowerCase() } : null;
}
