package metrics

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
	"pixelplayground/transport/stats"
)

// actors adds all of telemetry.Stats.
func (r register) actors(stats *telemetry.Stats) {
	for _, k := range message.Kinds() {
		labels := prometheus.Labels{"kind": k.String()}
		r.gauge("actors", "Actors alive on this node.", labels, func() float64 { return float64(stats.Live[k].Load()) })
		r.count("actor_messages_total", "Messages handled by actors.", labels, &stats.Messages[k])
		r.count("actor_unhandled_messages_total", "Messages that an actor had no case for: a fault of the program.", labels, &stats.Unhandled[k])
		r.count("actor_restarts_total", "Actors restarted after a panic.", labels, &stats.Restarts[k])
		r.count("dead_letters_total", "Messages to actors that were gone.", labels, &stats.DeadLetters[k])
	}
	r.count("dead_letters_total", "Messages to actors that were gone.", prometheus.Labels{"kind": "other"}, &stats.Strays)

	r.count("ops_accepted_total", "Ops that passed the checks of rate and bounds.", nil, &stats.Placed)
	r.count("pixels_accepted_total", "Pixels of these ops.", nil, &stats.Dots)
	for why := canvas.RefusedRate; why <= canvas.LastRefusal; why++ {
		r.count("ops_refused_total", "Ops refused, by reason.", prometheus.Labels{"reason": why.String()}, &stats.Refused[why])
	}
	const leases, leasesHelp = "allowance_leases_total", "Questions for pixels of people's allowances that this node has answered."
	r.count(leases, leasesHelp, prometheus.Labels{"answer": "granted"}, &stats.Leases)
	r.count(leases, leasesHelp, prometheus.Labels{"answer": "refused"}, &stats.NotLeased)
	r.count("allowances_unsure_total", "Allowances that counted as used up, since another node, this node or the store may have lost what was left of them.", nil, &stats.Unsure)
	r.count("ops_deduplicated_total", "Ops received again after a reconnect or handoff, and not applied again.", nil, &stats.Deduped)
	r.count("pixels_committed_total", "Pixels made durable by this node's regions.", nil, &stats.Pixels)
	r.count("commits_total", "Batches made durable by this node's regions.", nil, &stats.Batches)
	r.count("store_retries_total", "Calls to the store that failed and were tried again.", nil, &stats.Outages)
	r.gauge("standing_aside", "1 while other nodes own this node's regions because its store takes no commits and theirs do; also 1 from the start until its store has answered once.", nil, func() float64 { return float64(stats.Aside.Load()) })
	r.count("stood_aside_total", "Times that this node began to stand aside.", nil, &stats.StoodAside)
	r.count("store_damages_total", "Times that the store was found to have lost a part of a region.", nil, &stats.Damaged)
	r.count("store_mended_total", "Times that a damaged store was repaired, completely or with what was left.", nil, &stats.Mended)
	r.count("record_failures_total", "Writes of the record that failed and were tried again.", nil, &stats.RecordFailures)
	r.count("record_faults_total", "Writes of the record that made the server's own code fail: they should be reported.", nil, &stats.RecordFaults)
	if waiting := stats.Unrecorded; waiting != nil {
		r.gauge("record_waiting_pixels", "Pixels of this node's regions that wait to be recorded.", nil, func() float64 {
			pixels, _ := waiting()
			return float64(pixels)
		})
		r.gauge("record_waiting_seconds", "How long the oldest of them has waited.", nil, func() float64 {
			_, oldest := waiting()
			return oldest.Seconds()
		})
	}
	r.count("region_claims_total", "Claims of regions by this node.", nil, &stats.Claims)
	r.count("region_claims_lost_total", "Claims lost to another owner.", nil, &stats.Fenced)
	r.count("regions_yielded_total", "Regions handed over to other nodes.", nil, &stats.Yielded)
	r.gauge("regions", "Regions that this node owns and has claimed.", nil, func() float64 { return float64(stats.Serving.Load()) })
	r.gauge("region_epoch", "Highest epoch that this node has claimed a region under.", nil, func() float64 { return float64(stats.Epoch.Load()) })
	r.count("relays_dropped_total", "Relays dropped because too much was under way to them; they resynchronise.", nil, &stats.Lagging)
	r.count("rests_doubted_total", "Relays and regions between which nothing happened that looked after each other again, because their nodes disagreed about them or one was silent.", nil, &stats.Doubted)
	const resyncs, resyncsHelp = "resyncs_total", "Viewers brought up to date, with what they had missed or with a snapshot."
	r.count(resyncs, resyncsHelp, prometheus.Labels{"with": "delta"}, &stats.Resumes)
	r.count(resyncs, resyncsHelp, prometheus.Labels{"with": "snapshot"}, &stats.Snapshots)

	// The buckets reach from a commit on a fast disk to 8 s, which is longer than any patience.
	const fast = 500 * time.Microsecond
	stats.Commit = r.traced("commit_duration_seconds", "Time of one commit to the store.", fast)
	stats.PlaceToAck = r.traced("place_to_ack_duration_seconds", "Time from an op's arrival at its connection to its acknowledgement.", fast)
}

