package contend

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/report/reporttest"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

func contend(t *testing.T, faults clienttest.Faults, change func(*Config)) *report.Report {
	t.Helper()
	s := clienttest.NewCanvas(t, clienttest.Small(), faults)
	cfg := Config{
		Fleet: fleet.Config{Targets: []string{s.URL()}, Patience: 2 * time.Second}, Clients: 4, Pixels: 2, Rounds: 6,
	}
	if change != nil {
		change(&cfg)
	}
	test, err := cfg.Test(cfg.Fleet)
	if err != nil {
		t.Fatal(err)
	}
	r, err := test.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestContend_FailsAsItShould: each fault of the server fails the check for it, and no other.
func TestContend_FailsAsItShould(t *testing.T) {
	frames := func(b *canvas.Batch) []codec.ServerMessage { return []codec.ServerMessage{codec.Pixels{Batch: *b}} }
	repaint := func(b *canvas.Batch, c canvas.Color) *canvas.Batch {
		other := *b
		other.Ops = []canvas.Op{{ID: b.Ops[0].ID, Pixels: []canvas.Pixel{{Pos: b.Ops[0].Pixels[0].Pos, Color: c}}}}
		return &other
	}
	var held *canvas.Batch
	for _, test := range []struct {
		name   string
		faults clienttest.Faults
		change func(*Config)
		failed string
	}{
		{"nothing", clienttest.Faults{}, nil, ""},
		{"nothing, in JSON", clienttest.Faults{}, func(c *Config) { c.Fleet.JSON = true }, ""},
		{"one replica is wrong", clienttest.Faults{Pixels: func(i, n int, b *canvas.Batch) []codec.ServerMessage {
			if i == 2 && n > 10 {
				return frames(repaint(b, 5))
			}
			return frames(b)
		}}, func(c *Config) { c.Rounds = 20 }, "alone, agreement, linearizable"},
		{"HTTP is old", clienttest.Faults{HTTPRead: func(int, int, canvas.Color) canvas.Color { return canvas.Background }},
			func(c *Config) { c.Rounds = 20 }, "agreement, linearizable"},
		{"two exchanged for one client", clienttest.Faults{Pixels: func(i, n int, b *canvas.Batch) []codec.ServerMessage {
			switch {
			case i != 2 || n < 10:
			case n == 10:
				held = b
				return nil
			case held != nil && held.Region == b.Region && held.Ops[0].Pixels[0].Pos == b.Ops[0].Pixels[0].Pos:
				first, second := repaint(held, b.Ops[0].Pixels[0].Color), repaint(b, held.Ops[0].Pixels[0].Color)
				held = nil
				return append(frames(first), frames(second)...)
			case held != nil:
				return frames(b)
			}
			return frames(b)
		}}, func(c *Config) { c.Pixels = 1 }, "one order"},
		{"one is refused", clienttest.Faults{Refuse: func(i int, p codec.Place) codec.Refused {
			if i == 2 && p.Op == 3 {
				return codec.Refused{Code: canvas.RefusedBusy}
			}
			return codec.Refused{}
		}}, nil, "placing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			held = nil
			r := contend(t, test.faults, test.change)
			if got := reporttest.Failed(r); got != test.failed {
				t.Errorf("failed: %s, want %s: %+v", got, test.failed, r.Verdicts)
			}
			if v := reporttest.Verdict(t, r, "linearizable"); test.failed == "" && !strings.Contains(v.Text, ": 0 contradictions, 0 pixels undecided") {
				t.Error(v.Text)
			}
		})
	}
}

// done makes an answered write.
func done(client int, color canvas.Color, seq uint64, call, at time.Duration) *write {
	return &write{client: client, color: color, seq: seq, call: call, at: at}
}

