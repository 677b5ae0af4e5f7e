// Where the operator is on the page, as the address says it, so that Back and links work:
//   #/  #/region/3  #/actors  #/actors/MEMBER  #/actor/MEMBER/ID  #/connections  #/connections/NAME
//   #/people  #/people/SEARCH  #/keys  #/rules  #/rules/SEARCH  #/audit  #/audit/SEARCH  #/reports  #/roles

/**
 * @typedef {object} Route
 * @property {"overview" | "actors" | "connections" | "people" | "keys" | "rules" | "audit" | "reports" | "roles"} view
 * @property {number} region selected on the map; -1: none
 * @property {string} member whose actors are shown; "": all
 * @property {string} actor its id; "": none
 * @property {string} name that connections, people or acts are searched for; "": all
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
  if (view === "rules" || view === "audit") Object.assign(route, { view, name: first });
  if (view === "keys" || view === "reports" || view === "roles") route.view = view;
  return route;
}

export const toOverview = () => "#/";
export const toRegion = (region) => (region < 0 ? "#/" : `#/region/${region}`);
export const toActors = (member = "") => (member ? `#/actors/${encodeURIComponent(member)}` : "#/actors");
export const toActor = (member, id) => `#/actor/${encodeURIComponent(member)}/${encodeURIComponent(id)}`;
export const toPeople = (search = "") => (search ? `#/people/${encodeURIComponent(search)}` : "#/people");
export const toKeys = () => "#/keys";
export const toRules = (search = "") => (search ? `#/rules/${encodeURIComponent(search)}` : "#/rules");
export const toAudit = (search = "") => (search ? `#/audit/${encodeURIComponent(search)}` : "#/audit");
export const toReports = () => "#/reports";
export const toRoles = () => "#/roles";
export const toConnections = (name = "") => (name ? `#/connections/${encodeURIComponent(name)}` : "#/connections");
