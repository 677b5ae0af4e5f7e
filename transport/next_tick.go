package transport

import (
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/frames"
)

// due is what is to be written in the next tick.
type due struct {
	from   canvas.Mark    // the viewer's position before it
	pixels *frames.Pixels // a batch; nil: it is a frame
	frame  []byte         // set if pixels is nil: an encoded snapshot, or the message that nothing was missed
}

// size is about how many bytes it takes when written.
func (d *due) size(p frames.Protocol) int {
	if d.pixels == nil {
		return len(d.frame)
	}
	return d.pixels.Size(p)
}

// maxVector is how many frames are written without being copied. If there are more, they are first
// copied into one piece, which costs less than handling each of them in every connection's
// system call. It also keeps the whole write within 8 pieces, for which unix.Writev does not
// allocate.
const maxVector = 4

// appendDue appends the frames of what is due to a vector, and counts their pixels.
func (s *shard) appendDue(vector [][]byte, p frames.Protocol, all []due) ([][]byte, int) {
	pixels := 0
	for i := range all {
		if all[i].pixels != nil {
			pixels += all[i].pixels.Count
		}
	}
	merged := s.merges.frames(s.merged[:0], p, all)
	s.merged = merged
	if len(merged) <= maxVector {
		vector = append(vector, merged...)
	} else {
		vector = append(vector, slices.Concat(merged...))
	}
	clear(merged)
	return vector, pixels
}

// merges makes one frame of everything that happened in a region during a tick. On a busy
// canvas a region commits many times in a tick, and each frame costs its recipients more than its
// pixels do. What is merged for one group or connection is reused for the others in the same tick.
type merges struct {
	geometry canvas.Geometry
	made     map[mergeKey]*frames.Pixels // in this tick

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
	all   []*frames.Pixels
	frame []byte
}

func newMerges(g canvas.Geometry) merges {
	return merges{geometry: g, made: make(map[mergeKey]*frames.Pixels), open: make([]int32, g.Regions())}
}

// frames appends the frames of what is due. Regions come in the order of their first due, and
// what is due of one region keeps its order.
func (m *merges) frames(dst [][]byte, p frames.Protocol, all []due) [][]byte {
	for i := range all {
		m.add(&all[i], p)
	}
	for i := range m.groups {
		g := &m.groups[i]
		if g.frame != nil {
			dst = append(dst, g.frame)
		} else {
			dst = append(dst, m.merged(g.all).Encoded[p]())
		}
		clear(g.all)
		g.all, g.frame = g.all[:0], nil
	}
	for i := range all {
		m.open[all[i].from.Region] = 0
	}
	m.groups = m.groups[:0]
	return dst
}

func (m *merges) add(d *due, p frames.Protocol) {
	open := &m.open[d.from.Region]
	if p == frames.Binary && d.pixels != nil && *open > 0 { // the JSON protocol has a message with a time for every pixel
		g := &m.groups[*open-1]
		if n := len(g.all); n > 0 && g.all[n-1].Batch.To == d.pixels.Batch.From {
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

func (m *merges) merged(all []*frames.Pixels) *frames.Pixels {
	last := all[len(all)-1].Batch
	if len(all) == 1 {
		return all[0]
	}
	key := mergeKey{last.Region, all[0].Batch.From, last.Position()}
	if made := m.made[key]; made != nil {
		return made
	}
	batches := make([]*canvas.Batch, len(all))
	for i, p := range all {
		batches[i] = p.Batch
	}
	made := frames.NewPixels(canvas.Merge(batches), m.geometry)
	m.made[key] = made
	return made
}
