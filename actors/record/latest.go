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
	time    int64          // of the last pixel before
	color   []canvas.Color // or unknown
	placed  []int64        // when; 0: never, or not known
	seq     []uint64       // as which pixel; 0: never, or not known
	by      []uint32       // in authors; 0: nobody, or not known
	authors words[author]
}

// blank is a region that nothing was drawn in.
func blank(size int) *state {
	s := &state{color: make([]canvas.Color, size), placed: make([]int64, size), seq: make([]uint64, size), by: make([]uint32, size)}
	for i := range s.color {
		s.color[i] = canvas.Background
	}
	s.authors.add(author{})
	return s
}

// place applies one pixel, and returns the colour before it, or unknown.
func (s *state) place(at canvas.Position, time int64, pos uint16, color canvas.Color, by author) (before canvas.Color) {
	before = s.color[pos]
	s.at, s.time = at, time
	s.color[pos], s.placed[pos], s.seq[pos], s.by[pos] = color, time, at.Seq, s.authors.add(by)
	return before
}

// forget says that who placed a pixel is not known.
func (s *state) forget(pos int) { s.placed[pos], s.seq[pos], s.by[pos] = 0, 0, 0 }

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

func (s *state) encode(region canvas.RegionID, g canvas.Geometry) ([]byte, error) {
	all := make([]latestRow, len(s.color))
	for i := range all {
		by := &s.authors.list[s.by[i]]
		all[i] = latestRow{
			Color: int32(s.color[i]), User: userText(by.user), Name: by.name, Cause: string(by.cause), Time: s.placed[i], Seq: int64(s.seq[i]),
		}
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[latestRow](&out, options(region, g)...)
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
	all, err := parquet.Read[latestRow](bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	if len(all) != size {
		return nil, fmt.Errorf("%d rows", len(all))
	}
	s = blank(size)
	s.at = f.end
	for i := range all {
		row := &all[i]
		s.color[i] = canvas.Color(row.Color) & 0xFFFFFF
		if row.Seq == 0 {
			continue
		}
		user, ok := parseUser(row.User)
		if !ok {
			return nil, fmt.Errorf("user %q", row.User)
		}
		s.seq[i], s.by[i] = uint64(row.Seq), s.authors.add(author{user, row.Name, Cause(row.Cause)})
		s.placed[i], s.time = row.Time, max(s.time, row.Time)
	}
	return s, nil
}
