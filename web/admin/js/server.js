// Questions to the server, and the errors they fail with. Addresses are relative to the page, since a proxy may serve
// it below any path.

const PATIENCE = 4_000; // ms for an answer: the server itself asks pods for up to 2 s
const UNTIL_OBEYED = 15_000; // ms: the server waits for all pods for up to 10 s

/** Why there is no answer, for the operator. */
export class Failure extends Error {
  /** @param {string} message @param {number} status HTTP; 0: no answer came */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }

  get loggedOut() {
    return this.status === 401;
  }
}

export class Server {
  #fetch;

  /** @param {typeof fetch} fetch */
  constructor(fetch) {
    this.#fetch = fetch;
  }

  /** @returns {Promise<import("./state.js").Answer>} */
  state(history) {
    return this.#json(history ? "api/state?history=1" : "api/state");
  }

  /** The busiest actors of a kind. @returns {Promise<{actors: import("./state.js").Actor[]}>} */
  actors(member, kind) {
    return this.#json(`api/actors?${new URLSearchParams({ member, kind })}`);
  }

  /** @returns {Promise<import("./state.js").ActorPage>} */
  actor(member, id) {
    return this.#json(`api/actor?${new URLSearchParams({ member, id })}`);
  }

  /** Connections whose name contains a text. @returns {Promise<{connections: import("./state.js").Connection[]}>} */
  connections(name) {
    return this.#json(`api/connections?${new URLSearchParams({ name })}`);
  }

  /** People who have a text in what is known of them. @returns {Promise<{people: import("./state.js").Person[], more: boolean}>} */
  people(search, addresses) {
    return this.#json(`api/people?${new URLSearchParams({ search, ...(addresses ? { addresses: "1" } : {}) })}`);
  }

  /** All keys of bots and displays. @returns {Promise<{keys: import("./state.js").Key[]}>} */
  keys() {
    return this.#json("api/keys");
  }

  /** Makes a key. The answer has the key itself, which nobody is told again. @returns {Promise<{key: string, name: string}>} */
  async makeKey(wanted) {
    return this.#read(await this.#post("api/keys", wanted));
  }

  /** What the canvas allows now, as everybody may know it. @returns {Promise<import("./state.js").Shown>} */
  rules() {
    return this.#json("api/rules");
  }

  /** Acts as they are stored, the last first. @param {number} before an act's number; 0: all @param {number} limit @returns {Promise<string[]>} */
  async acts(before, limit) {
    const query = new URLSearchParams({ limit: String(limit), ...(before > 0 ? { before: String(before) } : {}) });
    const response = await this.#ask(`api/acts?${query}`, { headers: { Accept: "application/x-ndjson" }, signal: AbortSignal.timeout(2 * PATIENCE) });
    return (await response.text()).split("\n").filter(Boolean);
  }

  /** Decides something. @param {object} act @returns {Promise<import("./decisions.js").Decided>} */
  async decide(act) {
    return this.#read(await this.#post("api/acts", act, UNTIL_OBEYED));
  }

  /** Keeps a mask for an act that will name it. @param {Blob} picture @returns {Promise<{name: string, width: number, height: number}>} */
  async mask(picture) {
    const headers = { "Content-Type": "image/png", "X-Playground-Admin": "1" };
    return this.#read(await this.#ask("api/masks", { method: "POST", headers, body: picture, signal: AbortSignal.timeout(UNTIL_OBEYED) }));
  }

  /** @param {string} state open, resolved or all @returns {Promise<{reports: import("./state.js").Report[]}>} */
  reports(state) {
    return this.#json(`api/reports?${new URLSearchParams({ state })}`);
  }

  /** Makes a report one's own for ten minutes, or gives it back. @param {string} id @param {boolean} release */
  async claim(id, release) {
    return this.#read(await this.#post(`api/reports/${encodeURIComponent(id)}/claim`, release ? { release } : {}));
  }

  /** @param {string} id of a report @param {string} text how it was dealt with */
  async resolve(id, text) {
    return this.#read(await this.#post(`api/reports/${encodeURIComponent(id)}/resolve`, { text }, UNTIL_OBEYED));
  }

  /** The drawing, as a picture. @returns {Promise<Blob>} */
  async picture() {
    return (await this.#ask("api/canvas.png", { signal: AbortSignal.timeout(10 * PATIENCE) })).blob();
  }

  /** Has something done; fails with the server's reason. */
  async act(path, body) {
    await this.#post(`api/${path}`, body);
  }

  async logout() {
    await this.#post("logout", {});
  }

  /** No other site can make a browser send this header. */
  #post(path, body, patience = PATIENCE) {
    const headers = { "Content-Type": "application/json", "X-Playground-Admin": "1" };
    return this.#ask(path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(patience) });
  }

  async #json(path) {
    return this.#read(await this.#ask(path, {}));
  }

  async #read(response) {
    try {
      return await response.json();
    } catch {
      throw new Failure("the answer can't be read");
    }
  }

  async #ask(path, options) {
    let response;
    try {
      response = await this.#fetch(path, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...options });
    } catch (error) {
      throw new Failure(error?.name === "TimeoutError" ? "no answer in time" : "no connection");
    }
    if (response.ok) return response;
    throw new Failure(await reason(response), response.status);
  }
}

/** What went wrong, as the server says: {"error": …}, or the status alone. */
async function reason(response) {
  try {
    const { error } = await response.json();
    if (typeof error === "string" && error) return error;
  } catch {
    // not JSON: something in front of the server answered
  }
  return `status ${response.status}`;
}
