package record

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/pacing"
	"pixelplayground/actors/record/table"
)

// formatVersion is that of all files of a record.
const formatVersion = 1

// segmentRow is a row of a segment's file.
type segmentRow struct {
	Seq    int64  `parquet:"seq,delta"`
	Epoch  int64  `parquet:"epoch,dict"`
	Time   int64  `parquet:"time,timestamp(millisecond),delta"`
	X      int32  `parquet:"x,dict"`
	Y      int32  `parquet:"y,dict"`
	Color  int32  `parquet:"color,dict"`
	Before *int32 `parquet:"before,optional,dict"`
	User   string `parquet:"user,optional,dict"`
	Name   string `parquet:"name,dict"`
	Cause  string `parquet:"cause,dict"`

	Network *string `parquet:"network,optional,dict"` // see networks.go; an empty string is not always null
}

// packer compresses files. It keeps what it needs for that from one file to the next, since making it
// takes longer than a small file. A higher level saves 1% of the size and takes a quarter longer.
type packer struct{ codec zstd.Codec }

func newPacker() *packer { return &packer{zstd.Codec{Level: zstd.SpeedDefault}} }

// options are those of every file that is written.
func (p *packer) options(region canvas.RegionID, g canvas.Geometry, pace *pacing.Pace) []parquet.WriterOption {
	return []parquet.WriterOption{
		parquet.Compression(pacing.Codec{Codec: &p.codec, Pace: pace}), parquet.CreatedBy("pixelplayground", "1", ""),
		parquet.KeyValueMetadata("format", strconv.Itoa(formatVersion)), parquet.KeyValueMetadata("region", strconv.Itoa(int(region))),
		parquet.KeyValueMetadata("geometry", g.String()),
	}
}

// encode makes a segment's file.
func (r *rows) encode(p *packer, g canvas.Geometry, pace *pacing.Pace) ([]byte, error) {
	users, networks := userTexts(r.authors.list), r.networks()
	var befores [pacing.PieceRows]int32
	content, err := encode(r.len(), p.options(r.region, g, pace), pace, func(i, at int, to *segmentRow) {
		x, y := g.Point(r.region, r.pos[i])
		by := r.by[i]
		*to = segmentRow{
			Seq: int64(r.from) + 1 + int64(i), Epoch: int64(r.epoch[i]), Time: r.time[i], X: int32(x), Y: int32(y),
			Color: int32(r.color[i]), User: users[by], Name: r.authors.list[by].name, Cause: string(r.authors.list[by].cause), Network: networks[i],
		}
		if r.before[i] != unknown {
			befores[at] = int32(r.before[i])
			to.Before = &befores[at]
		}
	})
	if err != nil {
		return nil, fmt.Errorf("encode pixels: %w", err)
	}
	return content, nil
}

