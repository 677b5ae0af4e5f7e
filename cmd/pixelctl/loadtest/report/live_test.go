package report

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLive_MakesWayForLines(t *testing.T) {
	var out bytes.Buffer
	l := NewLive(&out, func() Status { return Status{Phase: "drawing", Share: 0.5} })
	l.width = func() int { return 80 }
	l.draw(time.Unix(1000, 0))
	if _, err := l.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("█", 12) + strings.Repeat("░", 12) + " drawing 0:00: " + eraseLine + "hello\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%q, want %q at its end", &out, want)
	}
}

// Goal: on a terminal there is never more than one line, and in the end nothing of it is left.
func TestLive_KeepsToOneLine(t *testing.T) {
	for _, columns := range []int{200, 80, 30, 2} {
		var out bytes.Buffer
		l := NewLive(&out, func() Status {
			return Status{Phase: "drawing", Elapsed: 30 * time.Second, Total: time.Minute, Clients: 200, Counts: []Count{{"pixels placed", 0}}, Latency: 3}
		})
		l.width = func() int { return columns }
		l.draw(time.Unix(1000, 0))
		shown, erased := strings.CutPrefix(out.String(), eraseLine)
		if whole := strings.Repeat("█", 12) + strings.Repeat("░", 12) + " drawing 0:30 of 1:00: 0 of 200 clients, 0 pixels placed/s, latency 3.00 ms"; !erased ||
			utf8.RuneCountInString(shown) >= columns || columns == 200 && shown != whole {
			t.Errorf("%d columns: %q", columns, shown)
		}
		l.Close()
		l.Close()
		if !strings.HasSuffix(out.String(), eraseLine) || strings.Contains(out.String(), "\n") {
			t.Errorf("%d columns: left: %q", columns, &out)
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
	l.Close()
	want := "drawing 0:42 of 1:30: 198 of 2,000 clients, 0 pixels placed/s, latency 3.21 ms, 1 kill\n"
	if out.String() != want {
		t.Errorf("got %q\nwant %q", &out, want)
	}
}

// However soon the work goes on after Open, the display has shown its beginning.
func TestLive_OpensAndCloses(t *testing.T) {
	var out bytes.Buffer
	drawn := 0
	l := NewLive(&out, func() Status { return Status{Phase: "drawing", Note: Number(drawn)} })
	l.Open()
	drawn = 200
	l.Close()
	if out.String() != "drawing 0:00: 0\n" {
		t.Errorf("shows %q", &out)
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
