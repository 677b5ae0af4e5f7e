package dataset

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// parquetRow is a row of a Parquet file. The columns are named as in the record's own segments, so that a
// program that reads one reads the other.
type parquetRow struct {
	Time   int64  `parquet:"time,timestamp(millisecond),delta"`
	X      int32  `parquet:"x,dict"`
	Y      int32  `parquet:"y,dict"`
	Color  int32  `parquet:"color,dict"`
	Before *int32 `parquet:"before,optional,dict"`
	User   string `parquet:"user,optional,dict"`
	Cause  string `parquet:"cause,dict"`
}

// namedRow is one with the name.
type namedRow struct {
	parquetRow
	Name string `parquet:"name,dict"`
}

const (
	// groupRows is how many rows a group has: what readers handle at once, and the writer holds.
	groupRows = 1 << 20
	// atOnce is how many rows are handed to the library together.
	atOnce = 4096
)

// parquetWriter writes rows of one of the two types.
type parquetWriter[T any] struct {
	w       *parquet.GenericWriter[T]
	users   *pseudonyms
	rows    []T
	befores [atOnce]int32
	group   int // rows in the group that is being written
	set     func(row *T, base parquetRow, name string)
}

// NewParquet writes Parquet; with names too, if they are asked for.
func NewParquet(w io.Writer, names bool) Writer {
	if names {
		return newParquet(w, func(row *namedRow, base parquetRow, name string) { row.parquetRow, row.Name = base, name })
	}
	return newParquet(w, func(row *parquetRow, base parquetRow, _ string) { *row = base })
}

func newParquet[T any](w io.Writer, set func(*T, parquetRow, string)) Writer {
	return &parquetWriter[T]{
		w: parquet.NewGenericWriter[T](w, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.CreatedBy("pixelplayground", "1", ""),
			parquet.SortingWriterConfig(parquet.SortingColumns(parquet.Ascending("time")))),
		users: newPseudonyms(), rows: make([]T, 0, atOnce), set: set,
	}
}

// Write implements Writer.
func (p *parquetWriter[T]) Write(pixel *record.Pixel) error {
	n := len(p.rows)
	row := parquetRow{Time: pixel.Time, X: int32(pixel.X), Y: int32(pixel.Y), Color: int32(pixel.Color), User: p.users.of(pixel.User), Cause: string(pixel.Cause)}
	if pixel.Known {
		p.befores[n] = int32(pixel.Before)
		row.Before = &p.befores[n]
	}
	p.rows = p.rows[:n+1]
	if p.set(&p.rows[n], row, pixel.Name); n+1 < atOnce {
		return nil
	}
	return p.flush()
}

func (p *parquetWriter[T]) flush() error {
	if _, err := p.w.Write(p.rows); err != nil {
		return err
	}
	p.group += len(p.rows)
	if p.rows = p.rows[:0]; p.group < groupRows {
		return nil
	}
	p.group = 0
	return p.w.Flush()
}

// Close implements Writer.
func (p *parquetWriter[T]) Close() error { return errors.Join(p.flush(), p.w.Close()) }

// readRow is what is read of a row. What was there before, and why a pixel was placed, follows from the
// others. (And where a file lacks a column, the library reads null as 0.)
type readRow struct {
	Time  int64  `parquet:"time,timestamp(millisecond)"`
	X     int32  `parquet:"x"`
	Y     int32  `parquet:"y"`
	Color int32  `parquet:"color"`
	User  string `parquet:"user,optional"`
	Name  string `parquet:"name,optional"`
}

// parquetReader reads Parquet with these columns. Users and names need not be there.
type parquetReader struct {
	r    *parquet.GenericReader[readRow]
	rows []readRow
	next int
	line int64
}

func newParquetReader(from io.ReaderAt, size int64) (r *parquetReader, err error) {
	defer caught(&err)
	file, err := parquet.OpenFile(from, size)
	if err != nil {
		return nil, err
	}
	for _, column := range []string{"time", "x", "y", "color"} {
		if _, ok := file.Schema().Lookup(column); !ok {
			return nil, fmt.Errorf("there is no column %q: there must be time, x, y and color, and may be user and name", column)
		}
	}
	if time, _ := file.Schema().Lookup("time"); time.Node.Type().String() != parquet.Timestamp(parquet.Millisecond).Type().String() {
		return nil, fmt.Errorf("the column time is %v: it must be a timestamp in milliseconds", time.Node.Type())
	}
	return &parquetReader{r: parquet.NewGenericReader[readRow](file), rows: make([]readRow, 0, atOnce)}, nil
}

// caught turns a panic into an error: the library may panic at what it finds in a file.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the file is damaged: %v", p)
	}
}

func (p *parquetReader) read(row *Row) (err error) {
	defer caught(&err)
	if p.next == len(p.rows) {
		n, err := p.r.Read(p.rows[:atOnce])
		if n == 0 {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		p.rows, p.next = p.rows[:n], 0
	}
	from := &p.rows[p.next]
	p.next++
	p.line++
	*row = Row{
		Time: from.Time, X: int(from.X), Y: int(from.Y), Right: int(from.X), Bottom: int(from.Y), Color: canvas.Color(from.Color) & 0xFFFFFF,
		User: from.User, Name: from.Name, Line: p.line,
	}
	if row.Time < 0 || row.Time > lastTime {
		return row.wrong("time", fmt.Sprint(row.Time), "1649033631577")
	}
	return nil
}
