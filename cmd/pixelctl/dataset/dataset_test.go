package dataset

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func readAll(t *testing.T, name string) (rows []Row, err error) {
	t.Helper()
	for row, err := range Read(name) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, *row)
	}
	return rows, nil
}

var at = time.Date(2022, 4, 4, 0, 53, 51, 577e6, time.UTC).UnixMilli()

// TestRead_Place: the data of r/place is read as it was published, in 2022 and, except for circles, 2023.
func TestRead_Place(t *testing.T) {
	want := []Row{
		{Time: at, X: 826, Y: 1048, Right: 826, Bottom: 1048, Color: 0x00CCC0, User: "ovTZk4GyTS1mDQnTbV+vDOCu1f+u6w==", Line: 2},
		{Time: at - 577, X: 44, Y: 42, Right: 45, Bottom: 49, Color: 0xFFFFFF, User: "a", Line: 3},
		{Time: at - 7, X: -5, Y: 3, Right: -5, Bottom: 3, Color: 0x123456, User: "b", Line: 4},
	}
	const head, rows = "timestamp,user_id,pixel_color,coordinate\n", `2022-04-04 00:53:51.577 UTC,ovTZk4GyTS1mDQnTbV+vDOCu1f+u6w==,#00CCC0,"826,1048"
2022-04-04 00:53:51 UTC,a,#FFFFFF,"44,42,45,49"
2022-04-04 00:53:51.57 UTC,b,#123456,"-5,3"
`
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(head + rows))
	z.Close()
	other := "timestamp,user,coordinate,pixel_color\n" + `2022-04-04 00:53:51.577 UTC,ovTZk4GyTS1mDQnTbV+vDOCu1f+u6w==,"826,1048",#00CCC0
2022-04-04 00:53:51 UTC,a,"45,49,44,42",#FFFFFF
2022-04-04 00:53:51.57 UTC,b,"-5,3",#123456
`
	for what, content := range map[string][]byte{"2022": []byte(head + rows), "gzip": packed.Bytes(), "2023": []byte(other), "without names": []byte(rows)} {
		got, err := readAll(t, write(t, "a.csv", content))
		for i := range got {
			if what == "without names" {
				got[i].Line++
			}
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %+v %v", what, got, err)
		}
	}
}

// TestRead_Refusals: errors name the file and the row, and say what would do.
func TestRead_Refusals(t *testing.T) {
	const head = "timestamp,user_id,pixel_color,coordinate\n2022-04-04 00:53:51.577 UTC,a,#00CCC0,\"1,2\"\n"
	for content, want := range map[string]string{
		"time,x,y\n":                           "its first line must name the columns",
		head + "yesterday,a,#00CCC0,\"1,2\"\n": `row 3: the time is "yesterday": must be like 2022-04-04 00:53:51.577 UTC`,
		head + "2022-04-04 00:61:51.577 UTC,a,#00CCC0,\"1,2\"\n":                      `row 3: the time is`,
		head + "2022-04-04 00:53:51.577 UTC,a,blue,\"1,2\"\n":                         `row 3: the colour is "blue": must be like #00CCC0`,
		head + "2022-04-04 00:53:51.577 UTC,a,#00CCC0,\"{X: 1, Y: 2, R: 3}\"\n":       `row 3: the place is "{X: 1, Y: 2, R: 3}"`,
		head + "2022-04-04 00:53:51.577 UTC,a,#00CCC0,\"1,99999\"\n":                  `row 3: the place is`,
		head + "2022-04-04 00:53:51.577 UTC,a,#00CCC0,\"1,2,3\"\n":                    `row 3: the place is`,
		head + "2022-04-04 00:53:51.577 UTC,a,#00CCC0\n":                              `row 3: the place is ""`,
		head + "2022-04-04 00:53:51.577 UTC,a,#00CCC0,\"" + strings.Repeat("9", 5000): `a.csv: `,
		head + "\"" + strings.Repeat("a,\n", mostAhead):                               `a row is longer than 1048576 bytes`,
		strings.Repeat("timestamp,", mostAhead):                                       `a row is longer than 1048576 bytes`,
		"PAR1" + strings.Repeat("x", 100):                                             `a.csv: `,
		"\x1f\x8b and so on":                                                          `a.csv: `,
	} {
		name := write(t, "a.csv", []byte(content))
		if _, err := readAll(t, name); err == nil || !strings.HasPrefix(err.Error(), name+": ") || !strings.Contains(err.Error(), want) || len(err.Error()) > 400 {
			t.Errorf("%.60q: %v", content, err)
		}
	}
	if rows, err := readAll(t, write(t, "a.csv", nil)); err != nil || len(rows) > 0 {
		t.Errorf("an empty file: %v %v", rows, err)
	}
	if _, err := readAll(t, "absent.csv"); err == nil {
		t.Error("no file")
	}
}

