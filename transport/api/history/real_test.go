package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
	"pixelplayground/codec"
)

// world is a region that is drawn in and recorded, and the routes over its record.
type world struct {
	*testing.T
	desk   *desk
	rnd    *rand.Rand
	drawn  *recordtest.Drawing
	log    *recordtest.Log
	writer *record.Writer
	reader *record.Reader
	times  []int64 // of the batches
}

func newWorld(t *testing.T, seed uint64) *world {
	files, log := recordtest.NewMemory(), recordtest.NewLog()
	cfg := record.Config{Geometry: small, Segment: 300, Log: slog.New(slog.DiscardHandler)}
	w := &world{
		T: t, rnd: rand.New(rand.NewPCG(seed, 0)), drawn: recordtest.NewDrawing(seed, small, 0), log: log,
		writer: record.NewWriter(files, log, cfg), reader: record.NewReader(files, log, cfg),
	}
	w.desk = newDeskOf(t, w.reader)
	return w
}

// draw places some pixels, and records them or leaves them to the log. Sometimes the log loses what is
// not recorded: then there is a gap.
func (w *world) draw(gaps bool) {
	if w.rnd.IntN(3) == 0 {
		w.drawn.Wait(int64(w.rnd.IntN(5000)))
	}
	if w.rnd.IntN(4) == 0 {
		w.drawn.Claim()
	}
	for _, b := range w.drawn.Draw(1 + w.rnd.IntN(200)) {
		w.log.Append(b)
		w.times = append(w.times, b.Time)
	}
	now := w.drawn.Snapshot()
	if gaps && w.rnd.IntN(2) == 0 {
		w.log.Trim(0, now.Position.Seq-uint64(w.rnd.IntN(2)*w.rnd.IntN(50)))
	}
	if gaps || w.rnd.IntN(2) == 0 {
		if _, err := w.writer.Advance(w.Context(), 0, now); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) ask(format string, args ...any) *httptest.ResponseRecorder {
	w.Helper()
	answer := w.desk.ask("GET", fmt.Sprintf(format, args...))
	if answer.Code != 200 {
		w.Fatal(answer.Code, answer.Body)
	}
	return answer
}

// check asks for the time between two moments, and compares where that leads with what the record says
// the region was then.
func (w *world) check(from, to int64) {
	w.Helper()
	want, _, err := w.reader.Tile(w.Context(), 0, time.UnixMilli(to))
	if err != nil {
		w.Fatal(err)
	}
	all := messages(w.T, w.ask("/api/history/0?from=%d&to=%d", from, to).Body)
	tile, seq := replay(w.T, small, 0, all)
	if !bytes.Equal(tile, want.Tile) || seq != want.Position.Seq {
		w.Fatalf("from %d to %d leads to %d; at %d the region was another, or at %d", from, to, seq, to, want.Position.Seq)
	}
	first := all[0].(codec.PastSnapshot)
	was, _, _ := w.reader.Tile(w.Context(), 0, time.UnixMilli(from))
	if begun, _ := codec.DecompressTile(first.Data, 16, 16); !bytes.Equal(begun, was.Tile) {
		w.Fatalf("at %d the region was another", from)
	}
}

// TestReal_AnswersLeadToTheCanvas: over a real record, whatever time is asked for, the answer leads from
// what was there to what is there then; and all of it to what is there now.
func TestReal_AnswersLeadToTheCanvas(t *testing.T) {
	for _, gaps := range []bool{false, true} {
		t.Run(fmt.Sprintf("gaps %v", gaps), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			w := newWorld(t, seed)
			for range 8 {
				w.draw(gaps)
				now := w.drawn.Snapshot()
				tile, seq := replay(t, small, 0, messages(t, w.ask("/api/history/0").Body))
				if !bytes.Equal(tile, now.Tile) || seq != now.Position.Seq {
					t.Fatalf("all leads to %d, and not to what the region is at %d", seq, now.Position.Seq)
				}
				for range 2 {
					from, to := w.times[w.rnd.IntN(len(w.times))], w.times[w.rnd.IntN(len(w.times))]
					w.check(min(from, to)-int64(w.rnd.IntN(2)), max(from, to))
				}
			}
			w.pages()
		})
	}
}

// pages asks for all of it in pages, as lines, which must have every pixel once.
func (w *world) pages() {
	w.Helper()
	known := make(map[uint64]bool)
	target := "/api/history/0?limit=70"
	for range 1000 {
		answer := w.desk.ask("GET", target, "Accept", lines)
		target = ""
		for line := range strings.Lines(answer.Body.String()) {
			var p struct {
				Seq, After uint64
				From       int64
				More       bool
			}
			if err := json.Unmarshal([]byte(line), &p); err != nil {
				w.Fatal(err)
			}
			if p.More {
				target = fmt.Sprintf("/api/history/0?limit=70&from=%d&after=%d", p.From, p.After)
			} else if known[p.Seq] {
				w.Fatalf("%d comes twice", p.Seq)
			}
			known[p.Seq] = !p.More
		}
		if target == "" {
			break
		}
	}
	for p, err := range w.reader.Pixels(w.Context(), 0, time.Time{}, time.Time{}) {
		if err != nil || !known[p.Seq] {
			w.Fatalf("%d is missing: %v", p.Seq, err)
		}
		delete(known, p.Seq)
	}
	delete(known, 0)
	for seq, pixel := range known {
		if pixel {
			w.Fatalf("%d is not a pixel", seq)
		}
	}
}

// TestReal_Authors: what a pixel's history says is what was drawn, also while it moves from the log into
// files.
func TestReal_Authors(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := newWorld(t, seed)
	type placed struct {
		color canvas.Color
		user  string
		name  string
	}
	past := make(map[uint16][]placed) // by position, oldest first
	for round := range 6 {
		from := w.drawn.Snapshot().Position.Seq
		w.draw(false)
		batches, _ := w.log.History(t.Context(), 0, from, 1000)
		for _, b := range batches {
			for i := range b.Ops {
				for _, p := range b.Ops[i].Pixels {
					past[p.Pos] = append(past[p.Pos], placed{p.Color, b.Ops[i].By().Text(), b.Ops[i].Name})
				}
			}
		}
		for pos, all := range past {
			if w.rnd.IntN(4) > 0 && round < 5 {
				continue
			}
			x, y := small.Point(0, pos)
			var got struct {
				Pixels []struct{ Color, Before, User, Name string }
				More   bool
			}
			answer := w.ask("/api/pixel/%d/%d/history?limit=3", x, y)
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Pixels) != min(3, len(all)) || got.More != (len(all) > 3) {
				t.Fatalf("(%d,%d): %d pixels and more is %v, of %d", x, y, len(got.Pixels), got.More, len(all))
			}
			for i, p := range got.Pixels {
				want, before := all[len(all)-1-i], canvas.Background
				if at := len(all) - 2 - i; at >= 0 {
					before = all[at].color
				}
				if p.Color != want.color.String() || p.User != want.user || p.Name != want.name || p.Before != before.String() {
					t.Fatalf("(%d,%d), %d before the last: %+v, want %+v before which it was %v", x, y, i, p, want, before)
				}
			}
		}
	}
}
