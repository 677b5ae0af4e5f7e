package frames

import (
	"sync"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Presence is the frames of one actors.Presence. They are encoded once per protocol, by the first shard
// that needs them. All functions may be called from any goroutine. An empty result means that
// nothing has changed that the protocol carries.
type Presence struct {
	Full   [Protocols]func() []byte // everyone who is here
	Change [Protocols]func() []byte // since the Presence before; in the JSON protocol only the count
	Named  bool                     // the names have changed
	Names  func() []byte            // all names, in the JSON protocol
}

// Presences makes the frames of one actors.Presence after the other.
type Presences struct {
	mu     sync.Mutex
	known  bool
	count  int // of the one before, if known
	people int
}

// Next makes the frames of the next Presence.
func (o *Presences) Next(p *actors.Presence, now func() time.Time) *Presence {
	o.mu.Lock()
	defer o.mu.Unlock()
	counted := !o.known || o.count != p.Count
	crowd := counted || o.people != p.People // the JSON protocol does not tell how many people there are
	o.known, o.count, o.people = true, p.Count, p.People
	named := len(p.Joined)+len(p.Left) > 0
	return &Presence{
		Full: [Protocols]func() []byte{
			Binary: sync.OnceValue(func() []byte { return fullPresence(p) }),
			JSON:   sync.OnceValue(func() []byte { return jsonPresence(p, true, true, now()) }),
		},
		Change: [Protocols]func() []byte{
			Binary: sync.OnceValue(func() []byte { return changedPresence(p, crowd || named) }),
			JSON:   sync.OnceValue(func() []byte { return jsonPresence(p, counted, false, now()) }),
		},
		Named: named,
		Names: sync.OnceValue(func() []byte { return jsonPresence(p, false, true, now()) }),
	}
}

func fullPresence(p *actors.Presence) []byte {
	listed := p.Named[:min(len(p.Named), canvas.MaxListedUsers)]
	m := codec.Presence{Count: uint64(p.Count), People: uint64(p.People), Full: true, Joined: listed}
	return Seal(Binary.OpCode(), codec.AppendPresence(Room(32+32*len(listed)), m))
}

func changedPresence(p *actors.Presence, changed bool) []byte {
	switch {
	case !changed:
		return nil
	case len(p.Joined) > canvas.MaxListedUsers || len(p.Left) > canvas.MaxListedUsers:
		return fullPresence(p)
	}
	m := codec.Presence{Count: uint64(p.Count), People: uint64(p.People), Joined: p.Joined, Left: p.Left}
	return Seal(Binary.OpCode(), codec.AppendPresence(Room(32+32*len(p.Joined)+9*len(p.Left)), m))
}

// jsonPresence is a frame for the count, if count is set, and one for the names, if names is.
func jsonPresence(p *actors.Presence, count, names bool, now time.Time) []byte {
	var frames []byte
	op := JSON.OpCode()
	if count {
		frames = append(frames, Seal(op, codec.AppendJSONStats(Room(80), p.Count, now.UnixMilli()))...)
	}
	if names {
		listed := p.Named[:min(len(p.Named), canvas.MaxListedUsers)]
		frames = append(frames, Seal(op, codec.AppendJSONUserList(Room(64+32*len(listed)), listed, now.UnixMilli()))...)
	}
	return frames
}
