package frames

import (
	"slices"

	"pixelplayground/actors/canvas"
)

// Due is what is to be written in the next tick.
type Due struct {
	From   canvas.Mark // the viewer's position before it
	Pixels *Pixels     // a batch; nil: it is a frame
	Ahead  uint64      // by how many pixels the viewer's numbers were ahead of From: see transport's own_pixels.go
	Frame  []byte      // set if Pixels is nil: an encoded snapshot, or the message that nothing was missed
}

// Size is about how many bytes it takes when written.
func (d *Due) Size(p Protocol) int {
	if d.Pixels == nil {
		return len(d.Frame)
	}
	return d.Pixels.Size(p)
}

// Merges makes one frame of everything that happened in a region during a tick. On a busy
// canvas a region commits many times in a tick, and each frame costs its recipients more than its
// pixels do. What is merged for one group or connection is reused for the others in the same tick.
type Merges struct {
	made map[mergeKey][]byte // in this tick: frames of the binary protocol

	// During Frames.
	merger  canvas.Merger
	merging []*canvas.Batch
	groups  []mergeGroup
	open    []int32 // by region: 1 + the index of its last group; 0: none
}

type mergeKey struct {
	region canvas.RegionID
	from   uint64
	to     canvas.Position
}

// mergeGroup is consecutive batches of one region, or else a single frame.
type mergeGroup struct {
	all   []*Pixels
	frame []byte
}

// NewMerges makes one for a canvas.
func NewMerges(g canvas.Geometry) Merges {
	return Merges{made: make(map[mergeKey][]byte), open: make([]int32, g.Regions())}
}

// Frames appends the frames of what is due. Regions come in the order of their first due, and
// what is due of one region keeps its order.
func (m *Merges) Frames(dst [][]byte, p Protocol, all []Due) [][]byte {
	for i := range all {
		m.add(&all[i], p)
	}
	for i := range m.groups {
		g := &m.groups[i]
		switch {
		case g.frame != nil:
			dst = append(dst, g.frame)
		case len(g.all) == 1:
			dst = append(dst, g.all[0].Encoded[p]())
		default:
			dst = append(dst, m.merged(g.all))
		}
		clear(g.all)
		g.all, g.frame = g.all[:0], nil
	}
	for i := range all {
		m.open[all[i].From.Region] = 0
	}
	m.groups = m.groups[:0]
	return dst
}

// Forget ends a tick: what was merged in it is not needed any more.
func (m *Merges) Forget() { clear(m.made) }

func (m *Merges) add(d *Due, p Protocol) {
	open := &m.open[d.From.Region]
	if p == Binary && d.Pixels != nil && *open > 0 { // the JSON protocol has a message with a time for every pixel
		g := &m.groups[*open-1]
		if n := len(g.all); n > 0 && g.all[n-1].Batch.To == d.Pixels.Batch.From {
			g.all = append(g.all, d.Pixels)
			return
		}
	}
	if len(m.groups) < cap(m.groups) {
		m.groups = m.groups[:len(m.groups)+1] // reuses the memory of an earlier group
	} else {
		m.groups = append(m.groups, mergeGroup{})
	}
	g := &m.groups[len(m.groups)-1]
	if d.Pixels != nil {
		g.all = append(g.all, d.Pixels)
	} else {
		g.frame = d.Frame
	}
	*open = int32(len(m.groups))
}

// merged is one frame of several batches.
func (m *Merges) merged(all []*Pixels) []byte {
	last := all[len(all)-1].Batch
	alone := slices.ContainsFunc(all, func(p *Pixels) bool { return p.Alone }) // its positions may be others' too
	key := mergeKey{last.Region, all[0].Batch.From, last.Position()}
	if made := m.made[key]; made != nil && !alone {
		return made
	}
	for _, p := range all {
		m.merging = append(m.merging, p.Batch)
	}
	made := pixelsFrame(m.merger.Merge(m.merging))
	clear(m.merging)
	m.merging = m.merging[:0]
	if !alone {
		m.made[key] = made
	}
	return made
}
