package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/klauspost/compress/gzip"
)

var errColumns = errors.New("its first line must name the columns timestamp, user_id, pixel_color and coordinate, or be a row of these")

// wrong is an error for a field that can't be read.
func (r *Row) wrong(what, text, example string) error {
	const most = 60
	if len(text) > most {
		text = text[:most] + "…"
	}
	return fmt.Errorf("row %d: the %s is %q: must be like %s", r.Line, what, text, example)
}

// Read yields the rows of a file, whose format it finds out: Parquet, CSV, or CSV that is packed with
// gzip. A row is valid until the next. It ends with the first error.
func Read(name string) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		file, err := os.Open(name)
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close()
		from, err := open(file)
		if err != nil {
			yield(nil, fmt.Errorf("%s: %w", name, err))
			return
		}
		var row Row
		for {
			switch err := from.read(&row); {
			case err == io.EOF:
				return
			case err != nil:
				yield(nil, fmt.Errorf("%s: %w", name, err))
				return
			}
			if !yield(&row, nil) {
				return
			}
		}
	}
}

// reader is a file that is being read.
type reader interface{ read(row *Row) error }

func open(file *os.File) (reader, error) {
	buffered := bufio.NewReaderSize(file, 1<<18)
	magic, err := buffered.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.Equal(magic, []byte("PAR1")):
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		return newParquetReader(file, info.Size())
	case bytes.HasPrefix(magic, []byte{0x1F, 0x8B}):
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, err
		}
		return newCSVReader(unpacked)
	}
	return newCSVReader(buffered)
}

// mostAhead is how much of a CSV file may be read for one row, in bytes: what is buffered, and more than
// any program writes. A packed file, or a quote that nobody closes, can hold more than any memory.
const mostAhead = 1 << 20

// rowReader fails if a row does not end.
type rowReader struct {
	from io.Reader
	left int // bytes that may be read until the row has been
}

func (r *rowReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, fmt.Errorf("a row is longer than %d bytes: this is no data set", mostAhead)
	}
	n, err := r.from.Read(p)
	r.left -= n
	return n, err
}
