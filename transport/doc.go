// Package transport is the pod's end of every client's connection: it listens, upgrades
// to WebSockets, bounds and decodes what clients send, and writes to each what it is
// shown. It implements actors.Audience (what all viewers are shown) and actors.Outbox
// (what one client is told), and knows nothing of regions but their sequence numbers.
// Names, rates, ops and the pixels themselves are the actors'; the HTTP API is
// transport/api's. cmd/playground opens it.
//
// # Shards
//
// The connections are split among a few shards. A shard is one goroutine that owns its
// connections completely: it reads, decodes, writes and times them, and waits for all of
// them at once (epoll on Linux). So a connection has no lock, no goroutine and no buffer
// of its own while it is idle. Others reach a shard through its inbox alone.
//
// # Fan-out
//
// What happens in a region during a tick is one frame, encoded once per protocol, and all
// connections write the same bytes. The connections of a shard that follow the same
// regions share a group: what is to be written to them is listed once. A shard writes in
// ticks, one system call per connection and tick: at once after a pause, and under load no
// more often than it can afford, so that it never falls behind and only its latency,
// bounded by Config.MaxTick, grows. While it writes, others get their turn: on one core,
// what is drawn now goes to the store meanwhile.
//
// # Slow clients
//
// A connection that has not taken the last tick gets none of the next: it is noted which
// regions it has missed and where it stands in them. When it takes bytes again the
// actors are asked for what leads from there to now, region by region, so that it costs
// the rest of one tick and never more than one region's snapshot.
package transport
