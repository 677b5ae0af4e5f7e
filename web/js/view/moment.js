// The moment that a link shows: "#512,400,8&t=2026-11-29T19:53:18Z". A link without one shows the canvas as it is. Pure.

const FIELD = /&t=([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,12}Z|[0-9]{9,14})$/;

/** @param {string} hash @returns {number | null} Unix ms; null: the link names none */
export function momentOf(hash) {
  const text = FIELD.exec(hash)?.[1];
  if (text === undefined) return null;
  const time = /^[0-9]+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(time) ? time : null;
}

/** @param {string} hash of a place @param {number | null} time Unix ms; null: as it is */
export function withMoment(hash, time) {
  return time === null || hash === "" ? hash : `${hash}&t=${new Date(time).toISOString().replace(".000Z", "Z")}`;
}
