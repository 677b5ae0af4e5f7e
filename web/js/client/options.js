// What a program may choose about its client.

/**
 * @typedef {import("./ops.js").Dot} Dot
 * @typedef {import("../geometry.js").Rect} Rect
 * @typedef {import("../net/protocol.js").Presence} Presence
 * @typedef {import("../net/protocol.js").Cursors} Cursors
 * @typedef {import("./client.js").Client} Client
 *
 * @typedef {"all" | Rect | number[]} Follow  all, those that touch a rectangle, or by number
 *
 * @typedef {object} Options
 * @property {string} [name] to be shown to others
 * @property {string} [key] of a bot, "pp_…"; browsers can't show one
 * @property {string | (() => string | Promise<string>)} [token] a JSON Web Token, or what gives one for each connection
 * @property {Follow} [follow] which regions; all, if it is not said
 * @property {any} [WebSocket] a class, where the platform has none
 * @property {Handlers} [on]
 *
 * What is told, in the order in which it happens.
 * @typedef {object} Handlers
 * @property {(client: Client) => void} [connected] also after each reconnect
 * @property {(why: {code: number, reason: string, retry: number}) => void} [disconnected] retry: ms until the next try
 * @property {(pixels: (Dot & {author: number | string})[], live: boolean) => void} [pixels] live: they were drawn just now,
 *   and not while the client was away
 * @property {(notice: {code: number, text: string, retry: number}) => void} [notice]
 * @property {(ops: number[]) => void} [waiting] it isn't known yet whether these are durable
 * @property {(presence: Presence) => void} [presence]
 * @property {(cursors: Cursors["cursors"]) => void} [cursors]
 */

/** @param {Options} options */
export function optionsOf({ name = "", key = "", token, follow = "all", on = {} }) {
  return { name, key, token, follow: /** @type {Follow} */ (follow), on };
}