// TestContend_Last: the final colour is found even if no client was shown it in a frame that gives
// its number.
func TestContend_Last(t *testing.T) {
	const initial, one, two, three canvas.Color = 0x1, 0x2, 0x3, 0x4
	numbered := []*write{done(0, one, 10, 0, 0), done(0, two, 20, 0, 0), done(0, three, 0, 0, 0)}
	exact := func(c canvas.Color, seq uint64) replica { return replica{{known: true, color: c, seq: seq}} }
	merged := func(c canvas.Color, upTo uint64) replica { return replica{{known: true, color: c, upTo: upTo}} }
	for _, test := range []struct {
		name     string
		replicas []replica
		want     canvas.Color
	}{
		{"by number", []replica{exact(one, 10), exact(two, 20)}, two},
		{"merged for all", []replica{merged(three, 30), merged(three, 30)}, three},
		{"merged for all, that and no more", []replica{merged(two, 20), merged(two, 25)}, two},
		{"merged long ago", []replica{merged(three, 15), exact(two, 20)}, two},
		{"merged for one", []replica{exact(two, 20), merged(three, 21)}, three},
		{"the later of the merged", []replica{merged(one, 21), merged(three, 30), merged(one, 22)}, three},
		{"nothing is known", []replica{{{}}, {{}}}, two},
	} {
		c := &Test{replicas: test.replicas, history: &history{initial: []canvas.Color{initial}}}
		if got := c.last(numbered)[0]; got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestExplain_FindsContradictions(t *testing.T) {
	reads := func(list ...look) []look { return list }
	for _, test := range []struct {
		name   string
		writes []*write
		reads  []look
		stale  time.Duration
		fault  string // empty: none
	}{
		{"nothing", nil, nil, 0, ""},
		{"one after the other", []*write{done(0, 1, 1, 10, 20), done(1, 2, 2, 30, 40)}, reads(look{color: 1, begun: 21, ended: 29}, look{color: 2, begun: 41, ended: 50}), 0, ""},
		{"at once, either order", []*write{done(0, 1, 2, 10, 20), done(1, 2, 1, 10, 20)}, nil, 0, ""},
		{"before anything", nil, reads(look{color: 9, begun: 1, ended: 2}), 0, ""},
		{"numbered against time", []*write{done(0, 1, 2, 10, 20), done(1, 2, 1, 30, 40)}, nil, 0, "#000001 (number 2) was acknowledged at 20ns, but at 30ns client 1 began to write #000002"},
		{"old", []*write{done(0, 1, 1, 10, 20), done(1, 2, 2, 30, 40)}, reads(look{client: 3, color: 1, begun: 45, ended: 50, how: "http"}), 0, "#000002 (number 2) was acknowledged at 40ns, but at 45ns client 3"},
		{"old, but not too old", []*write{done(0, 1, 1, 10, 20), done(1, 2, 2, 30, 40)}, reads(look{color: 1, begun: 45, ended: 50}), 5, ""},
		{"too old by 1 ns", []*write{done(0, 1, 1, 10, 20), done(1, 2, 2, 30, 40)}, reads(look{color: 1, begun: 46, ended: 50}), 5, "acknowledged at 40ns"},
		{"of the future", []*write{done(0, 1, 1, 10, 20)}, reads(look{client: 4, color: 1, begun: 1, ended: 9}), 0, "client 4 had read #000001 by 9ns"},
		{"new, then old", []*write{done(0, 1, 1, 10, 20), done(1, 2, 2, 30, 90)}, reads(look{color: 2, begun: 40, ended: 50}, look{client: 5, color: 1, begun: 60, ended: 70}), 0, "had read #000002 by 50ns"},
		{"nobody wrote it", nil, reads(look{client: 6, color: 3, begun: 1, ended: 2}), 0, "client 6 read #000003 at 2ns"},
		{"without an answer, and not shown", []*write{done(0, 1, 0, 10, 0)}, reads(look{color: 9, begun: 50, ended: 60}), 0, ""},
		{"without an answer, and shown", []*write{done(0, 1, 1, 10, 0)}, reads(look{color: 1, begun: 50, ended: 60}), 0, ""},
	} {
		faults, known := explain(9, test.writes, test.reads, 0, test.stale)
		got := strings.Join(faults, "; ")
		if !known || test.fault == "" && got != "" || !strings.Contains(got, test.fault) {
			t.Errorf("%s: %q, want %q", test.name, got, test.fault)
		}
		want := porcupine.Ok
		if test.fault != "" {
			want = porcupine.Illegal
		}
		if got := porcupine.CheckOperationsTimeout(register(9), operations(9, test.writes, test.reads, 0, test.stale), clienttest.Patience); got != want {
			t.Errorf("%s: the search finds it %s, want %s", test.name, got, want)
		}
	}
	if _, known := explain(9, []*write{done(0, 1, 0, 10, 20)}, nil, 0, 0); known {
		t.Error("a write without a number has a known place")
	}
}

// TestExplain_AgreesWithTheSearch: explain and the search share nothing but the ranks. They must
// judge random histories alike, most of which are impossible.
func TestExplain_AgreesWithTheSearch(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	possible := 0
	for range 3000 {
		var writes []*write
		var reads []look
		n := 1 + random.IntN(4)
		for i := range n {
			call := time.Duration(1 + random.IntN(20))
			writes = append(writes, done(i, canvas.Color(i+1), uint64(i+1), call, call+time.Duration(1+random.IntN(20))))
		}
		for range random.IntN(4) {
			begun := time.Duration(1 + random.IntN(30))
			reads = append(reads, look{color: canvas.Color(random.IntN(n + 1)), begun: begun, ended: begun + time.Duration(random.IntN(15))})
		}
		stale := time.Duration(random.IntN(3) * 4)
		faults, known := explain(0, writes, reads, 0, stale)
		found := porcupine.CheckOperations(register(0), operations(0, writes, reads, 0, stale))
		if !known || found != (len(faults) == 0) {
			var text strings.Builder
			for _, w := range writes {
				fmt.Fprintf(&text, "write %v %d-%d; ", w.color, w.call, w.at)
			}
			t.Fatalf("%s%v, stale %d: faults %v, but the search says %v", text.String(), reads, stale, faults, found)
		}
		if found {
			possible++
		}
	}
	if possible < 100 || possible > 2900 {
		t.Errorf("%d of 3000 histories are possible: not a good mixture", possible)
	}
}

// TestRegister_FreeWrites: without numbers, any order that explains the reads will do.
func TestRegister_FreeWrites(t *testing.T) {
	writes := []*write{done(0, 1, 0, 10, 40), done(1, 2, 0, 10, 40)}
	for _, test := range []struct {
		reads []look
		want  bool
	}{
		{[]look{{color: 1, begun: 50, ended: 51}}, true},
		{[]look{{color: 2, begun: 50, ended: 51}}, true},
		{[]look{{color: 1, begun: 20, ended: 21}, {color: 2, begun: 50, ended: 51}}, true},
		{[]look{{color: 1, begun: 50, ended: 51}, {color: 2, begun: 52, ended: 53}}, false},
		{[]look{{color: 9, begun: 50, ended: 51}}, false},
	} {
		if got := porcupine.CheckOperations(register(9), operations(9, writes, test.reads, 0, 0)); got != test.want {
			t.Errorf("%v: %v, want %v", test.reads, got, test.want)
		}
	}
}

func TestContendConfig_Validate(t *testing.T) {
	good := Config{Clients: 16, Pixels: 4, Rounds: 50}
	for _, test := range []struct {
		change func(*Config)
		reason string
	}{
		{func(*Config) {}, ""},
		{func(c *Config) { c.Rounds = 1000 }, "1 to 312 with 16 clients on 4 pixels"},
	} {
		cfg := good
		test.change(&cfg)
		err := cfg.Validate()
		if test.reason == "" && err != nil || test.reason != "" && (err == nil || !strings.Contains(err.Error(), test.reason)) {
			t.Errorf("%+v: error %v, want %q", cfg, err, test.reason)
		}
	}
}