// sockets adds all of stats.Counters.
func (r register) sockets(c *stats.Counters) {
	load := func(v *atomic.Int64) func() float64 { return func() float64 { return float64(v.Load()) } }
	r.gauge("connections", "WebSockets open on this node.", nil, load(&c.Connections))
	r.gauge("connections_by_protocol", "WebSockets open on this node whose protocol is known.", prometheus.Labels{"protocol": "msgpack"}, load(&c.Binary))
	r.gauge("connections_by_protocol", "WebSockets open on this node whose protocol is known.", prometheus.Labels{"protocol": "json"}, load(&c.JSON))
	r.count("tcp_connections_total", "TCP connections accepted.", nil, &c.Accepted)
	r.count("handshakes_total", "Handshakes that made a WebSocket.", nil, &c.Upgraded)
	r.tally("handshakes_refused_total", "Handshakes that made none and requests that found no place, by reason.", "reason", func(count func(string, int64)) {
		for reason, n := range c.Refused.All() {
			count(reason, n)
		}
	})
	r.tally("connections_evicted_total", "Connections that were no WebSockets and were closed to make room for others, by what they did.", "did", func(count func(string, int64)) {
		for did, n := range c.Evicted.All() {
			count(did, n)
		}
	})
	r.tally("connections_closed_total", "WebSockets closed, by the code sent: 1000 the client closed, 1006 it vanished.", "code", func(count func(string, int64)) {
		for code, n := range c.Closes.All() {
			count(strconv.Itoa(int(code)), n)
		}
	})
	r.count("messages_received_total", "Messages from clients.", nil, &c.MessagesIn)
	r.count("received_bytes_total", "Bytes read from WebSockets.", nil, &c.BytesIn)
	r.count("sent_bytes_total", "Bytes written to WebSockets.", nil, &c.BytesOut)
	r.count("socket_writes_total", "System calls that wrote to WebSockets.", nil, &c.Writes)
	r.count("pixels_shown_total", "Pixels times the connections they were written to.", nil, &c.Pixels)
	r.gauge("connections_behind", "WebSockets that have not taken all that was written to them.", nil, load(&c.Behind))
	r.count("slow_writes_total", "Times a connection did not take all that was written to it.", nil, &c.Slow)
	r.count("frames_withheld_total", "Times frames were withheld from a slow connection, to be merged.", nil, &c.Lagged)
	r.count("resyncs_asked_total", "Regions that connections asked to be brought up to date in.", nil, &c.Resyncs)
	r.count("resyncs_delayed_total", "Times a region that a client asked for had to wait, since its connection or network had drawn much.", nil, &c.Waits)
	r.count("batches_dropped_total", "Batches that found a shard too far behind, and were replaced by resyncs.", nil, &c.Dropped)
	r.count("reads_throttled_total", "Times a connection was not read from because its messages waited.", nil, &c.Throttled)
	r.count("reads_starved_total", "Times a connection was not read from because unfinished messages held too much memory.", nil, &c.Starved)
	r.count("faults_total", "Faults of the server that were caught: each cost a connection, or a shard's connections, and should be reported.", nil, &c.Faults)
	r.count("write_rounds_total", "Rounds of writing, each to a part of the connections.", nil, &c.Ticks)
	r.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Namespace: namespace, Name: "write_rounds_cpu_seconds_total", Help: "Processor time of all rounds of writing; 0 where the system does not tell."},
		func() float64 { return float64(c.TickCPU.Load()) / 1e9 }))
	c.Tick = r.seconds("fan_out_duration_seconds", "How long the first of the pixels that a round of writing shows had waited for it.", 50*time.Microsecond)
	r.gauge("write_round_seconds", "Time that the last round of writing took.", nil, func() float64 { return float64(c.TickNanos.Load()) / 1e9 })
}
