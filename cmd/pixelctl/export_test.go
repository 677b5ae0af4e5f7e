package main

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/files"
	"pixelplayground/cmd/commandline/s3"
	"pixelplayground/cmd/pixelctl/past"
	"pixelplayground/transport/api/history"
)

// drawnBy is what some users draw on a canvas of two regions and a bit, mostly over each other.
func drawnBy(pixels int) (canvas.Geometry, []drawnPixel) {
	const seed = 5
	random := rand.New(rand.NewPCG(seed, seed))
	g := canvas.Geometry{Width: 300, Height: 280, Region: 256}
	var all []drawnPixel
	for at := int64(0); len(all) < pixels; at += random.Int64N(300) {
		all = append(all, drawnPixel{at, random.IntN(12) * 27, random.IntN(12) * 25, canvas.Color(random.IntN(20) * 0x0A0B0C), canvas.Author(1 + random.IntN(6))})
	}
	return g, all
}

// drawnIn reads a record: without users, since they are others in a copy, but with whose pixels are one
// user's.
func drawnIn(t *testing.T, dir string) (all []string) {
	t.Helper()
	source, err := past.Files(t.Context(), dir, s3.Config(""))
	if err != nil {
		t.Fatal(err)
	}
	users := make(map[canvas.Author]int)
	for p, err := range source.Pixels(t.Context(), source.Geometry().Whole(), 0, 1<<50) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := users[p.User]; !ok {
			users[p.User] = len(users)
		}
		all = append(all, fmt.Sprint(p.Time, " ", p.X, ",", p.Y, " ", p.Color, " ", p.Before, p.Known, " ", users[p.User], " ", p.Seq))
	}
	return all
}

// TestExportAndImport: what is exported and imported again is the same record, pixel by pixel, for other
// users.
func TestExportAndImport(t *testing.T) {
	g, all := drawnBy(3000)
	dir := recorded(t, g, all)
	want := drawnIn(t, dir)
	if len(want) != len(all) {
		t.Fatalf("%d of %d pixels are recorded", len(want), len(all))
	}
	for _, ext := range []string{".csv", ".parquet"} {
		file, data := filepath.Join(t.TempDir(), "export"+ext), filepath.Join(t.TempDir(), "data")
		start(t, nil, "export", file, "--record", dir).expect(t, exitDone, "exported 3,000 pixels to "+file)
		made := start(t, nil, "import", file, "--data", data, "--canvas", "300x280")
		made.expect(t, exitDone, "imported 3,000 pixels in ")
		if said := "playground --data " + data + " --canvas 300x280 --record on\n"; made.out.String() != said {
			t.Errorf("%q, want %q", made.out.String(), said)
		}
		if got := drawnIn(t, filepath.Join(data, "record")); !slices.Equal(got, want) {
			t.Errorf("%s: %d pixels of %d, or others", ext, len(got), len(want))
		}
		if left, err := filepath.Glob(filepath.Join(data, "*")); err != nil || len(left) != 2 {
			t.Errorf("left: %v %v", left, err)
		}
		start(t, nil, "import", file, "--data", data).expect(t, exitFailed, "there is a record already")
	}
}

// TestImport_Refusals: what can't be imported leaves nothing, so that the same command can be given again.
func TestImport_Refusals(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	const head = "timestamp,user_id,pixel_color,coordinate\n2022-04-04 00:53:51.577 UTC,a,#00CCC0,\"-1,2\"\n"
	file := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(file, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"a.csv: row 2: -1,2 is left of the canvas or above it: move all pixels with --offset, for example --offset 1,0": {file},
		"there are pixels beyond 2x2: the canvas must be 5x3 or larger":                                                 {file, "--offset", "5,0", "--canvas", "2x2"},
		`--offset "5": must be X,Y`:                          {file, "--offset", "5"},
		`--canvas "5": must be`:                              {file, "--canvas", "5"},
		"absent.csv: no such file":                           {"absent.csv"},
		"is too large: 16000x16001, at most 67108864 pixels": {file, "--offset", "16000,15998"},
		"is beyond the largest canvas":                       {file, "--offset", "1,16384"},
	} {
		c := start(t, nil, append([]string{"import", "--data", data}, args...)...)
		if code := c.wait(t); code == exitDone || !strings.Contains(c.err.String(), want) {
			t.Errorf("%v: exit %d: %s", args, code, c.err.String())
		}
	}
	start(t, nil, "import", file, "--data", data, "--offset", "1,0").expect(t, exitDone, "imported 1 pixel")
}

