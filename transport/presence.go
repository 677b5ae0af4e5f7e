package transport

import (
	"slices"
	"sync"
	"time"

	"pixelplayground/actors"
	"pixelplayground/codec"
)

// shown is one Presence and its frames, in each protocol encoded once, by the first
// shard that needs them. Empty: nothing that the protocol tells has changed.
type shown struct {
	full   [protocols]func() []byte // who is here; all may be called from any goroutine
	change [protocols]func() []byte // since the one before; the JSON protocol's is the count alone
	named  bool                     // the names have changed
	names  func() []byte            // all of them, in the JSON protocol; likewise
}

// presenceSource makes each Presence into frames.
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
	listed := p.Named[:min(len(p.Named), codec.MaxListedUsers)]
	m := codec.Presence{Count: uint64(p.Count), Full: true, Joined: listed}
	return seal(binaryProtocol.opCode(), codec.AppendPresence(room(32+32*len(listed)), m))
}

func changedPresence(p *actors.Presence, changed bool) []byte {
	switch {
	case !changed:
		return nil
	case len(p.Joined) > codec.MaxListedUsers || len(p.Left) > codec.MaxListedUsers:
		return fullPresence(p)
	}
	m := codec.Presence{Count: uint64(p.Count), Joined: p.Joined, Left: p.Left}
	return seal(binaryProtocol.opCode(), codec.AppendPresence(room(32+32*len(p.Joined)+9*len(p.Left)), m))
}

// jsonPresence is one frame for the count and one for the names, as far as they are told.
func jsonPresence(p *actors.Presence, count, names bool, now time.Time) []byte {
	var frames []byte
	op := jsonProtocol.opCode()
	if count {
		frames = append(frames, seal(op, codec.AppendJSONStats(room(80), p.Count, now.UnixMilli()))...)
	}
	if names {
		listed := p.Named[:min(len(p.Named), codec.MaxListedUsers)]
		frames = append(frames, seal(op, codec.AppendJSONUserList(room(64+32*len(listed)), listed, now.UnixMilli()))...)
	}
	return frames
}

// present shows who is here to everyone who is counted in it.
type present struct {
	shown   *shown
	arrived []actors.ViewerID // those counted for the first time, on any shard
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

// nameList paces the lists of names that JSON clients are told. That protocol has no way to say
// who came: with every change all get all, and in a crowd that gathers that is the cube of
// its size. So the next list waits until this one was worth it.
type nameList struct {
	due bool      // the names have changed since the last list
	at  time.Time // not before
	now bool      // it is time: the next tick takes it along
}

// A shard spends rollRate on lists, in bytes a second, unless a change would have to wait for
// longer than rollLongest: a list of 300 names for 300 clients goes out every seven seconds,
// one of ten for ten with every change.
const (
	nameListRate    = 256 << 10
	nameListLongest = 10 * time.Second
)

// pause is what follows a list of so many bytes to so many clients.
func (l *nameList) pause(bytes, clients int) time.Duration {
	return min(time.Duration(bytes)*time.Duration(clients)*time.Second/nameListRate, nameListLongest)
}

// checkNameList reports whether the next tick must tell the names for which it is time now.
func (s *shard) checkNameList() {
	s.nameList.now = s.nameList.due && s.count[jsonProtocol] > 0 && !s.now.Before(s.nameList.at)
}

// nextNameList is the list, if it is due.
func (s *shard) nextNameList() []byte {
	s.checkNameList()
	if !s.nameList.now {
		return nil
	}
	list := s.shown.names()
	s.nameList = nameList{at: s.now.Add(s.nameList.pause(len(list), s.count[jsonProtocol]))}
	return list
}

// changed is what has changed since the last tick.
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

// newsFor is what a client is to be told about who is here: everything if it has not
// been told yet or has missed a change, else what has changed.
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
