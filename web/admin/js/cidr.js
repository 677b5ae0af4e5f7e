// Ranges of addresses, as acts name them.

/** Whether an address lies in a range: "203.0.113.7" in "203.0.113.0/24". What is no address lies in none. */
export function covers(cidr, address) {
  const [start, length] = cidr.split("/"), [range, one] = [bitsOf(start), bitsOf(address)];
  return range !== null && one !== null && range.length === one.length && one.startsWith(range.slice(0, Number(length ?? range.length)));
}

/** Whether a text is an address or a range of them. The server knows which ranges are too wide. */
export function isRange(text) {
  const [start, length, more] = text.split("/"), bits = bitsOf(start);
  return bits !== null && more === undefined && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits.length));
}

/** An address as a text of zeros and ones: 32 or 128; null: it is none. */
function bitsOf(address) {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const bytes = address.split(".").map(Number);
    return bytes.every((byte) => byte < 256) ? bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("") : null;
  }
  if (!/^[0-9a-f:]+$/i.test(address) || !address.includes(":")) return null;
  const [head, tail, more] = address.split("::"), groups = (text) => (text ? text.split(":") : []);
  const missing = 8 - groups(head).length - groups(tail).length;
  if (more !== undefined || (tail === undefined ? missing !== 0 : missing < 1)) return null;
  const all = [...groups(head), ...Array(missing).fill("0"), ...groups(tail)];
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? all.map((group) => parseInt(group, 16).toString(2).padStart(16, "0")).join("") : null;
}
