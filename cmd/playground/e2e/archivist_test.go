//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// stroker is the only one who draws on region 0, in strokes of many pixels, so that the region is
// recorded again and again.
type stroker struct {
	t      *testing.T
	client *client.Client
	drawn  []canvas.Dot // in order, all acknowledged
}

func newStroker(t *testing.T, urls ...string) *stroker {
	return &stroker{t: t, client: dial(t, client.Config{URLs: urls, Name: "Ada"})}
}

// draw places n pixels, one stroke after the other, each pixel in a colour of its own.
func (s *stroker) draw(n int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for most := len(s.drawn) + n; len(s.drawn) < most; {
		dots := make([]canvas.Dot, min(500, most-len(s.drawn)))
		for i := range dots {
			at := len(s.drawn) + i
			dots[i] = canvas.Dot{X: uint16(at * 7 % 64), Y: uint16(at / 64 % 64), Color: canvas.Color(at)}
		}
		if err := s.client.Place(ctx, dots); err != nil {
			s.t.Fatal(err)
		}
		s.drawn = append(s.drawn, dots...)
	}
}

// told checks that a server tells all that was drawn, once and in order, but for what is in gaps, and
// returns how many pixels those have.
func (s *stroker) told(by *server) (gaps uint64) {
	s.t.Helper()
	var stats struct {
		Gaps []struct{ From, To uint64 }
	}
	// Counts are kept for ten seconds, so each time another period is asked for.
	if err := json.Unmarshal(by.ask(fmt.Sprintf("/api/stats?to=%d", time.Now().Add(time.Hour).UnixMilli()), ""), &stats); err != nil {
		s.t.Fatal(err)
	}
	missing := func(seq uint64) bool {
		for _, g := range stats.Gaps {
			if g.From < seq && seq <= g.To {
				return true
			}
		}
		return false
	}
	lines := by.lines(0)
	for i, d := range s.drawn {
		switch seq := uint64(i) + 1; {
		case missing(seq):
			gaps++
		case len(lines) == 0 || lines[0].Seq != seq || lines[0].Color != d.Color.String() || lines[0].X != int(d.X) || lines[0].Y != int(d.Y) || lines[0].Name != "Ada":
			s.t.Fatalf("pixel %d is %v, told is %+v", seq, d, lines[:min(1, len(lines))])
		default:
			lines = lines[1:]
		}
	}
	if len(lines) > 0 {
		s.t.Errorf("%d pixels too many are told, the first is %+v", len(lines), lines[0])
	}
	return gaps
}

var segmentName = regexp.MustCompile(`/pixels-\d+-(\d+)-`)

// recordedTo is how far the files in a directory go for region 0.
func recordedTo(dir string) (to int) {
	names, _ := filepath.Glob(dir + "/region-0000/pixels-*")
	for _, name := range names {
		if m := segmentName.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[1])
			to = max(to, n)
		}
	}
	return to
}

// writes waits until the record in a directory has come at least so far.
func writes(t *testing.T, dir string, to int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d pixels are recorded", to), func() error {
		if at := recordedTo(dir); at < to {
			return fmt.Errorf("%d are", at)
		}
		return nil
	})
}

// behind waits until a canvas server says that its record is behind, or until none does. All must take
// people meanwhile.
func (p *pods) behind(want bool) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("the record is behind: %t", want), func() error {
		behind := ""
		for _, s := range p.canvases {
			body, err := get(s.url + "/readyz?for=drawing")
			if err != nil {
				return err
			}
			var said struct{ Record string }
			if err := json.Unmarshal(body, &said); err != nil {
				return err
			}
			behind += said.Record
		}
		if (behind != "") != want {
			return fmt.Errorf("they say %q", behind)
		}
		return nil
	})
}

// threshold is how many pixels of a region wait at most before they are recorded.
const threshold = 16 << 10

// I9, with the files of the record: whoever owns the region goes on recording it, after kill -9 of the
// owner and after a handoff. While the record is away people draw, and what the buffer holds is
// recorded when it is back. What it does not hold is a gap, and nothing else is.
func TestArchivist_Cluster(t *testing.T) {
	beside(t)
	const buffer = 40_000
	kept := filepath.Join(t.TempDir(), "record")
	record := []string{"--record", kept, "--record-buffer", fmt.Sprint(buffer), "--log-pixels", "2000"}
	p := newPods(t)
	p.gateways = append(p.gateways, p.start("gateway", record...)) // a seed, which stays
	p.canvases = append(p.canvases, p.start("canvas", record...), p.start("canvas", record...))
	p.await(p.all()...)
	p.settled(3)
	s := newStroker(t, p.gateways[0].ws())
	owner := func() (at int) {
		t.Helper()
		eventually(t, "somebody owns the region", func() error {
			r, err := p.gateways[0].cluster()
			for i, c := range p.canvases {
				for _, m := range r.Members {
					if c.cmd != nil && m.Name == nameOf(c) && m.ID == r.Regions[0].Owner && r.Regions[0].State == "serving" {
						at = i
						return nil
					}
				}
			}
			return fmt.Errorf("%+v: %v", r, err)
		})
		return at
	}
	s.draw(threshold + 3000)
	writes(t, kept, threshold)
	for _, end := range []func(*server){(*server).kill, func(s *server) { s.terminate() }} {
		at := owner()
		end(p.canvases[at])
		s.draw(threshold + 3000)
		p.canvases[at] = p.start("canvas", record...)
		p.await(p.canvases[at])
		p.settled(3)
		s.draw(3000)
		writes(t, kept, len(s.drawn)-threshold)
	}
	if n := s.told(p.gateways[0]); n > 0 {
		t.Errorf("%d pixels are in gaps", n)
	}

	for _, c := range []struct{ draws, least, most int }{
		{buffer - threshold - 3000, 0, 0}, // fits, with what waits already
		{buffer + 2*threshold, threshold / 2, 3 * threshold},
	} {
		if err := os.Rename(kept, kept+".away"); err != nil {
			t.Fatal(err)
		}
		s.draw(c.draws)
		p.behind(true)
		if err := os.Rename(kept+".away", kept); err != nil {
			t.Fatal(err)
		}
		p.behind(false)
		writes(t, kept, len(s.drawn)-threshold)
		if n := int(s.told(p.gateways[0])); n < c.least || n > c.most {
			t.Errorf("%d pixels were drawn while the record was away, and %d are in gaps, want %d to %d", c.draws, n, c.least, c.most)
		}
	}
}

// I9, embedded: kill -9 in the middle of drawing and recording, and a record that is turned on when
// there is a canvas already.
func TestArchivist_Embedded(t *testing.T) {
	beside(t)
	server := start(t, "--canvas", "256x256", "--region", "64", "--rate", "0")
	dir := filepath.Join(server.args[1], "record")
	before := newStroker(t, server.ws())
	before.draw(5000)
	server.kill()
	server.args = append(server.args, "--record", "on")
	server.restart()
	s := newStroker(t, server.ws())
	s.drawn = before.drawn
	for range 3 {
		s.draw(threshold)
		server.kill()
		server.restart()
		s.draw(3000)
	}
	writes(t, dir, len(s.drawn)-threshold)
	if n := s.told(server); n > 0 {
		t.Errorf("%d pixels are in gaps", n)
	}
}
