package transport

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

// What operators can see and do. Each shard answers for its own connections.

// usage counts what a connection has done since it was opened. in and out wrap around.
type usage struct {
	in    uint32 // messages
	out   uint32 // pixels
	bytes uint64 // written
}

// lastReport is usage at the last look, for rates.
type lastReport struct {
	usage
	at moment
}

// lookAgain is how long a shard remembers a look. While an operator watches, there is a look
// every second.
const lookAgain = 5 * time.Second

// Connections returns the worst connections: those that have been behind for longest, then
// the busiest. If only is not nil, it considers just those viewers. When ctx ends it returns what it
// has.
func (s *Server) Connections(ctx context.Context, worst int, only []canvas.ViewerID) (list []message.ConnectionReport) {
	if s.host == nil {
		return nil // never opened
	}
	answers := make(chan []message.ConnectionReport, len(s.shards)) // one from each
	waiting := 0
	for _, shard := range s.shards {
		if shard.inbox.Post(reportConns{worst, only, answers}) {
			waiting++
		}
	}
	for ; waiting > 0; waiting-- {
		select {
		case some := <-answers:
			list = append(list, some...)
		case <-ctx.Done():
			return worstOf(list, worst)
		}
	}
	return worstOf(list, worst)
}

func worstOf(list []message.ConnectionReport, worst int) []message.ConnectionReport {
	busy := func(c message.ConnectionReport) float64 { return float64(c.In+c.Out) / max(c.Over.Seconds(), 1) }
	slices.SortFunc(list, func(a, b message.ConnectionReport) int {
		return cmp.Or(cmp.Compare(b.Lag, a.Lag), cmp.Compare(busy(b), busy(a)), cmp.Compare(a.Viewer, b.Viewer))
	})
	return list[:min(len(list), worst)]
}

// reportConns asks a shard for its worst connections.
type reportConns struct {
	worst   int
	only    []canvas.ViewerID
	answers chan<- []message.ConnectionReport // has room for the answer
}

func (m reportConns) run(s *shard) {
	var list []message.ConnectionReport
	for _, c := range s.conns {
		if c.state == live && (m.only == nil || slices.Contains(m.only, c.id)) {
			list = append(list, s.describe(c))
		}
	}
	if now := s.moment(); s.looks == nil || s.since(s.looksAt) > time.Second { // rates cover a second at least
		s.looks, s.looksAt = make(map[canvas.ViewerID]lastReport, len(s.conns)), now
		for _, c := range s.conns {
			s.looks[c.id] = lastReport{c.used, now}
		}
	}
	m.answers <- worstOf(list, m.worst)
}

func (s *shard) describe(c *conn) message.ConnectionReport {
	before := s.looks[c.id]
	if before.at == 0 {
		before.at = c.since
	}
	r := message.ConnectionReport{
		Viewer: c.id, Since: s.server.cfg.Now().Add(-s.since(c.since)).UnixMilli(), In: int(c.used.in - before.in), Out: int(c.used.out - before.out),
		BytesOut: int(c.used.bytes), Over: s.since(before.at), Waiting: int(c.credit.unhandled.Load()),
	}
	if c.backlog != nil {
		r.Lag = max(s.since(c.backlog.began), time.Millisecond)
	}
	return r
}

// forgetLooks frees the last look if nobody has looked for a while.
func (s *shard) forgetLooks() {
	if s.looks != nil && s.since(s.looksAt) > lookAgain {
		s.looks = nil
	}
}

// Viewers is how many connections follow each region.
func (s *Server) Viewers() []int {
	viewers := make([]int, len(s.following))
	for i := range s.following {
		viewers[i] = int(s.following[i].Load())
	}
	return viewers
}

// ErrNoConnection says that a connection has gone, or never was.
var ErrNoConnection = errors.New("there is no such connection: it may have gone")

// Disconnect closes a connection for an operator. Its client does not reconnect by itself.
func (s *Server) Disconnect(ctx context.Context, v canvas.ViewerID) error {
	done := make(chan bool, 1) // sent to once
	if s.host == nil || !s.shardOf(v).inbox.Post(kick{v, done}) {
		return ErrNoConnection
	}
	select {
	case known := <-done:
		if !known {
			return ErrNoConnection
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type kick struct {
	viewer canvas.ViewerID
	done   chan<- bool // has room for the answer
}

func (m kick) run(s *shard) {
	c := s.byID[m.viewer]
	known := c != nil && c.state < closing
	if known {
		s.fail(c, codec.CloseKicked)
	}
	m.done <- known
}

func (m kick) owner(s *shard) *conn { return s.byID[m.viewer] }

// Announce shows a line to every client.
func (s *Server) Announce(text string) {
	both := [frames.Protocols][]byte{
		frames.Binary: frames.Seal(frames.Binary.OpCode(), codec.AppendNotice(frames.Room(64+len(text)), codec.Notice{Code: codec.NoticeAnnouncement, Text: text})),
		frames.JSON:   frames.Seal(frames.JSON.OpCode(), codec.AppendJSONAnnouncement(frames.Room(64+2*len(text)), text, s.cfg.Now().UnixMilli())),
	}
	s.tellAll(both)
}

// TellOfTemplates tells every client that the server lists other templates. The JSON protocol has no word for that.
func (s *Server) TellOfTemplates() {
	m := codec.Notice{Code: codec.NoticeTemplates, Retry: s.spread()}
	s.tellAll([frames.Protocols][]byte{frames.Binary: frames.Seal(frames.Binary.OpCode(), codec.AppendNotice(frames.Room(64), m))})
}

// tellAll sends every client a frame of its protocol; nil: nothing.
func (s *Server) tellAll(both [frames.Protocols][]byte) {
	for _, shard := range s.shards {
		shard.inbox.Post(announce{both})
	}
}

type announce struct{ both [frames.Protocols][]byte }

func (m announce) run(s *shard) {
	for _, c := range s.conns {
		if text := m.both[c.protocol]; text != nil && (c.state == live || c.state == joining) {
			s.tell(c, text)
		}
	}
}
