package transport

import (
	"strconv"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

// rulebook is what the transport asks the rules; *rules.Rules is one.
type rulebook interface {
	Version() uint64
	Banned(who rules.Who, now time.Time) *rules.Act
	Shadowed(who rules.Who, now time.Time) bool
	Role(who rules.Who) canvas.Role
	Appeal() string
}

// Ruled sends away whom the rules ban, and tells all others that the rules have changed.
func (s *Server) Ruled(now *rules.Rules, announced string) { s.ruled(now, announced) }

func (s *Server) ruled(now rulebook, announced string) {
	s.rules.Store(&now) // first: whoever connects from now on is judged by these
	for _, shard := range s.shards {
		shard.inbox.Post(ruled{})
	}
	if announced != "" {
		s.Announce(announced)
	}
}

// ruled tells a shard that there are new rules.
type ruled struct{}

func (ruled) run(s *shard) { s.ruling.begin(len(s.conns)) }

// ruling is what a shard has still to do since the rules have changed. It has many connections, so it
// does that bit by bit, from the last to the first: a connection that leaves its place meanwhile is
// replaced by the last one, which has had its turn or still has its own place before it.
type ruling struct {
	unchecked int  // conns[:unchecked] have not been compared with the rules
	again     bool // the rules have changed since that began

	untold int // conns[:untold] have not been told
	due    bool
	at     time.Time // the earliest time to begin telling
	both   [frames.Protocols][]byte
}

// A turn of a shard compares so many connections with the rules: some milliseconds. So 19,000 take it a
// few turns, between which it does everything else. A tick tells so many of them.
const (
	checksAtOnce = 4096
	tellsAtOnce  = 1024
	// tellPause is how long it is at least from one telling to the next: whoever decides much at once
	// must not keep all shards busy, and clients only ask for the last version.
	tellPause = time.Second
)

func (r *ruling) begin(conns int) {
	r.due = true
	if r.unchecked > 0 { // to begin anew each time would never end
		r.again = true
		return
	}
	r.unchecked = conns
}

// next is when the shard has to go on with it; zero: there is nothing to do.
func (r *ruling) next(now time.Time) time.Time {
	switch {
	case r.unchecked > 0:
		return now
	case r.due && r.untold == 0:
		return r.at
	}
	return time.Time{}
}

// enforce does a part of what the rules ask for: at most so many connections are compared with them. The
// rest is done by the next turns and ticks.
func (s *shard) enforce(most int) {
	defer s.rescueAll()
	r := &s.ruling
	r.unchecked = min(r.unchecked, len(s.conns))
	for n := 0; n < most && r.unchecked > 0; n++ {
		r.unchecked--
		s.attempt(s.conns[r.unchecked], (*shard).judge)
	}
	if r.unchecked == 0 && r.again {
		r.again, r.unchecked = false, len(s.conns)
	}
	if r.due && r.untold == 0 && !s.now.Before(r.at) {
		r.due, r.untold, r.at = false, len(s.conns), s.now.Add(tellPause)
		r.both = s.server.rulesNotice()
	}
}

// judge closes a connection of somebody whom the rules ban, and notes whether they shadow them. Who that is
// must be certain.
func (s *shard) judge(c *conn) {
	if c.state >= closing || s.unsaid(c) {
		return
	}
	in, now := *s.server.rules.Load(), s.server.cfg.Now()
	if in.Version() == 0 {
		return
	}
	v := s.visitors[c.id]
	who := v.who()
	if act := in.Banned(who, now); act != nil {
		s.failFor(c, codec.CloseBanned, asciiOnly(banReason(act, in.Appeal(), frames.MaxReason)))
		return
	}
	if v.subject != (canvas.Subject{}) && v.kind != canvas.Program {
		s.shadow(c, v.subject, in.Shadowed(who, now))
	}
}

// tellRules marks the next clients for being told, in this tick.
func (s *shard) tellRules() {
	r := &s.ruling
	r.untold = min(r.untold, len(s.conns))
	for n := 0; n < tellsAtOnce && r.untold > 0; n++ {
		r.untold--
		if c := s.conns[r.untold]; c.state == live || c.state == joining {
			s.tell(c, r.both[c.protocol])
		}
	}
}

// welcomeToRules tells a client that has just been welcomed which rules there are, if it says that it knows
// of any: it may have missed that they have changed.
func (s *shard) welcomeToRules(c *conn) {
	if c.knows > 0 && (*s.server.rules.Load()).Version() > 0 {
		s.tell(c, s.server.rulesNotice()[c.protocol])
	}
}

// Clients that show the rules, or templates, ask for them within a time in which a server can answer all: it answers
// askRate a second, and the last is not to wait for longer than longestSpread.
const (
	askRate       = 2000
	longestSpread = 10 * time.Second
)

// spread is within which time clients are to ask for what has changed.
func (s *Server) spread() time.Duration {
	return min(time.Duration(s.counters.Connections.Load())*time.Second/askRate, longestSpread)
}

// rulesNotice says which rules there are now.
func (s *Server) rulesNotice() [frames.Protocols][]byte {
	version := (*s.rules.Load()).Version()
	spread := s.spread()
	m := codec.Notice{Code: codec.NoticeRules, Text: strconv.FormatUint(version, 10), Retry: spread}
	return [frames.Protocols][]byte{
		frames.Binary: frames.Seal(frames.Binary.OpCode(), codec.AppendNotice(frames.Room(64), m)),
		frames.JSON:   frames.Seal(frames.JSON.OpCode(), codec.AppendJSONRules(frames.Room(96), version, spread, s.cfg.Now().UnixMilli())),
	}
}

// banReason says to the banned which act it was, why, until when, and where they may turn to, in at most
// so many bytes. If that is too long, the reason is cut: the rest tells whom to ask for it.
func banReason(act *rules.Act, appeal string, most int) string {
	text := "act " + strconv.FormatUint(act.N, 10)
	rest := ""
	if act.Until > 0 {
		rest += ", until " + time.UnixMilli(act.Until).UTC().Format("2006-01-02 15:04 UTC")
	}
	if appeal != "" {
		rest += "; appeal: " + appeal
	}
	if act.Why == "" {
		return text + rest
	}
	why := ": " + act.Why
	const dots = "..."
	if room := most - len(text) - len(rest); len(why) > room {
		why = why[:max(room-len(dots), 0)] + dots
		if room < len(dots)+len(": x") { // no word of it would be left
			why = ""
		}
	}
	return text + why + rest
}

// who is a visitor as the rules know them.
func (v visitor) who() rules.Who {
	user := v.user
	if user == 0 {
		user = v.as
	}
	who := rules.Who{User: user, Known: v.user != 0, Owner: v.owner, Network: v.place, Role: v.role, Most: v.most}
	if v.from.IsValid() {
		who.Address = v.from.As16()
	}
	return who
}
