// A server's answers, as small as tests allow.

/** A pod that is well. */
export function member(name, more = {}) {
  return {
    id: `id-${name}`, name, roles: name.startsWith("gateway") ? ["gateway"] : ["canvas"], version: "v1", self: false, answers: true, draining: false, started: 0,
    connections: 0, regions: 0, cpu: 0.1, memory: 100, heap: 50, gc_pause_p99: 0.4, goroutines: 10, store: { ok: true, error: "" },
    pixels_placed: 0, pixels_in: 0, deliveries: 0, messages_in: 0, bytes_out: 0, commit: { p50: 1, p99: 2 }, place_to_ack: { p50: 1, p99: 3 }, kinds: [], ...more,
  };
}

/** A region that is served. */
export function region(number, owner, more = {}) {
  return {
    region: number, x: (number % 4) * 256, y: Math.floor(number / 4) * 256, width: 256, height: 256, owner: owner ? `id-${owner}` : "", state: "serving",
    epoch: 1, seq: 2, rate: 0, viewers: 0, relays: 1, pending: 0, commit: { p50: 1, p99: 2 }, pinned: false, ...more,
  };
}

export function connection(id, name, more = {}) {
  return { id, member: "id-gateway-1", name, user: `u${id}`, since: 0, rate_in: 1, rate_out: 1, bytes_out: 1, lag: 0, ...more };
}

export function event(kind, at, text = kind, more = {}) {
  return { at, kind, node: "gateway-1", text, region: -1, duration: 0, ...more };
}

/** A small cluster that is well: a gateway and two pods with two regions each. */
export function answer(more = {}) {
  return {
    node: "gateway-1", time: 1_000_000, canvas: { width: 1000, height: 600, region: 256 }, users: 1,
    members: [member("gateway-1", { connections: 1, self: true }), member("canvas-2", { regions: 2 }), member("canvas-1", { regions: 2 })],
    regions: [region(0, "canvas-1"), region(1, "canvas-1"), region(4, "canvas-2"), region(5, "canvas-2")],
    connections: [connection("3f", "Ada")], events: [], ...more,
  };
}