// TestHistory: the pixels of a place, the newest first, from the files.
func TestHistory(t *testing.T) {
	g := canvas.Geometry{Width: 20, Height: 20, Region: 16}
	dir := recorded(t, g, []drawnPixel{{0, 17, 3, 0xFF0000, 1}, {1000, 17, 3, 0x00FF00, 2}, {2000, 0, 0, 0, 2}, {61_000, 17, 3, 0x0000FF, 1}})
	c := start(t, nil, "history", "17,3", "--record", dir, "--limit", "2")
	c.expect(t, exitDone, "there are others before: --limit 0 shows all")
	want := "TIME                 COLOUR   BEFORE   USER          NAME    WHY\n" +
		"2026-05-04 12:01:01  #0000FF  #00FF00  000000000001  user 1  \n" +
		"2026-05-04 12:00:01  #00FF00  #FF0000  000000000002  user 2  \n"
	if c.out.String() != want {
		t.Errorf("%s", &c.out)
	}
	start(t, nil, "history", "5,5", "--record", dir).expect(t, exitDone, "nobody is known to have placed a pixel at 5,5")
	start(t, nil, "history", "20,5", "--record", dir).expect(t, exitFailed, "20,5 is not on the canvas, which is 20x20")
	start(t, nil, "history", "5,5", "--record", filepath.Join(dir, "absent")).expect(t, exitFailed, "there is no such directory")
	start(t, nil, "history", "5,5", "--record", t.TempDir()).expect(t, exitFailed, "there is no record in ")
}

// TestPast_Retries: a server that is busy is asked again when it says so; one that refuses is not.
func TestPast_Retries(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch asked++; {
		case r.Header.Get("Authorization") != "Bearer pp_key":
			http.Error(w, `{"error":"only members may look"}`, http.StatusForbidden)
		case asked < 3:
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			fmt.Fprint(w, `{"pixels":[{"seq":7,"time":1000,"color":"#00FF00","before":"#FFFFFF","user":"0000000000ab","name":"Ann"}],"more":false}`)
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	g := canvas.Geometry{Width: 20, Height: 20, Region: 16}
	found, _, err := past.Server(server.URL, "pp_key", g).Before(t.Context(), 17, 3, 0, 1)
	want := record.Pixel{Region: 1, Seq: 7, Time: 1000, X: 17, Y: 3, Color: 0x00FF00, Before: 0xFFFFFF, Known: true, User: 0xAB, Name: "Ann"}
	if err != nil || len(found) != 1 || found[0] != want {
		t.Errorf("%+v %v", found, err)
	}
	asked = 0
	if _, _, err := past.Server(server.URL, "", g).Before(t.Context(), 17, 3, 0, 1); err == nil || asked != 1 || !strings.Contains(err.Error(), "403 Forbidden: only members may look") {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

// tell starts a server that tells of a record, at most so many pixels of a region at once.
func tell(t *testing.T, g canvas.Geometry, dir string, limit int) past.Source {
	t.Helper()
	place, err := files.Open(dir, s3.Config(""))
	if err != nil {
		t.Fatal(err)
	}
	h := history.New(history.Ports{
		Record: record.NewReader(place, nil, record.Config{Geometry: g}), Geometry: g, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Encode: func(f func()) { f() }, Private: func() bool { return false },
		Begin: func(w http.ResponseWriter, r *http.Request, _ int) (history.Job, bool) { return answering{w}, true },
	})
	mux := http.NewServeMux()
	for path, methods := range h.Routes() {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/api/history/") {
				r.URL.RawQuery += fmt.Sprint("&limit=", limit)
			}
			methods["GET"](w, r)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return past.Server(server.URL, "", g)
}

// answering is a job that nothing bounds.
type answering struct{ http.ResponseWriter }

func (answering) Charge(context.Context, int) error { return nil }
func (answering) End()                              {}

// TestPast_ServerTellsTheSame: a server tells what is in the files, in the same order, however many
// answers that takes.
func TestPast_ServerTellsTheSame(t *testing.T) {
	g, all := drawnBy(2000)
	dir := recorded(t, g, all)
	fromFiles, err := past.Files(t.Context(), dir, s3.Config(""))
	if err != nil {
		t.Fatal(err)
	}
	fromServer := tell(t, g, dir, 300)
	want, err := fromFiles.Span(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fromServer.Span(t.Context()); err != nil || got.First != want.First || got.Last != want.Last || got.Pixels != 2000 {
		t.Errorf("%+v, want %+v; %v", got, want, err)
	}
	for _, test := range []struct {
		area      image.Rectangle
		after, to int64
	}{{g.Whole(), 0, want.Last}, {image.Rect(0, 0, 10, 10), want.First + 1000, want.Last - 1000}, {image.Rect(250, 0, 300, 280), want.First, want.First + 60_000}} {
		read := func(source past.Source) (list []record.Pixel) {
			for p, err := range source.Pixels(t.Context(), test.area, test.after, test.to) {
				if err != nil {
					t.Fatal(err)
				}
				p.Epoch = 0 // which no answer has
				list = append(list, p)
			}
			return list
		}
		if a, b := read(fromFiles), read(fromServer); len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%v: %d pixels from the files, %d from the server, or others", test.area, len(a), len(b))
		}
	}
	a, more, err := fromFiles.Before(t.Context(), all[0].x, all[0].y, 0, 3)
	b, others, bad := fromServer.Before(t.Context(), all[0].x, all[0].y, 0, 3)
	for i := range a {
		a[i].Epoch = 0
	}
	if err != nil || bad != nil || more != others || !slices.Equal(a, b) {
		t.Errorf("%+v %v %v, %+v %v %v", a, more, err, b, others, bad)
	}
}
