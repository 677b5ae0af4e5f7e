// Who this page's user is to the server: what GET api/me says. Servers that know no people have no such thing, and some
// that do have no sign-in. Then there is nothing to show, and the page is as if there were none.

import { t } from "../words/words.js";

/**
 * @typedef {object} Me
 * @property {boolean} known the server has said all this
 * @property {string} kind guest, account, bot or program
 * @property {string} user public id: 12 hexadecimal digits
 * @property {string} name of the account; empty: it has none
 * @property {string} role guest, member, moderator or owner
 * @property {boolean} draws may draw
 * @property {boolean} watches may watch
 * @property {boolean} signedIn
 * @property {string} signIn where to sign in; empty: one can't
 * @property {string} signOut where to sign out; empty: one can't
 * @property {boolean} keys may have keys for bots and displays
 * @property {boolean} record may ask the record of what was drawn
 * @property {boolean} templates the server lists templates
 * @property {boolean} moderates may decide about others
 * @property {{why: string, until: number, appeal: string} | null} banned the user is; until: Unix ms, 0: not known; appeal: where to turn to
 * @property {number} until when the sign-in ends, Unix ms; 0: not by itself
 */

const PATIENCE = 8000; // ms for an answer
const ADDRESS = "api/me";
const ID_SHOWN = 4; // digits at the end of an id, as beside names that look alike
const ROLES = new Map([["guest", t("Guest")], ["member", t("Member")], ["moderator", t("Moderator")], ["owner", t("Owner")]]);
const KINDS = new Map([["bot", t("Bot")], ["program", t("Program")]]);

/** What is assumed as long as the server has said nothing. @returns {Me} */
export function unknown() {
  return {
    known: false, kind: "guest", user: "", name: "", role: "guest", draws: true, watches: true,
    signedIn: false, signIn: "", signOut: "", keys: false, record: false, templates: false, moderates: false, banned: null, until: 0,
  };
}

/**
 * @param {typeof fetch} fetch
 * @returns {Promise<Me | null | undefined>} null: this server doesn't know; undefined: it may do so later
 */
export async function askMe(fetch) {
  try {
    const response = await fetch(ADDRESS, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (response.status === 404) return null;
    return response.ok ? readMe(await response.json()) : undefined;
  } catch {
    return undefined;
  }
}

/** Takes what is there, and of the right type. @returns {Me | null} */
export function readMe(said) {
  if (typeof said !== "object" || said === null || typeof said.kind !== "string") return null;
  const me = /** @type {any} */ (unknown());
  for (const key of Object.keys(me)) if (me[key] !== null && typeof said[key] === typeof me[key]) me[key] = said[key];
  return { ...me, banned: readBan(said.banned), known: true };
}

/** Why the server keeps someone out. @returns {Me["banned"]} */
export function readBan(said) {
  if (typeof said !== "object" || said === null) return null;
  const text = (from) => (typeof from === "string" ? from : "");
  return { why: text(said.why), until: Number.isFinite(said.until) ? said.until : 0, appeal: text(said.appeal) };
}

/** Where to sign in, and come back to a place of this page. @param {Me} me @param {{pathname: string, search: string, hash: string}} place */
export function signInAt(me, { pathname, search, hash }) {
  return `${me.signIn}?${new URLSearchParams({ to: pathname + search + hash })}`;
}

/** Whether there is anything about people to show. @param {Me} me */
export function hasAccounts(me) {
  return me.signIn !== "" || me.signedIn || me.keys;
}

/** "Member", "Bot": what someone is. @param {Me} me */
export function roleOf(me) {
  return KINDS.get(me.kind) ?? ROLES.get(me.role) ?? me.role;
}

/** "·05ab": the piece of the id that tells people apart whose names look alike. @param {Me} me */
export function idOf(me) {
  return me.user === "" ? "" : `·${me.user.slice(-ID_SHOWN)}`;
}
