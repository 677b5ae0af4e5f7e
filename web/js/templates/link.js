// Links that bring a template: "#512,400,8&template=…&ox=…&oy=…&tw=…&title=…". The names are those of Pxls, whose links can be given
// as they are. Pure.

import { cleanTitle, FAR } from "./template.js";

const MOST_TEXT = 64 << 10; // characters of a link

/**
 * @typedef {object} Linked
 * @property {string} address of the picture, whole or of this server
 * @property {number} x
 * @property {number} y
 * @property {number | null} width null: the picture's own
 * @property {string} name empty: none
 */

/**
 * @param {string} text a link, or what is behind its "#"
 * @param {string} base address of this page
 * @returns {Linked | null} null: it brings no template
 */
export function linkedTemplate(text, base) {
  if (text.length > MOST_TEXT) return null;
  const fields = [...text.matchAll(/[?#&](template|ox|oy|tw|title)=([^&#\s]*)/g)];
  const said = new Map(fields.reverse().map(([, name, value]) => [name, decoded(name === "title" ? value.replace(/\+/g, " ") : value)])); // of several the first counts
  const address = pictureAt(said.get("template") ?? "", base);
  if (!address) return null;
  const width = whole(said.get("tw"));
  return { address, x: whole(said.get("ox")) ?? 0, y: whole(said.get("oy")) ?? 0, width: width !== null && width > 0 ? width : null, name: cleanTitle(said.get("title") ?? "") };
}

/** A place where a picture may be; empty: none may. @param {string} text @param {string} base */
export function pictureAt(text, base) {
  if (text === "") return "";
  try {
    const url = new URL(text, base), { protocol } = url;
    if (protocol === "data:") return /^data:image\/[a-z+.-]+;base64,/.test(url.href) ? url.href : "";
    if (url.username || url.password) return "";
    return protocol === "https:" || protocol === "http:" ? url.href : "";
  } catch {
    return "";
  }
}

/** The host that is asked for a picture; empty: nobody but this server. @param {string} address @param {string} base */
export function strangerAt(address, base) {
  const { protocol, origin, host } = new URL(address);
  return protocol === "data:" || origin === new URL(base).origin ? "" : host;
}

/** A link to a place that brings a template. @param {string} hash of the place @param {{name: string, x: number, y: number, width: number}} template @param {string} address of its picture */
export function linkTo(hash, { name, x, y, width }, address) {
  return `${hash}&template=${encodeURIComponent(address)}&ox=${x}&oy=${y}&tw=${width}&title=${encodeURIComponent(name)}`;
}

/** Decodes a value; Pxls encodes some of them twice. */
function decoded(value) {
  try {
    const once = decodeURIComponent(value);
    return /^(https?|data)%3a/i.test(once) ? decodeURIComponent(once) : once;
  } catch {
    return "";
  }
}

/** @param {string | undefined} text */
function whole(text) {
  const value = Math.round(Number.parseFloat(text ?? ""));
  return Number.isFinite(value) ? Math.min(FAR, Math.max(-FAR, value)) : null;
}
