package transport

import (
	"slices"

	"pixelplayground/actors/canvas"
)

// due is what is to be written in the next tick.
type due struct {
	from   canvas.Mark // the viewer's position before it
	pixels *pixels     // a batch; nil: it is a frame
	frame  []byte      // if pixels is nil: a snapshot, or the message that nothing was missed
}

// size is about how many bytes it takes when written.
func (d *due) size(p protocol) int {
	if d.pixels == nil {
		return len(d.frame)
	}
	return d.pixels.size(p)
}

// maxVector is how many frames are written without being copied. If there are more, they are first
// copied into one piece, which costs less than handling each of them in every connection's
// system call. It also keeps the whole write within 8 pieces, for which unix.Writev does not
// allocate.
const maxVector = 4

// appendDue appends the frames of what is due to a vector, and counts their pixels.
func (s *shard) appendDue(vector [][]byte, p protocol, all []due) ([][]byte, int) {
	pixels := 0
	for i := range all {
		if all[i].pixels != nil {
			pixels += all[i].pixels.count
		}
	}
	frames := s.merges.frames(s.frames[:0], p, all)
	s.frames = frames
	if len(frames) <= maxVector {
		vector = append(vector, frames...)
	} else {
		vector = append(vector, slices.Concat(frames...))
	}
	clear(frames)
	return vector, pixels
}

// merges makes one frame of everything that happened in a region during a tick. On a busy
// canvas a region commits many times in a tick, and each frame costs its recipients more than its
// pixels do. What is merged for one group or connection is reused for the others in the same tick.
type merges struct {
	geometry canvas.Geometry
	made     map[mergeKey]*pixels // in this tick

	// During frames.
	groups []mergeGroup
	open   []int32 // by region: 1 + the index of its last group; 0: none
}

type mergeKey struct {
	region canvas.RegionID
	from   uint64
	to     canvas.Position
}

// mergeGroup is consecutive batches of one region, or else a single frame.
type mergeGroup struct {
	all   []*pixels
	frame []byte
}

func newMerges(g canvas.Geometry) merges {
	return merges{geometry: g, made: make(map[mergeKey]*pixels), open: make([]int32, g.Regions())}
}

// frames appends the frames of what is due. Regions come in the order of their first due, and
// what is due of one region keeps its order.
func (m *merges) frames(frames [][]byte, p protocol, all []due) [][]byte {
	for i := range all {
		m.add(&all[i], p)
	}
	for i := range m.groups {
		g := &m.groups[i]
		if g.frame != nil {
			frames = append(frames, g.frame)
		} else {
			frames = append(frames, m.merged(g.all).encoded[p]())
		}
		clear(g.all)
		g.all, g.frame = g.all[:0], nil
	}
	for i := range all {
		m.open[all[i].from.Region] = 0
	}
	m.groups = m.groups[:0]
	return frames
}

func (m *merges) add(d *due, p protocol) {
	open := &m.open[d.from.Region]
	if p == binaryProtocol && d.pixels != nil && *open > 0 { // the JSON protocol has a message with a time for every pixel
		g := &m.groups[*open-1]
		if n := len(g.all); n > 0 && g.all[n-1].batch.To == d.pixels.batch.From {
			g.all = append(g.all, d.pixels)
			return
		}
	}
	if len(m.groups) < cap(m.groups) {
		m.groups = m.groups[:len(m.groups)+1] // reuses the memory of an earlier group
	} else {
		m.groups = append(m.groups, mergeGroup{})
	}
	g := &m.groups[len(m.groups)-1]
	if d.pixels != nil {
		g.all = append(g.all, d.pixels)
	} else {
		g.frame = d.frame
	}
	*open = int32(len(m.groups))
}

func (m *merges) merged(all []*pixels) *pixels {
	last := all[len(all)-1].batch
	if len(all) == 1 {
		return all[0]
	}
	key := mergeKey{last.Region, all[0].batch.From, last.Position()}
	if made := m.made[key]; made != nil {
		return made
	}
	batches := make([]*canvas.Batch, len(all))
	for i, p := range all {
		batches[i] = p.batch
	}
	made := newPixels(canvas.Merge(batches), m.geometry)
	m.made[key] = made
	return made
}
