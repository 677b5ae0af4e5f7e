package transport

import (
	"slices"
	"sync"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// shown is the frames of one Presence. They are encoded once per protocol, by the first shard
// that needs them. All functions may be called from any goroutine. An empty result means that
// nothing has changed that the protocol carries.
type shown struct {
	full   [protocols]func() []byte // everyone who is here
	change [protocols]func() []byte // since the Presence before; in the JSON protocol only the count
	named  bool                     // the names have changed
	names  func() []byte            // all names, in the JSON protocol
}

// presenceSource makes frames of each Presence.
type presenceSource struct {
	mu    sync.Mutex
	known bool
	count int // of the one before, if known
}

func (o *presenceSource) next(p *actors.Presence, now func() time.Time) *shown {
	o.mu.Lock()
	defer o.mu.Unlock()
	counted := !o.known || o.count != p.Count
	o.known, o.count = true, p.Count
	named := len(p.Joined)+len(p.Left) > 0
	return &shown{
		full: [protocols]func() []byte{
			binaryProtocol: sync.OnceValue(func() []byte { return fullPresence(p) }),
			jsonProtocol:   sync.OnceValue(func() []byte { return jsonPresence(p, true, true, now()) }),
		},
		change: [protocols]func() []byte{
			binaryProtocol: sync.OnceValue(func() []byte { return changedPresence(p, counted || named) }),
			jsonProtocol:   sync.OnceValue(func() []byte { return jsonPresence(p, counted, false, now()) }),
		},
		named: named,
		names: sync.OnceValue(func() []byte { return jsonPresence(p, false, true, now()) }),
	}
}

func fullPresence(p *actors.Presence) []byte {
	listed := p.Named[:min(len(p.Named), canvas.MaxListedUsers)]
	m := codec.Presence{Count: uint64(p.Count), Full: true, Joined: listed}
	return seal(binaryProtocol.opCode(), codec.AppendPresence(room(32+32*len(listed)), m))
}

func changedPresence(p *actors.Presence, changed bool) []byte {
	switch {
	case !changed:
		return nil
	case len(p.Joined) > canvas.MaxListedUsers || len(p.Left) > canvas.MaxListedUsers:
		return fullPresence(p)
	}
	m := codec.Presence{Count: uint64(p.Count), Joined: p.Joined, Left: p.Left}
	return seal(binaryProtocol.opCode(), codec.AppendPresence(room(32+32*len(p.Joined)+9*len(p.Left)), m))
}

// jsonPresence is a frame for the count, if count is set, and one for the names, if names is.
func jsonPresence(p *actors.Presence, count, names bool, now time.Time) []byte {
	var frames []byte
	op := jsonProtocol.opCode()
	if count {
		frames = append(frames, seal(op, codec.AppendJSONStats(room(80), p.Count, now.UnixMilli()))...)
	}
	if names {
		listed := p.Named[:min(len(p.Named), canvas.MaxListedUsers)]
		frames = append(frames, seal(op, codec.AppendJSONUserList(room(64+32*len(listed)), listed, now.UnixMilli()))...)
	}
	return frames
}

// present shows a Presence to every client that is counted in it.
type present struct {
	shown   *shown
	arrived []canvas.ViewerID // viewers that it is the first to count, on any shard
}

func (m present) run(s *shard) {
	s.shown = m.shown
	for _, v := range m.arrived {
		if c := s.byID[v]; c != nil {
			c.counted = true
		}
	}
	if len(s.conns) > 0 {
		s.changes = append(s.changes, m.shown)
		s.nameList.due = s.nameList.due || m.shown.named
	}
}

// nameList paces the lists of names that JSON clients are sent. The JSON protocol can't say
// who came, so with every change all clients are sent all names. While a crowd gathers, that
// would grow with the cube of its size. So after a list there is a pause according to what it cost.
type nameList struct {
	due bool      // the names have changed since the last list
	at  time.Time // the earliest time of the next list
	now bool      // it is time: the next tick sends the list
}

// A shard spends nameListRate bytes a second on lists, or more if a change would otherwise have
// to wait for longer than nameListLongest. For example, a list of 300 names for 300 clients is sent
// every seven seconds, one of ten names for ten clients with every change.
const (
	nameListRate    = 256 << 10
	nameListLongest = 10 * time.Second
)

// pause is how long to wait after a list of so many bytes to so many clients.
func (l *nameList) pause(bytes, clients int) time.Duration {
	return min(time.Duration(bytes)*time.Duration(clients)*time.Second/nameListRate, nameListLongest)
}

// checkNameList notes whether it is time for the next tick to send the list.
func (s *shard) checkNameList() {
	s.nameList.now = s.nameList.due && s.count[jsonProtocol] > 0 && !s.now.Before(s.nameList.at)
}

// nextNameList is the list, if it is time for one.
func (s *shard) nextNameList() []byte {
	s.checkNameList()
	if !s.nameList.now {
		return nil
	}
	list := s.shown.names()
	s.nameList = nameList{at: s.now.Add(s.nameList.pause(len(list), s.count[jsonProtocol]))}
	return list
}

// changed is the frames of what has changed about who is here since the last tick.
func (s *shard) changed(p protocol) []byte {
	var frames []byte
	for _, change := range s.changes {
		if frames == nil {
			frames = slices.Clip(change.change[p]())
		} else {
			frames = append(frames, change.change[p]()...)
		}
	}
	if p == jsonProtocol {
		frames = append(frames, s.nextNameList()...)
	}
	return frames
}

// newsFor is what a client is to be sent about who is here: everything if it has been sent
// nothing yet or has missed a change, and otherwise what has changed.
func (s *shard) newsFor(c *conn) []byte {
	switch {
	case c.state != live || !c.counted || s.shown == nil:
		return nil
	case c.stale:
		c.stale = false
		return s.shown.full[c.protocol]()
	}
	return s.news[c.protocol]
}
