//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client"
)

// drawer is a person that draws on rows of the canvas that are its own, one op after the other.
type drawer struct {
	t      *testing.T
	name   string
	client *client.Client
	row    int // its rows are this one and every fourth after it
	rnd    *rand.Rand
	drawn  []canvas.Dot // in order, all acknowledged
}

// draw places ops of up to 30 pixels, until n pixels are acknowledged.
func (d *drawer) draw(n int) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for most := len(d.drawn) + n; len(d.drawn) < most; {
		dots := make([]canvas.Dot, 1+d.rnd.IntN(30))
		for i := range dots {
			dots[i] = canvas.Dot{X: uint16(d.rnd.IntN(256)), Y: uint16(4*d.rnd.IntN(64) + d.row), Color: canvas.Color(d.rnd.IntN(1 << 24))}
		}
		if err := d.client.Place(ctx, dots); err != nil {
			d.t.Errorf("%s: %v", d.name, err)
			return
		}
		d.drawn = append(d.drawn, dots...)
	}
}

// fill draws so much in the first region that it is recorded, and waits until it is.
func (d *drawer) fill(kept string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 5 { // of 20,480 pixels 16,384 are recorded at once
		dots := make([]canvas.Dot, codec.MaxPlacePixels)
		for i := range dots {
			dots[i] = canvas.Dot{X: uint16(d.rnd.IntN(64)), Y: uint16(4*d.rnd.IntN(16) + d.row), Color: canvas.Color(d.rnd.IntN(1 << 24))}
		}
		if err := d.client.Place(ctx, dots); err != nil {
			d.t.Fatal(err)
		}
		d.drawn = append(d.drawn, dots...)
	}
	eventually(d.t, "the first region is recorded", func() error {
		files, err := filepath.Glob(filepath.Join(kept, "region-0000", "latest-*"))
		if err == nil && len(files) == 0 {
			err = errors.New("there is no file")
		}
		return err
	})
}

func drawTogether(all []*drawer, n int) {
	var drawing sync.WaitGroup
	for _, d := range all {
		drawing.Go(func() { d.draw(n) })
	}
	drawing.Wait()
}

// told is a pixel in the answers about what was drawn.
type told struct {
	X     int    `json:"x"`
	Y     int    `json:"y"`
	Seq   uint64 `json:"seq"`
	Time  int64  `json:"time"`
	Color string `json:"color"`
	User  string `json:"user"`
	Name  string `json:"name"`
}

// ask asks a server, and waits as it says where it has to.
func (s *server) ask(path, accept string) []byte {
	s.t.Helper()
	var body []byte
	eventually(s.t, path, func() error {
		r, err := http.NewRequest(http.MethodGet, s.url+path, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Accept", accept)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if body, err = io.ReadAll(answer.Body); err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", answer.Status, body)
		}
		return err
	})
	return body
}

