// Where the operator is on the page, as the address says it, so that Back and links work:
//   #/  #/region/3  #/actors  #/actors/MEMBER  #/actor/MEMBER/ID  #/connections  #/connections/NAME
//   #/people  #/people/SEARCH  #/keys

/**
 * @typedef {object} Route
 * @property {"overview" | "actors" | "connections" | "people" | "keys"} view
 * @property {number} region selected on the map; -1: none
 * @property {string} member whose actors are shown; "": all
 * @property {string} actor its id; "": none
 * @property {string} name that connections or people are searched for; "": all
 */

/** @returns {Route} the overview if the address is not understood */
export function parseRoute(hash) {
  const route = /** @type {Route} */ ({ view: "overview", region: -1, member: "", actor: "", name: "" });
  let parts;
  try {
    parts = hash.replace(/^#?\/?/, "").split("/").map(decodeURIComponent);
  } catch {
    return route; // a stray percent sign
  }
  const [view, first = "", second = ""] = parts;
  if (view === "region" && /^\d{1,7}$/.test(first)) route.region = Number(first);
  if (view === "actors") Object.assign(route, { view: "actors", member: first });
  if (view === "actor" && first && second) Object.assign(route, { view: "actors", member: first, actor: second });
  if (view === "connections") Object.assign(route, { view: "connections", name: first });
  if (view === "people") Object.assign(route, { view: "people", name: first });
  if (view === "keys") route.view = "keys";
  return route;
}

export const toOverview = () => "#/";
export const toRegion = (region) => (region < 0 ? "#/" : `#/region/${region}`);
export const toActors = (member = "") => (member ? `#/actors/${encodeURIComponent(member)}` : "#/actors");
export const toActor = (member, id) => `#/actor/${encodeURIComponent(member)}/${encodeURIComponent(id)}`;
export const toPeople = (search = "") => (search ? `#/people/${encodeURIComponent(search)}` : "#/people");
export const toKeys = () => "#/keys";
export const toConnections = (name = "") => (name ? `#/connections/${encodeURIComponent(name)}` : "#/connections");
