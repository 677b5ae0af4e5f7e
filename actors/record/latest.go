package record

import (
	"fmt"

	"github.com/parquet-go/parquet-go"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/pacing"
	"pixelplayground/actors/record/table"
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

// place applies one pixel, by one of s.authors, and returns the colour before it, or unknown.
func (s *state) place(at canvas.Position, time int64, pos uint16, color canvas.Color, by uint32) (before canvas.Color) {
	if before = s.color[pos]; s.doubt[pos] {
		before, s.doubt[pos] = unknown, false
	}
	s.at, s.time = at, time
	s.color[pos], s.placed[pos], s.seq[pos], s.by[pos] = color, time, at.Seq, by
	return before
}

// author returns the index of somebody in s.authors. It drops the network: nobody asks a state for it.
func (s *state) author(by author) uint32 {
	by.network = 0
	return s.authors.add(by)
}

// replay applies rows that go on from the state, up to a sequence number. Rows before it are passed
// over.
func (s *state) replay(r *rows, to uint64) {
	places := make([]uint32, len(r.authors.list)) // r's authors as indexes into s.authors, plus 1; 0: not looked up yet
	for i := s.at.Seq - min(s.at.Seq, r.from); i < uint64(r.n) && r.from+i < to; i++ {
		at := canvas.Position{Seq: r.from + 1 + i, Epoch: r.epoch[i]}
		by := &places[r.by[i]]
		if *by == 0 {
			*by = s.author(r.authors.list[r.by[i]]) + 1
		}
		s.place(at, r.time[i], r.pos[i], r.color[i], *by-1)
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

// encode makes the file of a state. It leaves out the least and the greatest text of each page, which would
// take a third of the time and which nobody reads.
func (s *state) encode(p *packer, region canvas.RegionID, g canvas.Geometry, pace *pacing.Pace) ([]byte, error) {
	users := userTexts(s.authors.list)
	options := append(p.options(region, g, pace), parquet.PageBufferSize(latestPage), parquet.DataPageStatistics(false),
		parquet.SkipPageBounds("user"), parquet.SkipPageBounds("name"), parquet.SkipPageBounds("cause"))
	content, err := encode(len(s.color), options, pace, func(i, _ int, to *latestRow) {
		by := &s.authors.list[s.by[i]]
		*to = latestRow{
			Color: int32(s.color[i]), User: users[s.by[i]], Name: by.name, Cause: string(by.cause), Time: s.placed[i], Seq: int64(s.seq[i]),
		}
	})
	if err != nil {
		return nil, fmt.Errorf("encode the latest pixels: %w", err)
	}
	return content, nil
}

func decodeLatest(f *file, content []byte, size int, pace *pacing.Pace) (s *state, err error) {
	defer damaged(f, &err)
	t, err := table.Open(content, size)
	if err != nil {
		return nil, err
	}
	s = blank(size)
	s.at = f.end
	colors, err := t.Words32("color", -1)
	if err != nil {
		return nil, err
	}
	pace.Pause()
	if s.placed, err = t.Int64s("time", 0); err != nil {
		return nil, err
	}
	seqs, err := t.Int64s("seq", 0)
	if err != nil {
		return nil, err
	}
	pace.Pause()
	if s.by, s.authors, err = readAuthors(t, nil); err != nil {
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
