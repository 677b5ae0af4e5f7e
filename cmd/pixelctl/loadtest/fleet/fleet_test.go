package fleet

import (
	"fmt"
	"image"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/cmd/pixelctl/loadtest/pattern"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
	"pixelplayground/transport/client/wire"
)

// openFleet connects clients to a server one after another, so that their order is known.
func openFleet(t *testing.T, s *clienttest.Canvas, cfg Config, n int) (*Fleet, []*Client) {
	t.Helper()
	for x := 0; x < 40; x += 16 { // nobody is owed what was there before
		s.Paint(9, canvas.Dot{X: uint16(x)}, canvas.Dot{X: uint16(x), Y: 16})
	}
	cfg.Targets = []string{s.URL()}
	f := New(cfg)
	t.Cleanup(f.Close)
	if err := f.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.probes.pattern = pattern.New(f.probes.pattern.Area, 7) // the same pixels every time
	for range n {
		if _, err := f.Join(t.Context(), f.All()); err != nil {
			t.Fatal(err)
		}
	}
	return f, f.Clients()
}

// paint places pixels one by one, each when the one before has been acknowledged or refused.
func paint(t *testing.T, f *Fleet, c *Client, n int) {
	t.Helper()
	for range n {
		k := &f.Counters
		before := k.Acked.Load() + k.Refused.Load() + k.Errors.Load()
		if err := f.Paint(c, f.Now(), 1); err != nil {
			t.Fatal(err)
		}
		clienttest.Until(t, "an answer", func() bool { return k.Acked.Load()+k.Refused.Load()+k.Errors.Load() > before })
	}
}

// finish drains and settles.
func finish(t *testing.T, f *Fleet, patience time.Duration) (Drained, ledger.Tally, []Finding) {
	t.Helper()
	f.cfg.Patience = patience
	end, err := f.Drain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tally, findings := f.Settle(end.Goal)
	return end, tally, findings
}

// firstClient is the fake server's number for client 0, so client i has number i+1. Number 0 is the
// connection by which Open learns the canvas' size.
const firstClient = 1

// TestFleet_ReportsExactlyWhatWentWrong: a server drops, repeats, exchanges, merges or misnumbers
// certain frames of one client, and exactly that is reported. The painter, client 2, gets
// everything.
func TestFleet_ReportsExactlyWhatWentWrong(t *testing.T) {
	const pixels, victim = 30, firstClient
	frames := func(b *canvas.Batch) []codec.ServerMessage { return []codec.ServerMessage{codec.Pixels{Batch: *b}} }
	clean := ledger.Tally{Owed: 90, Delivered: 90}
	var held *canvas.Batch // a frame that a fault holds back until later
	for _, test := range []struct {
		name     string
		fault    func(n int, b *canvas.Batch) []codec.ServerMessage
		want     ledger.Tally
		findings []string // the kinds, each about one number of client 0
		patience time.Duration
	}{
		{"nothing", func(_ int, b *canvas.Batch) []codec.ServerMessage { return frames(b) }, clean, nil, clienttest.Patience},
		{"two dropped", func(n int, b *canvas.Batch) []codec.ServerMessage {
			if n == 3 || n == 7 {
				return nil
			}
			return frames(b)
		}, ledger.Tally{Owed: 90, Delivered: 88, Missing: 2}, []string{"missing", "missing"}, time.Second},
		{"the last dropped", func(n int, b *canvas.Batch) []codec.ServerMessage {
			if n == pixels-1 {
				return nil
			}
			return frames(b)
		}, ledger.Tally{Owed: 90, Delivered: 89, Missing: 1}, []string{"missing"}, 300 * time.Millisecond},
		{"one twice", func(n int, b *canvas.Batch) []codec.ServerMessage {
			if n == 5 {
				return append(frames(b), frames(b)...)
			}
			return frames(b)
		}, ledger.Tally{Owed: 90, Delivered: 90, Duplicates: 1}, []string{"duplicate"}, clienttest.Patience},
		{"one again later", func(n int, b *canvas.Batch) []codec.ServerMessage {
			switch n {
			case 5:
				held = b
			case 20:
				return append(frames(held), frames(b)...)
			}
			return frames(b)
		}, ledger.Tally{Owed: 90, Delivered: 90, Duplicates: 1}, []string{"duplicate"}, clienttest.Patience},
		{"exchanged with the next of its region", func(n int, b *canvas.Batch) []codec.ServerMessage {
			switch {
			case n == 5:
				held = b
				return nil
			case held != nil && b.Region == held.Region:
				late := held
				held = nil
				return append(frames(b), frames(late)...)
			}
			return frames(b)
		}, ledger.Tally{Owed: 90, Delivered: 89, Late: 1}, []string{"late"}, clienttest.Patience},
		{"merged with the next of its region", func(n int, b *canvas.Batch) []codec.ServerMessage {
			switch {
			case n == 5:
				held = b
				return nil
			case held != nil && b.Region == held.Region:
				merged := *b
				merged.From = held.From
				held = nil
				return frames(&merged)
			}
			return frames(b)
		}, ledger.Tally{Owed: 90, Delivered: 89, Merged: 1}, nil, clienttest.Patience},
		{"one as a snapshot", func(n int, b *canvas.Batch) []codec.ServerMessage {
			if n == 5 {
				return []codec.ServerMessage{codec.Snapshot{Mark: canvas.Mark{Region: b.Region, Position: b.Position()}}}
			}
			return frames(b)
		}, ledger.Tally{Owed: 90, Delivered: 89, Restored: 1}, nil, clienttest.Patience},
	} {
		t.Run(test.name, func(t *testing.T) {
			held = nil
			s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Pixels: func(i, n int, b *canvas.Batch) []codec.ServerMessage {
				if i != victim {
					return frames(b)
				}
				return test.fault(n, b)
			}})
			f, clients := openFleet(t, s, Config{}, 3)
			paint(t, f, clients[2], pixels)
			end, tally, findings := finish(t, f, test.patience)
			if tally != test.want {
				t.Errorf("%+v, want %+v", tally, test.want)
			}
			var kinds []string
			for _, found := range findings {
				kinds = append(kinds, found.Kind)
				if found.Client != 0 || found.Pod != "test" || found.Span.To-found.Span.From != 1 {
					t.Errorf("found %+v", found)
				}
			}
			if !slices.Equal(kinds, test.findings) {
				t.Errorf("found %v, want %v", kinds, test.findings)
			}
			if end.Unanswered != 0 || end.Behind > 0 && test.want.Missing == 0 {
				t.Errorf("ended with %+v", end)
			}
		})
	}
}

