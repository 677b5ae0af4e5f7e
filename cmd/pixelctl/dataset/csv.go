package dataset

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
	"time"
	"unicode"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// csvTime is how r/place's files write a time: in UTC.
const csvTime = "2006-01-02 15:04:05.000 UTC"

// csvWriter writes the columns of r/place's files of 2022, so what reads those reads this.
type csvWriter struct {
	w     *bufio.Writer
	names bool
	users *pseudonyms
	line  []byte
	at    int64  // of text
	text  []byte // the time, as written
}

// NewCSV writes CSV; with names too, if they are asked for.
func NewCSV(w io.Writer, names bool) Writer {
	c := &csvWriter{w: bufio.NewWriterSize(w, 1<<18), names: names, users: newPseudonyms(), at: -1}
	c.w.WriteString("timestamp,user_id,pixel_color,coordinate")
	if names {
		c.w.WriteString(",name")
	}
	c.w.WriteByte('\n')
	return c
}

// Write implements Writer.
func (c *csvWriter) Write(p *record.Pixel) error {
	if p.Time != c.at {
		c.at, c.text = p.Time, time.UnixMilli(p.Time).UTC().AppendFormat(c.text[:0], csvTime)
	}
	line := append(c.line[:0], c.text...)
	line = append(append(line, ','), c.users.of(p.User)...)
	line = append(line, ",#"...)
	for shift := 20; shift >= 0; shift -= 4 {
		line = append(line, "0123456789ABCDEF"[p.Color>>shift&0xF])
	}
	line = append(line, `,"`...)
	line = appendNumber(line, int(p.X))
	line = appendNumber(append(line, ','), int(p.Y))
	line = append(line, '"')
	if c.names {
		line = append(append(line, ','), quoted(p.Name)...)
	}
	c.line = append(line, '\n')
	_, err := c.w.Write(c.line)
	return err
}

func appendNumber(to []byte, n int) []byte {
	if n >= 10 {
		to = appendNumber(to, n/10)
	}
	return append(to, byte('0'+n%10))
}

