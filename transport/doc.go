// Package transport is the pod's end of every client's connection. It bounds and decodes what
// clients send, and writes to each client what it is shown. It implements actors.Audience (what
// all viewers are shown) and actors.Outbox (what one client is told). All it knows about regions
// is their sequence numbers: names, rates, ops and the pixels themselves belong to the actors.
// What comes before the WebSocket is in transport/upgrade, the frames themselves are in
// transport/frames, and the HTTP API is in transport/api. cmd/playground opens the transport.
//
// # Shards
//
// The connections are split among a few shards. A shard is one goroutine that owns its
// connections completely: it reads, decodes, writes and times them, and waits for all of
// them at once (epoll on Linux). So a connection has no lock, and no goroutine or buffer
// of its own while it is idle. Other goroutines reach a shard only through its inbox.
//
// # Fan-out
//
// What happens in a region during a tick is one frame, encoded once per protocol, and all
// connections write the same bytes. The connections of a shard that follow the same
// regions share a group: what is to be written to them is listed once. A shard writes in
// ticks, one system call per connection and tick. After a pause it writes at once. Under load
// it writes no more often than it can afford, so it never falls behind: only its latency
// grows, bounded by Config.MaxTick. While a shard writes, it lets other goroutines run, so
// that even on one core new pixels go to the store meanwhile.
//
// # Slow clients
//
// A connection that has not taken all of the last tick gets nothing of the next. The shard
// notes which regions it has missed and its position in each. When it takes bytes again, the
// shard asks the actors for what leads from there to now, region by region. So a slow
// connection costs memory for the rest of one tick and at most one region's snapshot.
package transport