// TestFleet_FindsPixelsUnderOtherNumbers: one of two clients is shown two pixels of a region with
// their numbers exchanged. The client that got them second disagrees with the first.
func TestFleet_FindsPixelsUnderOtherNumbers(t *testing.T) {
	var held *canvas.Batch
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Pixels: func(i, n int, b *canvas.Batch) []codec.ServerMessage {
		if i != firstClient {
			return []codec.ServerMessage{codec.Pixels{Batch: *b}}
		}
		switch {
		case n == 5:
			held = b
			return nil
		case held != nil && b.Region == held.Region:
			first, second := *held, *b
			first.Ops, second.Ops = b.Ops, held.Ops
			held = nil
			return []codec.ServerMessage{codec.Pixels{Batch: first}, codec.Pixels{Batch: second}}
		}
		return []codec.ServerMessage{codec.Pixels{Batch: *b}}
	}})
	f, clients := openFleet(t, s, Config{}, 2)
	paint(t, f, clients[1], 30)
	_, tally, findings := finish(t, f, clienttest.Patience)
	if want := (ledger.Tally{Owed: 60, Delivered: 60}); tally != want {
		t.Errorf("%+v, want %+v", tally, want)
	}
	report := &report.Report{}
	f.JudgeOrder(report, findings)
	if v := report.Verdicts[0]; len(findings) != 2 || v.Passed || len(v.Detail) != 2 || !strings.HasPrefix(v.Text, "2 pixels") {
		t.Errorf("found %v, verdict %+v", findings, v)
	}
}

// TestFleet_NamesTheMissingNumber: the report names region and sequence number of a dropped pixel.
func TestFleet_NamesTheMissingNumber(t *testing.T) {
	var dropped *canvas.Batch
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Pixels: func(i, n int, b *canvas.Batch) []codec.ServerMessage {
		if i == firstClient && n == 4 {
			dropped = b
			return nil
		}
		return []codec.ServerMessage{codec.Pixels{Batch: *b}}
	}})
	f, clients := openFleet(t, s, Config{}, 2)
	paint(t, f, clients[1], 40)
	_, _, findings := finish(t, f, clienttest.Patience)
	want := []Finding{{Kind: "missing", Client: 0, Pod: "test", Region: dropped.Region, Span: ledger.Span{From: dropped.From, To: dropped.To}}}
	if !reflect.DeepEqual(findings, want) {
		t.Errorf("found %v, want %v", findings, want)
	}
}