// quoted is a text as CSV has it. Spreadsheets take what begins with these signs for a formula, and
// names are anybody's.
func quoted(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if strings.IndexAny(strings.TrimLeft(text, "'"), formula) == 0 {
		text = "'" + text
	}
	if strings.ContainsAny(text, `",`) {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

// formula is how a formula begins.
const formula = "=+-@"

// unquoted is a name that quoted wrote.
func unquoted(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && strings.IndexAny(strings.TrimLeft(rest, "'"), formula) == 0 {
		return rest
	}
	return text
}

// Close implements Writer.
func (c *csvWriter) Close() error { return c.w.Flush() }

// csvReader reads CSV whose columns are named as in r/place's files, or are those of 2022 without names.
type csvReader struct {
	r                              *csv.Reader
	from                           *rowReader // what r reads
	time, user, color, place, name int        // columns; -1: there is none
	first                          []string
}

func newCSVReader(from io.Reader) (*csvReader, error) {
	bounded := &rowReader{from, mostAhead}
	c := &csvReader{r: csv.NewReader(bufio.NewReaderSize(bounded, 1<<18)), from: bounded, time: 0, user: 1, color: 2, place: 3, name: -1}
	c.r.ReuseRecord, c.r.FieldsPerRecord = true, -1
	head, err := c.r.Read()
	if err == io.EOF {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	if _, ok := parseTime(head[0]); ok { // no names
		c.first = append(c.first, head...)
		return c, nil
	}
	c.time, c.user, c.color, c.place = -1, -1, -1, -1
	for i, title := range head {
		switch strings.ToLower(strings.TrimSpace(strings.TrimPrefix(title, "\uFEFF"))) {
		case "timestamp", "time", "ts":
			c.time = i
		case "user_id", "user", "user_hash":
			c.user = i
		case "pixel_color", "color", "colour":
			c.color = i
		case "coordinate", "coordinates":
			c.place = i
		case "name":
			c.name = i
		}
	}
	if c.time < 0 || c.color < 0 || c.place < 0 {
		return nil, errColumns
	}
	return c, nil
}

// read reads the next row; io.EOF: there is none.
func (c *csvReader) read(row *Row) error {
	fields := c.first
	if c.first = nil; fields == nil {
		var err error
		c.from.left = mostAhead
		if fields, err = c.r.Read(); err != nil {
			return err
		}
	}
	line, _ := c.r.FieldPos(0)
	*row = Row{Line: int64(line)}
	field := func(i int) string {
		if i < 0 || i >= len(fields) {
			return ""
		}
		return fields[i]
	}
	var ok bool
	if row.Time, ok = parseTime(field(c.time)); !ok {
		return row.wrong("time", field(c.time), "2022-04-04 00:53:51.577 UTC")
	}
	if row.Color, ok = parseColor(field(c.color)); !ok {
		return row.wrong("colour", field(c.color), "#00CCC0")
	}
	if !row.setPlace(field(c.place)) {
		return row.wrong("place", field(c.place), `"826,1048" or "826,1048,830,1050"`)
	}
	row.User, row.Name = strings.Clone(field(c.user)), strings.Clone(unquoted(field(c.name)))
	return nil
}

// parseTime reads a time as r/place wrote it, with or without parts of a second, or Unix milliseconds.
func parseTime(text string) (int64, bool) {
	if at, ok := parseFixed(text); ok {
		return at, true
	}
	for _, layout := range []string{"2006-01-02 15:04:05.999999999 MST", "2006-01-02 15:04:05.999999999", time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMilli(), at.UnixMilli() >= 0
		}
	}
	return parseNumber(text, lastTime)
}

// lastTime is the end of the year 9999, in Unix milliseconds.
const lastTime = 253402300799999

// parseFixed reads csvTime: time.Parse takes five times as long.
func parseFixed(text string) (int64, bool) {
	if len(text) != len(csvTime) || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':' || text[19] != '.' || text[23:] != " UTC" {
		return 0, false
	}
	var n [7]int
	for i, part := range []string{text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19], text[20:23]} {
		number, ok := parseNumber(part, 9999)
		if !ok {
			return 0, false
		}
		n[i] = int(number)
	}
	if n[0] < 1970 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31 || n[3] > 23 || n[4] > 59 || n[5] > 60 {
		return 0, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1e6, time.UTC).UnixMilli(), true
}

func parseNumber(text string, most int64) (n int64, ok bool) {
	for _, digit := range []byte(text) {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		if n = 10*n + int64(digit-'0'); n > most {
			return 0, false
		}
	}
	return n, text != ""
}

func parseColor(text string) (c canvas.Color, ok bool) {
	if len(text) != 7 || text[0] != '#' {
		return 0, false
	}
	for _, digit := range []byte(text[1:]) {
		switch {
		case digit >= '0' && digit <= '9':
			digit -= '0'
		case digit >= 'a' && digit <= 'f':
			digit -= 'a' - 10
		case digit >= 'A' && digit <= 'F':
			digit -= 'A' - 10
		default:
			return 0, false
		}
		c = c<<4 | canvas.Color(digit)
	}
	return c, true
}

// setPlace reads "x,y" or "x1,y1,x2,y2", where the second corner belongs to the rectangle.
func (r *Row) setPlace(text string) bool {
	var n [4]int
	count := 0
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); count == len(n) {
			return false
		}
		sign := 1
		if rest, below := strings.CutPrefix(part, "-"); below {
			part, sign = rest, -1
		}
		number, ok := parseNumber(part, canvas.MaxEdge-1)
		if !ok {
			return false
		}
		n[count] = sign * int(number)
		count++
	}
	r.X, r.Y = n[0], n[1]
	r.Right, r.Bottom = r.X, r.Y
	if count == 4 {
		r.X, r.Right = min(n[0], n[2]), max(n[0], n[2])
		r.Y, r.Bottom = min(n[1], n[3]), max(n[1], n[3])
	}
	return count == 2 || count == 4
}