// lines is the history of a region, as JSON lines tell it.
func (s *server) lines(region int) (all []told) {
	s.t.Helper()
	lines := json.NewDecoder(bytes.NewReader(s.ask(fmt.Sprintf("/api/history/%d?to=now", region), "application/x-ndjson")))
	for lines.More() {
		var one told
		if err := lines.Decode(&one); err != nil {
			s.t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// replayed is a region as the messages of its history leave it.
func (s *server) replayed(region int) canvas.Tile {
	s.t.Helper()
	from := bytes.NewReader(s.ask(fmt.Sprintf("/api/history/%d", region), ""))
	var tile canvas.Tile
	for {
		m, err := codec.NextPast(from)
		if err != nil {
			s.t.Fatalf("region %d: the answer broke off: %v", region, err)
		}
		switch m := m.(type) {
		case codec.PastSnapshot:
			_, _, width, height := geometry.Bounds(canvas.RegionID(region))
			if tile, err = codec.DecompressTile(m.Data, width, height); err != nil {
				s.t.Fatal(err)
			}
		case codec.PastPixels:
			for _, p := range m.Pixels {
				tile.Set(p.Pos, p.Color)
			}
		case codec.PastEnd:
			return tile
		}
	}
}

// checkHistory: a server knows every acknowledged pixel once, in its order, with its author, and all
// its answers lead to the canvas as it is.
func checkHistory(t *testing.T, s *server, all []*drawer) {
	t.Helper()
	now := s.ask("/api/canvas.png", "")
	if past := s.ask("/api/canvas.png?at=now", ""); !bytes.Equal(past, now) {
		t.Error("canvas.png?at=now is not canvas.png")
	}
	known := make(map[string][]canvas.Dot) // by the name of who drew them
	users := make(map[string]string)
	total := 0
	for region := range geometry.Regions() {
		tile := canvas.NewTile(geometry.Region, geometry.Region)
		lines := s.lines(region)
		for i, p := range lines {
			if p.Seq != uint64(i+1) || i > 0 && p.Time < lines[i-1].Time {
				t.Fatalf("region %d: pixel %d at %d follows %d", region, p.Seq, p.Time, i)
			}
			color, err := canvas.ParseColor(p.Color)
			if err != nil {
				t.Fatal(err)
			}
			_, pos := geometry.Locate(p.X, p.Y)
			tile.Set(pos, color)
			known[p.Name] = append(known[p.Name], canvas.Dot{X: uint16(p.X), Y: uint16(p.Y), Color: color})
			users[p.Name] = p.User
		}
		total += len(lines)
		if !bytes.Equal(tile, s.replayed(region)) {
			t.Errorf("region %d: lines and messages do not lead to the same", region)
		}
	}
	placed := 0
	for _, d := range all {
		placed += len(d.drawn)
		if want := byRegion(d.drawn); !slices.Equal(known[d.name], want) {
			t.Errorf("%d pixels of %s are known, %d were placed; or they are others, or in another order", len(known[d.name]), d.name, len(want))
		}
		if want := fmt.Sprintf("%012x", uint64(d.client.Welcome().User)); users[d.name] != want {
			t.Errorf("%s is said to be %s, and is %s", d.name, users[d.name], want)
		}
	}
	if total != placed {
		t.Errorf("%d pixels are known, %d were placed", total, placed)
	}
	var counted struct {
		Pixels int `json:"pixels"`
		Gaps   []any
		Users  []struct {
			User, Name string
			Pixels     int
		}
	}
	// Counts are kept for ten seconds, so each time another period is asked for.
	if err := json.Unmarshal(s.ask(fmt.Sprintf("/api/stats?to=%d", time.Now().Add(time.Hour).UnixMilli()), ""), &counted); err != nil {
		t.Fatal(err)
	}
	if counted.Pixels != placed || len(counted.Users) != len(all) || len(counted.Gaps) > 0 {
		t.Errorf("counted %+v of %d pixels", counted, placed)
	}
	last := all[0].drawn[len(all[0].drawn)-1]
	var who told
	if err := json.Unmarshal(s.ask(fmt.Sprintf("/api/pixel/%d/%d", last.X, last.Y), ""), &who); err != nil || who.Name != all[0].name || who.Color != last.Color.String() {
		t.Errorf("%+v placed %v: %v", who, last, err)
	}
}

// byRegion is pixels in the order of their regions, and within each in theirs.
func byRegion(dots []canvas.Dot) []canvas.Dot {
	sorted := slices.Clone(dots)
	slices.SortStableFunc(sorted, func(a, b canvas.Dot) int {
		ra, _ := geometry.Locate(int(a.X), int(a.Y))
		rb, _ := geometry.Locate(int(b.X), int(b.Y))
		return int(ra) - int(rb)
	})
	return sorted
}

func newDrawers(t *testing.T, urls ...[]string) (all []*drawer) {
	for i, name := range []string{"Ada", "Bob", "Grace"} {
		seed := rand.Uint64()
		t.Logf("%s draws with seed %d", name, seed)
		c := dial(t, client.Config{URLs: urls[i%len(urls)], Name: name})
		all = append(all, &drawer{t: t, name: name, client: c, row: i, rnd: rand.New(rand.NewPCG(seed, 0))})
	}
	return all
}

// TestHistory_SurvivesKill: what was drawn is known after kill -9 of a server, whether it was recorded or
// not.
func TestHistory_SurvivesKill(t *testing.T) {
	beside(t)
	kept := t.TempDir()
	s := start(t, "--canvas", "256x256", "--region", "64", "--rate", "0", "--record", kept)
	all := newDrawers(t, []string{s.ws()})
	all[0].fill(kept)
	drawTogether(all, 1000)
	checkHistory(t, s, all)
	before, at := s.ask("/api/canvas.png", ""), s.lastTime()
	for range 2 {
		s.kill()
		s.restart()
		checkHistory(t, s, all)
		drawTogether(all, 500)
		checkHistory(t, s, all)
	}
	if past := s.ask(fmt.Sprintf("/api/canvas.png?at=%d", at), ""); !bytes.Equal(past, before) {
		t.Error("the canvas as it was before is not what it was")
	}
}

// lastTime is when the last pixel was placed.
func (s *server) lastTime() (last int64) {
	for region := range geometry.Regions() {
		if lines := s.lines(region); len(lines) > 0 {
			last = max(last, lines[len(lines)-1].Time)
		}
	}
	return last
}

// TestHistory_Cluster: any gateway answers, what is acknowledged at once, and whatever dies.
func TestHistory_Cluster(t *testing.T) {
	beside(t)
	kept := t.TempDir()
	p := newPods(t)
	for range 2 {
		p.canvases = append(p.canvases, p.start("canvas", "--record", kept))
	}
	for range 2 {
		p.gateways = append(p.gateways, p.start("gateway", "--record", kept))
	}
	bare := p.start("gateway")
	p.await(append(p.all(), bare)...)
	p.settled(5)
	all := newDrawers(t, []string{p.gateways[0].ws(), p.gateways[1].ws()}, []string{p.gateways[1].ws(), p.gateways[0].ws()})
	all[1].fill(kept)
	drawTogether(all, 1000)
	for _, s := range p.gateways {
		checkHistory(t, s, all)
	}
	for i := range 50 { // what is acknowledged by one is known to the other
		d := all[i%len(all)]
		d.draw(1)
		last := d.drawn[len(d.drawn)-1]
		for _, s := range p.gateways {
			var who told
			if err := json.Unmarshal(s.ask(fmt.Sprintf("/api/pixel/%d/%d", last.X, last.Y), ""), &who); err != nil || who.Name != d.name || who.Color != last.Color.String() {
				t.Fatalf("%+v placed %v, says %s: %v", who, last, s.url, err)
			}
		}
	}
	if _, err := get(bare.url + "/api/stats"); err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "without --record") {
		t.Errorf("a gateway without a record says %v", err)
	}

	var drawing sync.WaitGroup
	drawing.Go(func() { drawTogether(all, 2000) })
	p.canvases[0].kill()
	p.canvases[0] = p.start("canvas", "--record", kept)
	p.await(p.canvases[0])
	drawing.Wait()
	p.gateways[0].kill()
	drawTogether(all, 500)
	p.gateways[0] = p.start("gateway", "--record", kept)
	p.await(p.gateways[0])
	for _, s := range p.gateways {
		checkHistory(t, s, all)
	}
}