// TestFleet_AsksServersForTheFinalPosition: a pixel that was shown to no client still counts as
// missing.
func TestFleet_AsksServersForTheFinalPosition(t *testing.T) {
	const pixels = 10
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Pixels: func(_, n int, b *canvas.Batch) []codec.ServerMessage {
		if n == pixels-1 {
			return nil
		}
		return []codec.ServerMessage{codec.Pixels{Batch: *b}}
	}})
	f, clients := openFleet(t, s, Config{}, 2)
	paint(t, f, clients[1], pixels)
	end, tally, _ := finish(t, f, 300*time.Millisecond)
	if want := (ledger.Tally{Owed: 20, Delivered: 18, Missing: 2}); tally != want || end.Behind != 2 {
		t.Errorf("%+v, want %+v; %d clients behind", tally, want, end.Behind)
	}
}

func TestFleet_RefusedAndUnanswered(t *testing.T) {
	n := 0
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{
		Refuse: func(int, codec.Place) codec.Refused {
			if n++; n%5 == 0 {
				return codec.Refused{Code: canvas.RefusedBusy}
			}
			return codec.Refused{}
		},
		Silent: func(_ int, p codec.Place) bool { return p.Op == 11 },
	})
	f, clients := openFleet(t, s, Config{}, 2)
	paint(t, f, clients[0], 10)
	if err := f.Paint(clients[0], f.Now(), 1); err != nil {
		t.Fatal(err)
	}
	end, tally, _ := finish(t, f, 300*time.Millisecond)
	k := &f.Counters
	if k.Placed.Load() != 11 || k.Acked.Load() != 8 || k.Refused.Load() != 2 || end.Unanswered != 1 {
		t.Errorf("%d placed, %d acked, %d refused, %d unanswered", k.Placed.Load(), k.Acked.Load(), k.Refused.Load(), end.Unanswered)
	}
	if want := (ledger.Tally{Owed: 18, Delivered: 18}); tally != want { // the unacknowledged pixels were shown all the same
		t.Errorf("%+v, want %+v", tally, want)
	}
}

// TestFleet_ResumesExactly: after a broken connection a client gets what it missed, and it counts once.
func TestFleet_ResumesExactly(t *testing.T) {
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	lost, back := make(chan int, 10), make(chan int, 10)
	f, clients := openFleet(t, s, Config{Hooks: Hooks{
		Lost: func(c *Client, _ error) { lost <- c.Index },
		Back: func(c *Client, away time.Duration) {
			if away <= 0 {
				t.Errorf("client %d was away for %v", c.Index, away)
			}
			back <- c.Index
		},
	}}, 2)
	paint(t, f, clients[1], 10)
	s.Cut(firstClient)
	if i := <-lost; i != 0 {
		t.Errorf("client %d lost its connection", i)
	}
	paint(t, f, clients[1], 10)
	if i := <-back; i != 0 {
		t.Errorf("client %d is back", i)
	}
	paint(t, f, clients[1], 10)
	_, tally, findings := finish(t, f, clienttest.Patience)
	tally.Delivered, tally.Merged = tally.Delivered+tally.Merged, 0 // the server may have merged what was missed
	if want := (ledger.Tally{Owed: 60, Delivered: 60}); tally != want || len(findings) > 0 {
		t.Errorf("%+v, want %+v; found %v", tally, want, findings)
	}
	if f.Counters.Broken.Load() != 1 {
		t.Errorf("%d connections broke", f.Counters.Broken.Load())
	}
}

// TestFleet_LeavingIsOwedWhatOthersGot: a leaving client waits for everything that any client has
// got, and is owed nothing after that.
func TestFleet_LeavingIsOwedWhatOthersGot(t *testing.T) {
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Delay: func(i, _ int) time.Duration {
		if i == firstClient {
			return 5 * time.Millisecond
		}
		return 0
	}})
	f, clients := openFleet(t, s, Config{}, 3)
	paint(t, f, clients[2], 20)
	clients[0].Leave(t.Context())
	paint(t, f, clients[2], 20)
	_, tally, findings := finish(t, f, clienttest.Patience)
	if want := (ledger.Tally{Owed: 20 + 40 + 40, Delivered: 100}); tally != want || len(findings) > 0 {
		t.Errorf("%+v, want %+v; found %v", tally, want, findings)
	}
}

