package canvas

import "slices"

// Dot is one pixel in canvas coordinates, as a client places it.
type Dot struct {
	X, Y  uint16
	Color Color
}

// Pixel is one pixel inside a region: y * (width of the region) + x.
type Pixel struct {
	Pos   uint16
	Color Color
}

// OpID identifies what one client placed with one message. Num starts at 1 and rises
// within a session; it may skip numbers.
type OpID struct {
	Author Author
	Num    uint64
	Key    Key // zero: not known
}

// Same reports whether two ids name the same op. If the key of one is not known, the authors
// decide.
func (id OpID) Same(other OpID) bool {
	return id.Num == other.Num && id.Author == other.Author && id.Key.Matches(other.Key)
}

// Matches reports whether two keys are the same, or may be since one is not known.
func (k Key) Matches(other Key) bool { return k == other || k == Key{} || other == Key{} }

// Op is the part of a client's placing that falls into one region.
type Op struct {
	ID       OpID
	User     Author // public id of who placed it; 0: ID.Author
	Name     string // display name when it was placed; empty: none was set
	Alias    bool   // Name was given for this op alone and is not the client's own
	InTurn   bool   // no op of its session with a higher number had been applied here; false: not known
	Network  Network
	Spelling string // the colour as a JSON client spelt it ("#aAbBcC"); empty: as Color.String
	Pixels   []Pixel

	From  NetworkID // that it was placed from; 0: not known
	Cause string    // why, if nobody drew it, in at most MaxCause bytes; empty: it was drawn

	// For the region that commits it, and never stored.
	Role    Role
	Address Address
	Owner   Author // see Person.Owner
	Since   uint64 // leave out pixels that were painted over after this sequence number; 0: place all
}

// By is the public id of who placed an op.
func (op *Op) By() Author {
	if op.User != 0 {
		return op.User
	}
	return op.ID.Author
}

// Known reports whether the server knew who placed an op, by a cookie, a sign-in or a key. Otherwise By
// returns the id of the session, which the client chose.
func (op *Op) Known() bool { return op.User != 0 && op.User != op.ID.Author.Unmarked() }

// Batch is what a region committed at once, or several such batches merged by Merge. It takes a
// holder of the position ending at From to the position (Epoch, To). A batch is immutable from the
// moment it is offered to the store.
//
// Every pixel written takes one sequence number, so a batch that is not merged has To - From
// pixels. A merged one has at most as many.
type Batch struct {
	Region RegionID
	Epoch  uint64 // of the last batch in it
	From   uint64 // sequence number before the first pixel
	To     uint64 // sequence number of the last pixel
	Time   int64  // when the region took it up, in Unix milliseconds
	Ops    []Op
}

// Position is what a viewer that holds the batch has reached.
func (b *Batch) Position() Position { return Position{Epoch: b.Epoch, Seq: b.To} }

// Pixels counts the pixels in the batch.
func (b *Batch) Pixels() int {
	n := 0
	for i := range b.Ops {
		n += len(b.Ops[i].Pixels)
	}
	return n
}

// Merge joins consecutive batches of one region into one that has the same effect and
// only the last colour of each pixel. It returns nil for no batches, and the batch
// itself when there is one.
func Merge(batches []*Batch) *Batch {
	switch len(batches) {
	case 0:
		return nil
	case 1:
		return batches[0]
	}
	return new(Merger).Merge(batches)
}

// Merger merges again and again in the same room.
type Merger struct {
	pixels []Pixel
	ops    []Op
}

// Merge does what the function Merge does, for two batches at least. Its result is overwritten by the next.
func (m *Merger) Merge(batches []*Batch) *Batch {
	last := batches[len(batches)-1]
	merged := &Batch{Region: last.Region, Epoch: last.Epoch, From: batches[0].From, To: last.To, Time: last.Time}
	total := 0
	for _, b := range batches {
		total += b.Pixels()
	}

	// Newest first, so that the first sight of a position is the one to keep. The pixels
	// kept fill one slice from its end.
	kept := slices.Grow(m.pixels[:0], total)[:total]
	clear(m.ops) // of what was merged before
	merged.Ops = m.ops[:0]
	var seen [MaxRegionEdge * MaxRegionEdge / 64]uint64
	start := total
	for i := len(batches) - 1; i >= 0; i-- {
		for j := len(batches[i].Ops) - 1; j >= 0; j-- {
			op, end := batches[i].Ops[j], start
			start = keepUnseen(op.Pixels, &seen, kept[:end])
			if start < end {
				op.Pixels = kept[start:end:end]
				merged.Ops = append(merged.Ops, op)
			}
		}
	}
	slices.Reverse(merged.Ops)
	m.pixels, m.ops = kept, merged.Ops
	return merged
}

// keepUnseen writes the pixels whose positions are not in seen to the end of dst, in
// their order, adds them to seen, and returns where they start.
func keepUnseen(pixels []Pixel, seen *[MaxRegionEdge * MaxRegionEdge / 64]uint64, dst []Pixel) int {
	start := len(dst)
	for i := len(pixels) - 1; i >= 0; i-- {
		word, bit := pixels[i].Pos/64, uint64(1)<<(pixels[i].Pos%64)
		if seen[word]&bit == 0 {
			seen[word] |= bit
			start--
			dst[start] = pixels[i]
		}
	}
	return start
}
