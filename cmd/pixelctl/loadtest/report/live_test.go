package report

import (
	"bytes"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// screen is a terminal that knows what Live uses of one.
type screen struct {
	columns int
	lines   []string
	row     int
}

// show interprets what was written since the last time.
func (s *screen) show(t *testing.T, text string) {
	t.Helper()
	for len(text) > 0 {
		if s.row == len(s.lines) {
			s.lines = append(s.lines, "")
		}
		switch {
		case text[0] == '\n':
			s.row++
			text = text[1:]
		case text[0] == '\r': // what follows erases or goes up
			text = text[1:]
		case strings.HasPrefix(text, "\x1b["):
			end := strings.IndexAny(text, "AJ")
			if text[end] == 'J' {
				s.lines = append(s.lines[:s.row], "")
			} else {
				up, err := strconv.Atoi(text[2:end])
				if err != nil || up > s.row {
					t.Fatalf("moves up by %q from row %d", text[2:end], s.row)
				}
				s.row -= up
			}
			text = text[end+1:]
		default:
			r, size := utf8.DecodeRuneInString(text)
			if s.lines[s.row] += string(r); utf8.RuneCountInString(s.lines[s.row]) >= s.columns {
				t.Fatalf("a line reaches the edge of the screen, and the cursor moves: %q", s.lines[s.row])
			}
			text = text[size:]
		}
	}
}

func (s *screen) text() string { return strings.TrimRight(strings.Join(s.lines, "\n"), "\n") }

// Goal: lines written while the display is drawn stay whole, and nothing is left of it.
func TestLive_LeavesOnlyWhatWasWritten(t *testing.T) {
	for _, columns := range []int{200, 80, 30, 2} {
		var out bytes.Buffer
		status := Status{Phase: "drawing", Total: time.Minute, Clients: 200, Counts: []Count{{"pixels placed", 0}}, Latency: 3}
		l := NewLive(&out, func() Status { return status })
		wide := max(columns, 60) // of what is written: only the display is cut
		l.width = func() int { return columns }
		s := screen{columns: wide}
		now := time.Unix(1000, 0)
		var want []string
		for i := range 20 {
			status.Counts = []Count{{"pixels placed", int64(i * 400)}}
			status.Elapsed = time.Duration(i) * 200 * time.Millisecond
			l.draw(now.Add(status.Elapsed))
			if i%7 == 3 {
				line := "verdict " + strconv.Itoa(i)
				want = append(want, line)
				if i%2 == 0 {
					line += "\n"
				}
				if _, err := l.Write([]byte(line)); err != nil {
					t.Fatal(err)
				}
			}
			if s.columns = wide; columns > wide {
				s.columns = columns
			}
			s.show(t, out.String())
			out.Reset()
		}
		if !strings.Contains(s.text(), "dra"[:min(3, columns-2)]) {
			t.Errorf("%d columns: the display is not there:\n%s", columns, s.text())
		}
		l.Close()
		l.Close()
		s.show(t, out.String())
		if got := s.text(); got != strings.Join(want, "\n") {
			t.Errorf("%d columns: left on the screen:\n%s\nwant:\n%s", columns, got, strings.Join(want, "\n"))
		}
	}
}

func TestLive_WritesPlainLinesWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	l := NewLive(&out, func() Status {
		return Status{Phase: "drawing", Elapsed: 42 * time.Second, Total: 90 * time.Second, Connected: 198, Clients: 2000, Latency: 3.21,
			Counts: []Count{{"pixels placed", 100}}, Note: "1 kill"}
	})
	l.draw(time.Unix(0, 0))
	if _, err := l.Write([]byte("note\n")); err != nil {
		t.Fatal(err)
	}
	l.Close()
	want := "drawing 0:42 of 1:30: 198 of 2,000 clients, 0 pixels placed/s, latency 3.21 ms, 1 kill\nnote\n"
	if out.String() != want {
		t.Errorf("got %q\nwant %q", &out, want)
	}
}

func TestLive_OpensAndCloses(t *testing.T) {
	var out bytes.Buffer
	asked := make(chan struct{}, 1000)
	l := NewLive(&out, func() Status {
		asked <- struct{}{}
		return Status{Phase: "drawing"}
	})
	l.Open()
	<-asked
	l.Close()
	if !strings.HasPrefix(out.String(), "drawing 0:00") {
		t.Errorf("shows %q", &out)
	}
}

func TestStatus_Lines(t *testing.T) {
	s := Status{Phase: "drawing", Elapsed: 30 * time.Second, Total: time.Minute, Connected: 199, Clients: 200,
		Counts: []Count{{"pixels placed", 0}, {"acked", 0}}, Latency: 12.34, Note: "2 kills"}
	got := s.lines([]float64{1999.6, 0}, "▁▂", 120)
	want := []string{"drawing  ████████████░░░░░░░░░░░░  0:30 of 1:00  199 of 200 clients  2 kills", "2,000 pixels placed/s  0 acked/s  ▁▂ 12.3 ms"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	got = Status{Phase: "connecting"}.lines(nil, "", 30)
	if want := []string{"connecting  ░░░░░░░░░░░░░░░░░…", ""}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSparkline(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   string
	}{
		{nil, ""},
		{[]float64{0, -1, math.NaN()}, "   "},
		{[]float64{0.1, 1, 3, 10, 30, 100, 300, 1000, 3000, 1e9, math.Inf(1)}, "▁▁▂▃▄▅▆▇███"},
	} {
		if got := sparkline(test.values); got != test.want {
			t.Errorf("%v: %q, want %q", test.values, got, test.want)
		}
	}
}

func TestLiveRates_OverASecond(t *testing.T) {
	var r liveRates
	start := time.Unix(50, 0)
	for _, test := range []struct {
		at   time.Duration
		n    int64
		want float64
	}{
		{0, 100, 0}, {200 * time.Millisecond, 120, 100}, {time.Second, 200, 100}, {1200 * time.Millisecond, 220, 100},
		{2 * time.Second, 220, 20}, // 20 since 1 s
		{3 * time.Second, 220, 0},
	} {
		if got := r.at(start.Add(test.at), []Count{{"pixels", test.n}}); math.Abs(got[0]-test.want) > 0.01 {
			t.Errorf("at %v: %v, want %v", test.at, got[0], test.want)
		}
	}
}

func TestLiveHistory_KeepsTheWorstOfEachSecond(t *testing.T) {
	var h liveHistory
	start := time.Unix(50, 0)
	for i := range 5 * (liveColumns + 3) {
		latency := 1.0
		if i%5 == 2 {
			latency = float64(i)
		}
		h.add(start.Add(time.Duration(i)*200*time.Millisecond), latency)
	}
	if len(h.columns) != liveColumns || h.columns[0] != 17 || h.columns[liveColumns-1] != float64(5*(liveColumns+2)+2) {
		t.Errorf("%d columns: %v", len(h.columns), h.columns)
	}
}