// TestFleet_ViewportsAreOwedTheirPartOnly: a client that follows one region is owed only that
// region.
func TestFleet_ViewportsAreOwedTheirPartOnly(t *testing.T) {
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	f, clients := openFleet(t, s, Config{}, 1)
	part := f.Part(image.Rect(0, 0, 10, 10))
	if got := part.regions; !slices.Equal(got, []canvas.RegionID{0}) {
		t.Fatalf("regions %v", got)
	}
	if _, err := f.Join(t.Context(), part); err != nil {
		t.Fatal(err)
	}
	before := s.Position(0).Seq
	paint(t, f, clients[0], 60)
	_, tally, _ := finish(t, f, clienttest.Patience)
	inPart := s.Position(0).Seq - before
	if want := (ledger.Tally{Owed: 60 + inPart, Delivered: 60 + inPart}); tally != want || inPart == 0 || inPart == 60 {
		t.Errorf("%+v, want %+v", tally, want)
	}
}

// TestFleet_LatenciesCountFromWhenDue: if exactly ten frames are delayed by 100 ms, exactly ten
// latencies are 100 ms or more.
func TestFleet_LatenciesCountFromWhenDue(t *testing.T) {
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Delay: func(i, n int) time.Duration {
		if i == firstClient && n >= 10 && n < 20 {
			return 100 * time.Millisecond
		}
		return 0
	}})
	f, clients := openFleet(t, s, Config{}, 2)
	paint(t, f, clients[1], 20)
	finish(t, f, clienttest.Patience)
	sights := f.Sights.Summary("seen")
	slow := int64(0)
	for _, b := range sights.Buckets {
		if b.UpTo > 100 {
			slow += b.Count
		}
	}
	if sights.Count != 20 || slow < 10 || slow > 19 {
		t.Errorf("%d latencies, %d of them over 100 ms, want 20 and 10", sights.Count, slow)
	}

	if err := f.Paint(clients[1], f.Now()-time.Second, 1); err != nil {
		t.Fatal(err)
	}
	finish(t, f, clienttest.Patience)
	if l := f.Acks.Summary(""); l.Max < 1000 {
		t.Errorf("a pixel that was due a second ago was acknowledged after %g ms", l.Max)
	}
}

// TestFleet_JSONOwesNothingWhileAway: a JSON client that lost its connection is owed the pixels
// placed before and after, but not meanwhile.
func TestFleet_JSONOwesNothingWhileAway(t *testing.T) {
	t.Parallel()
	back := make(chan struct{}, 1)
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	f, clients := openFleet(t, s, Config{JSON: true, Hooks: Hooks{Back: func(*Client, time.Duration) { back <- struct{}{} }}}, 2)
	paint(t, f, clients[1], 10)
	if f.Await(t.Context(), clients, f.Goal()) != 0 {
		t.Fatal("not everyone has got everything")
	}
	s.Cut(firstClient)
	clienttest.Until(t, "the break", func() bool { return f.Counters.Broken.Load() == 1 })
	paint(t, f, clients[1], 10)
	<-back
	paint(t, f, clients[1], 10)
	_, tally, findings := finish(t, f, clienttest.Patience)
	if want := (ledger.Tally{Owed: 30 + 10 + 10, Delivered: 50}); tally != want || len(findings) > 0 {
		t.Errorf("%+v, want %+v; found %v", tally, want, findings)
	}
}