// encode makes a file of n rows, piece by piece: fill makes row i, which is at a place of its piece.
func encode[T any](n int, options []parquet.WriterOption, pace *pacing.Pace, fill func(i, at int, to *T)) ([]byte, error) {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, options...)
	piece := make([]T, min(n, pacing.PieceRows))
	for done := 0; done < n; done += len(piece) {
		piece = piece[:min(n-done, len(piece))]
		for at := range piece {
			fill(done+at, at, &piece[at])
		}
		if _, err := w.Write(piece); err != nil {
			return nil, err
		}
		pace.Pause()
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// userTexts are the users of authors as they stand in files.
func userTexts(authors []author) []string {
	texts := make([]string, len(authors))
	for i, by := range authors {
		texts[i] = by.user.Text()
	}
	return texts
}

// columns is what is wanted of a segment.
type columns uint8

const (
	whatAndWhen columns = 1 << iota // epoch, color, before
	when                            // time
	where                           // pos
	who                             // by
	everything  = whatAndWhen | when | where | who
)

// decode reads columns of a segment's file.
func decode(f *file, content []byte, g canvas.Geometry, want columns, pace *pacing.Pace) (r *rows, err error) {
	defer damaged(f, &err)
	t, err := table.Open(content, f.rows())
	if err != nil {
		return nil, err
	}
	seqs, err := t.Int64s("seq", 0)
	if err != nil {
		return nil, err
	}
	for i, seq := range seqs {
		if uint64(seq) != f.from+1+uint64(i) {
			return nil, fmt.Errorf("row %d has seq %d", i, seq)
		}
	}
	r = &rows{region: f.region, from: f.from, n: f.rows()}
	for _, read := range []struct {
		columns
		read func(*table.Table) error
	}{
		{when, func(t *table.Table) (err error) { r.time, err = t.Int64s("time", 0); return err }},
		{where, func(t *table.Table) error { return r.readPlaces(t, g) }},
		{whatAndWhen, r.readColors},
		{who, r.readAuthors},
	} {
		if want&read.columns != 0 {
			pace.Pause()
			if err := read.read(t); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *rows) readPlaces(t *table.Table, g canvas.Geometry) error {
	xs, err := t.Words32("x", -1)
	if err != nil {
		return err
	}
	ys, err := t.Words32("y", -1)
	if err != nil {
		return err
	}
	left, top, width, height := g.Bounds(r.region)
	r.pos = make([]uint16, r.n)
	for i := range r.pos {
		x, y := int(xs[i])-left, int(ys[i])-top
		if x < 0 || y < 0 || x >= width || y >= height {
			return fmt.Errorf("pixel %d,%d is elsewhere", xs[i], ys[i])
		}
		r.pos[i] = uint16(y*width + x)
	}
	return nil
}

func (r *rows) readColors(t *table.Table) error {
	epochs, words, err := t.Indexes("epoch", -1)
	if err != nil {
		return err
	}
	list := make([]uint64, words.Len())
	for i := range list {
		list[i] = uint64(words.Index(int32(i)).Int64())
	}
	colors, err := t.Words32("color", -1)
	if err != nil {
		return err
	}
	befores, err := t.Words32("before", int32(unknown))
	if err != nil {
		return err
	}
	r.epoch, r.color, r.before = make([]uint64, r.n), make([]canvas.Color, r.n), make([]canvas.Color, r.n)
	for i := range r.n {
		r.epoch[i], r.color[i], r.before[i] = list[epochs[i]], canvas.Color(colors[i]), canvas.Color(befores[i])
		if r.color[i] >= unknown || r.before[i] > unknown {
			return fmt.Errorf("pixel %d has color %d, before it %d", i, colors[i], befores[i])
		}
	}
	return nil
}

func (r *rows) readAuthors(t *table.Table) (err error) {
	networks, err := readNetworks(t)
	if err == nil {
		r.by, r.authors, err = readAuthors(t, networks)
	}
	return err
}

// readAuthors reads the columns that say by whom, from these networks; nil: none is known.
func readAuthors(t *table.Table, networks *networks) (by []uint32, authors words[author], err error) {
	users, userList, err := t.Texts("user")
	if err != nil {
		return nil, authors, err
	}
	names, nameList, err := t.Texts("name")
	if err != nil {
		return nil, authors, err
	}
	causes, causeList, err := t.Texts("cause")
	if err != nil {
		return nil, authors, err
	}
	ids, err := parseIDs[canvas.Author]("user", userList)
	if err != nil {
		return nil, authors, err
	}
	for i := range nameList { // a file is untrusted, and clients refuse what can be no name
		nameList[i] = canvas.CleanName(nameList[i])
	}
	by = make([]uint32, len(users))
	if networks == nil {
		networks = noNetworks(len(users))
	}
	networks.fill(users, ids)
	var last [4]int32 // who placed the row before: most often it is the same
	seen := make(map[[4]int32]uint32)
	for i := range by {
		key := [4]int32{users[i], names[i], causes[i], networks.of[i]}
		if i > 0 && key == last {
			by[i] = by[i-1]
			continue
		}
		last = key
		n, ok := seen[key]
		if !ok {
			n = authors.add(author{ids[key[0]], nameList[key[1]], Cause(causeList[key[2]]), networks.list[key[3]]})
			seen[key] = n
		}
		by[i] = n
	}
	return by, authors, nil
}

// damaged makes an error of reading a file one that wraps ErrDamaged and names it. A file is
// untrusted: the library may panic at what it finds.
func damaged(f *file, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%v", p)
	}
	if *err != nil {
		*err = fmt.Errorf("%w: %s: %w", ErrDamaged, f.name(), *err)
	}
}

// parseID reads the 12 hexadecimal digits of a user or a network; none is 0.
func parseID[T canvas.Author | canvas.NetworkID](text string) (T, bool) {
	if text == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(text, 16, 48)
	return T(n), err == nil && len(text) == 12
}

func parseIDs[T canvas.Author | canvas.NetworkID](what string, texts []string) ([]T, error) {
	ids := make([]T, len(texts))
	for i, text := range texts {
		var ok bool
		if ids[i], ok = parseID[T](text); !ok {
			return nil, fmt.Errorf("%s %q", what, text)
		}
	}
	return ids, nil
}
