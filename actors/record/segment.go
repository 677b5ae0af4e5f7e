package record

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"pixelplayground/actors/canvas"
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
}

// options are those of every file that is written.
func options(region canvas.RegionID, g canvas.Geometry) []parquet.WriterOption {
	return []parquet.WriterOption{
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedDefault}), parquet.CreatedBy("pixelplayground", "1", ""),
		parquet.KeyValueMetadata("format", strconv.Itoa(formatVersion)), parquet.KeyValueMetadata("region", strconv.Itoa(int(region))),
		parquet.KeyValueMetadata("geometry", g.String()),
	}
}

// encode makes a segment's file.
func (r *rows) encode(g canvas.Geometry) ([]byte, error) {
	users := make([]string, len(r.authors.list))
	for i, by := range r.authors.list {
		users[i] = userText(by.user)
	}
	befores := make([]int32, r.len())
	all := make([]segmentRow, r.len())
	for i := range all {
		x, y := g.Point(r.region, r.pos[i])
		by := r.by[i]
		all[i] = segmentRow{
			Seq: int64(r.from) + 1 + int64(i), Epoch: int64(r.epoch[i]), Time: r.time[i], X: int32(x), Y: int32(y),
			Color: int32(r.color[i]), User: users[by], Name: r.authors.list[by].name, Cause: string(r.authors.list[by].cause),
		}
		if r.before[i] != unknown {
			befores[i] = int32(r.before[i])
			all[i].Before = &befores[i]
		}
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[segmentRow](&out, options(r.region, g)...)
	if _, err := w.Write(all); err != nil {
		return nil, fmt.Errorf("encode pixels: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode pixels: %w", err)
	}
	return out.Bytes(), nil
}

// decode reads a segment's file.
func decode(f *file, content []byte, g canvas.Geometry) (r *rows, err error) {
	defer damaged(f, &err)
	all, err := parquet.Read[segmentRow](bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	if len(all) != f.rows() {
		return nil, fmt.Errorf("%d rows", len(all))
	}
	r = &rows{region: f.region, from: f.from}
	for i := range all {
		row := &all[i]
		if row.Seq != int64(f.from)+1+int64(i) {
			return nil, fmt.Errorf("row %d has seq %d", i, row.Seq)
		}
		region, pos, ok := locate(g, int(row.X), int(row.Y))
		if !ok || region != f.region {
			return nil, fmt.Errorf("pixel %d,%d", row.X, row.Y)
		}
		user, ok := parseUser(row.User)
		if !ok {
			return nil, fmt.Errorf("user %q", row.User)
		}
		before := unknown
		if row.Before != nil {
			before = canvas.Color(*row.Before) & 0xFFFFFF
		}
		r.add(uint64(row.Epoch), row.Time, pos, canvas.Color(row.Color)&0xFFFFFF, before, author{user, row.Name, Cause(row.Cause)})
	}
	return r, nil
}

func locate(g canvas.Geometry, x, y int) (canvas.RegionID, uint16, bool) {
	if !g.Contains(x, y) {
		return 0, 0, false
	}
	region, pos := g.Locate(x, y)
	return region, pos, true
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

// userText is how a user is written: 12 hexadecimal digits, or nothing if it is not known.
func userText(user canvas.Author) string {
	if user == 0 {
		return ""
	}
	return fmt.Sprintf("%012x", uint64(user))
}

func parseUser(text string) (canvas.Author, bool) {
	if text == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(text, 16, 48)
	return canvas.Author(n), err == nil && len(text) == 12
}
