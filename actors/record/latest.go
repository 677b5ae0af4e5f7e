package record

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"

	"pixelplayground/actors/canvas"
)

// state is a region at a position: for each pixel the colour, and who placed it when.
type state struct {
	at      canvas.Position
	time    int64 // of the last pixel before
	color   []canvas.Color
	doubt   []bool   // color is only what was there before a gap
	placed  []int64  // when; 0: never, or not known
	seq     []uint64 // as which pixel; 0: never, or not known
	by      []uint32 // in authors; 0: nobody, or not known
	authors words[author]
}

// blank is a region that nothing was drawn in.
func blank(size int) *state {
	s := &state{color: make([]canvas.Color, size), doubt: make([]bool, size), placed: make([]int64, size), seq: make([]uint64, size), by: make([]uint32, size)}
	for i := range s.color {
		s.color[i] = canvas.Background
	}
	s.authors.add(author{})
	return s
}

// place applies one pixel, and returns the colour before it, or unknown.
func (s *state) place(at canvas.Position, time int64, pos uint16, color canvas.Color, by author) (before canvas.Color) {
	if before = s.color[pos]; s.doubt[pos] {
		before, s.doubt[pos] = unknown, false
	}
	s.at, s.time = at, time
	s.color[pos], s.placed[pos], s.seq[pos], s.by[pos] = color, time, at.Seq, s.authors.add(by)
	return before
}

// replay applies rows that go on from the state, up to a sequence number. Rows before it are passed
// over.
func (s *state) replay(r *rows, to uint64) {
	for i := s.at.Seq - min(s.at.Seq, r.from); i < uint64(r.n) && r.from+i < to; i++ {
		at := canvas.Position{Seq: r.from + 1 + i, Epoch: r.epoch[i]}
		s.place(at, r.time[i], r.pos[i], r.color[i], r.authors.list[r.by[i]])
	}
}

// become sets a pixel to what is found there after a gap. Who placed a pixel that has the same colour
// is taken to have placed it still.
func (s *state) become(pos int, color canvas.Color) {
	if s.color[pos] != color {
		s.color[pos], s.placed[pos], s.seq[pos], s.by[pos] = color, 0, 0, 0
	}
	s.doubt[pos] = false
}

// cross takes on the colours of a tile on the other side of a gap; nil: there is none.
func (s *state) cross(tile *state) {
	for pos := range s.color {
		if tile == nil || tile.doubt[pos] {
			s.doubt[pos] = true
		} else {
			s.become(pos, tile.color[pos])
		}
	}
}

// tile is the colours.
func (s *state) tile() canvas.Tile {
	t := make(canvas.Tile, 3*len(s.color))
	for pos, c := range s.color {
		t.Set(uint16(pos), c)
	}
	return t
}

// latestPage is the size of a page before it is packed, in bytes: of the rows that are asked for one
// by one, few others have to be read.
const latestPage = 16 << 10

// latestRow is a row of the file of a state: the row's number is the pixel's position in the region.
// Where it is not known who placed a pixel, or nobody has, user, time and seq are null.
type latestRow struct {
	Color int32  `parquet:"color,dict"`
	User  string `parquet:"user,optional,dict"`
	Name  string `parquet:"name,dict"`
	Cause string `parquet:"cause,dict"`
	Time  int64  `parquet:"time,optional,timestamp(millisecond),delta"`
	Seq   int64  `parquet:"seq,optional,delta"`
}

func (s *state) encode(p *packer, region canvas.RegionID, g canvas.Geometry) ([]byte, error) {
	all := make([]latestRow, len(s.color))
	for i := range all {
		by := &s.authors.list[s.by[i]]
		all[i] = latestRow{
			Color: int32(s.color[i]), User: by.user.Text(), Name: by.name, Cause: string(by.cause), Time: s.placed[i], Seq: int64(s.seq[i]),
		}
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[latestRow](&out, append(p.options(region, g), parquet.PageBufferSize(latestPage))...)
	if _, err := w.Write(all); err != nil {
		return nil, fmt.Errorf("encode the latest pixels: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode the latest pixels: %w", err)
	}
	return out.Bytes(), nil
}

func decodeLatest(f *file, content []byte, size int) (s *state, err error) {
	defer damaged(f, &err)
	t, err := openTable(content, size)
	if err != nil {
		return nil, err
	}
	s = blank(size)
	s.at = f.end
	colors, err := t.words32("color", -1)
	if err != nil {
		return nil, err
	}
	if s.placed, err = t.int64s("time", 0); err != nil {
		return nil, err
	}
	seqs, err := t.int64s("seq", 0)
	if err != nil {
		return nil, err
	}
	if s.by, s.authors, err = readAuthors(t); err != nil {
		return nil, err
	}
	for i, c := range colors {
		s.color[i], s.seq[i], s.time = canvas.Color(c), uint64(seqs[i]), max(s.time, s.placed[i])
		if s.color[i] >= unknown || s.seq[i] > f.end.Seq {
			return nil, fmt.Errorf("row %d has color %d and seq %d", i, c, seqs[i])
		}
	}
	return s, nil
}