// secret is the network from which everything is drawn.
const secret canvas.NetworkID = 0xFEEDFACE1234

func pixels() (all []record.Pixel) {
	for i := range 3 * atOnce / 2 {
		all = append(all, record.Pixel{
			Time: at + int64(i)*7, X: uint16(i % 300), Y: uint16(i % 7), Color: canvas.Color(i % 32 * 0x080402), Before: canvas.Color(i), Known: i%3 > 0,
			User: canvas.Author(i % 5), Name: []string{"", "Ann", `"a, b"`, "=1+1", "'=x", "two\nlines"}[i%6], Cause: record.Cause([]string{"", "rollback"}[i%2]), Network: secret,
		})
	}
	return all
}

// TestWriters: what is written can be read, and has neither ids nor, unless they are asked for, names of
// users.
func TestWriters(t *testing.T) {
	all := pixels()
	for what, test := range map[string]struct {
		open  func(*bytes.Buffer, bool) Writer
		exact bool // has names as they are
	}{
		"csv":     {func(to *bytes.Buffer, names bool) Writer { return NewCSV(to, names) }, false},
		"parquet": {func(to *bytes.Buffer, names bool) Writer { return NewParquet(to, names) }, true},
	} {
		for _, names := range []bool{false, true} {
			var to, again bytes.Buffer
			for _, to := range []*bytes.Buffer{&to, &again} {
				w := test.open(to, names)
				for i := range all {
					if err := w.Write(&all[i]); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if text := strings.ToLower(to.String()); strings.Contains(text, secret.Text()) || strings.Contains(text, "network") {
				t.Errorf("%s: it tells networks", what)
			}
			rows, err := readAll(t, write(t, "a", to.Bytes()))
			if err != nil || len(rows) != len(all) {
				t.Fatalf("%s: %d rows of %d: %v", what, len(rows), len(all), err)
			}
			users := make(map[string]canvas.Author)
			for i, row := range rows {
				p := all[i]
				name := ""
				if names {
					name = strings.ReplaceAll(p.Name, "\n", " ")
					if test.exact {
						name = p.Name
					}
				}
				if row.Time != p.Time || row.X != int(p.X) || row.Y != int(p.Y) || row.Color != p.Color || row.Name != name {
					t.Fatalf("%s: row %d is %+v, want %+v", what, i, row, p)
				}
				if other, known := users[row.User]; known && other != p.User || (row.User == "") != (p.User == 0) {
					t.Fatalf("%s: row %d is %q's, who is %d and %d", what, i, row.User, p.User, other)
				}
				users[row.User] = p.User
			}
			others, err := readAll(t, write(t, "b", again.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if len(users) != 5 || rows[1].User == others[1].User || bytes.Contains(to.Bytes(), []byte("000000000001")) || !names && bytes.Contains(to.Bytes(), []byte("Ann")) {
				t.Errorf("%s: %d users; the same in both files: %v", what, len(users), rows[1].User == others[1].User)
			}
		}
	}
}

// BenchmarkWriters is what a row of an export takes to write.
func BenchmarkWriters(b *testing.B) {
	all := pixels()
	for name, open := range map[string]func() Writer{
		"csv": func() Writer { return NewCSV(nothing{}, false) }, "parquet": func() Writer { return NewParquet(nothing{}, false) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w := open()
			for i := 0; b.Loop(); i++ {
				p := &all[i%len(all)]
				p.Time = at + int64(i)
				if err := w.Write(p); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

type nothing struct{}

func (nothing) Write(b []byte) (int, error) { return len(b), nil }