func TestFleet_JSONReportsExactlyWhatWentWrong(t *testing.T) {
	for _, test := range []struct {
		name     string
		times    map[int]int // how often the n-th is sent to client 0; else once
		refused  int         // the n-th placed, from 1; 0: none
		want     ledger.Tally
		findings []string
	}{
		{"nothing", nil, 0, ledger.Tally{Owed: 60, Delivered: 60}, nil},
		{"dropped and twice", map[int]int{4: 0, 9: 2}, 0, ledger.Tally{Owed: 60, Delivered: 59, Missing: 1, Duplicates: 1}, []string{"duplicate", "missing"}},
		{"refused", nil, 7, ledger.Tally{Owed: 58, Delivered: 58}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{
				Pixels: func(i, n int, b *canvas.Batch) []codec.ServerMessage {
					times, ok := test.times[n]
					if !ok || i != firstClient {
						times = 1
					}
					return slices.Repeat([]codec.ServerMessage{codec.Pixels{Batch: *b}}, times)
				},
				Refuse: func(int, codec.Place) codec.Refused {
					if n++; n == test.refused {
						return codec.Refused{Code: canvas.RefusedBusy}
					}
					return codec.Refused{}
				},
			})
			f, clients := openFleet(t, s, Config{JSON: true}, 2)
			paint(t, f, clients[1], 30)
			patience := clienttest.Patience
			if test.want.Missing > 0 {
				patience = 300 * time.Millisecond
			}
			_, tally, findings := finish(t, f, patience)
			var kinds []string
			for _, found := range findings {
				kinds = append(kinds, found.Kind)
			}
			if tally != test.want || !slices.Equal(kinds, test.findings) {
				t.Errorf("%+v, want %+v; found %v", tally, test.want, findings)
			}
			if users := clients[0].Users(); users != 2 {
				t.Errorf("%d users shown", users)
			}
		})
	}
}

func TestFleet_OpenSaysWhatIsWrong(t *testing.T) {
	for want, targets := range map[string][]string{"is the server running": {"ws://127.0.0.1:1/ws"}, "must be given": nil} {
		f := New(Config{Targets: targets})
		if err := f.Open(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open: %v, want %q", err, want)
		}
		f.Close()
	}
}

func TestCheckDescriptors(t *testing.T) {
	limit := int(commandline.Descriptors())
	if err := CheckDescriptors(limit); err == nil || !strings.Contains(err.Error(), fmt.Sprint(limit-spareDescriptors)) {
		t.Errorf("as many clients as files: %v", err)
	}
	if err := CheckDescriptors(1); err != nil {
		t.Error(err)
	}
}

// TestFleet_TellsMovedFromBroken: a server that stops sends its clients elsewhere, which is no
// fault.
func TestFleet_TellsMovedFromBroken(t *testing.T) {
	for err, want := range map[error]bool{
		&wire.CloseError{Code: codec.CloseRestart}:                         true,
		fmt.Errorf("read: %w", &wire.CloseError{Code: codec.CloseRestart}): true,
		&wire.CloseError{Code: codec.CloseSlow}:                            false,
		fmt.Errorf("connection broke: %w", io.ErrUnexpectedEOF):            false,
	} {
		if got := moved(err); got != want {
			t.Errorf("%v: moved %v", err, got)
		}
	}
}

func TestFleet_RefusesARateThatTheServerForbids(t *testing.T) {
	f := New(Config{Targets: []string{"ws://a/ws"}})
	if err := f.setUp(codec.Welcome{Geometry: clienttest.Small().Geometry, Rate: 24}); err != nil {
		t.Fatal(err)
	}
	if err := f.Affordable(100, 4); err == nil || !strings.Contains(err.Error(), "4 clients can place 96") {
		t.Errorf("error %v", err)
	}
}

// Goal: every client is a person of its own, as a browser is, and stays the same one. Method: the
// cookies that come with handshakes, also after connections broke.
func TestFleet_EveryClientIsAPerson(t *testing.T) {
	for name, text := range map[string]bool{"binary": false, "JSON": true} {
		t.Run(name, func(t *testing.T) {
			s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
			var mu sync.Mutex
			shown := make(map[string]int)
			gateway := s.Gateway("g", func(r *http.Request) {
				if r.URL.Path == "/ws" {
					mu.Lock()
					defer mu.Unlock()
					shown[r.Header.Get("Cookie")]++
				}
			})
			f := New(Config{JSON: text, Targets: []string{gateway}})
			t.Cleanup(f.Close)
			if err := f.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if _, err := f.Join(t.Context(), f.All()); err != nil {
					t.Fatal(err)
				}
			}
			s.Drop()
			clienttest.Until(t, "all come again as who they were", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return shown["guest=1"] >= 2 && shown["guest=2"] >= 2 && shown["guest=3"] >= 2
			})
			mu.Lock()
			defer mu.Unlock()
			if len(shown) != 4 || shown[""] != 1 { // to ask for the limits, it need not be anybody
				t.Errorf("%v", shown)
			}
		})
	}
}
