package history

import (
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"pixelplayground/actors/record"
)

// seconds unpacks an answer.
func seconds(t *testing.T, body string) []uint32 {
	t.Helper()
	from, err := zlib.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	times := make([]uint32, len(all)/4)
	for i := range times {
		times[i] = binary.BigEndian.Uint32(all[4*i:])
	}
	return times
}

func TestPainted(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	w := d.ask("GET", "/api/painted/0")
	times := seconds(t, w.Body.String())
	if w.Code != http.StatusOK || len(times) != 16*16 {
		t.Fatalf("%d, %d times", w.Code, len(times))
	}
	last := uint32(noon.Unix() - 10)
	for pos, got := range times {
		want := uint32(0)
		if pos == 0 || pos == 4*16+3 {
			want = last
		}
		if got != want {
			t.Errorf("position %d: %d, want %d", pos, got, want)
		}
	}
	if edge := seconds(t, d.ask("GET", "/api/painted/5").Body.String()); len(edge) != 8*4 {
		t.Errorf("a region at the edges has %d times", len(edge))
	}
	if again := d.ask("GET", "/api/painted/0", "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("unchanged: %d", again.Code)
	}
	if d.jobs.Load() != 0 {
		t.Errorf("%d jobs have not ended", d.jobs.Load())
	}
}

func TestPainted_Refuses(t *testing.T) {
	d := newDesk(t)
	for target, want := range map[string]string{
		"/api/painted/6": "from 0 to 5", "/api/painted/-1": "from 0 to 5", "/api/painted/x": "from 0 to 5",
		"/api/painted/4294967296": "from 0 to 5", "/api/painted/0?at=5": "no parameter",
	} {
		if got := d.get(t, http.StatusBadRequest, target); !strings.Contains(got, want) {
			t.Errorf("%s: %s", target, got)
		}
	}
	for _, failing := range []error{record.ErrUnavailable, record.ErrDamaged, context.DeadlineExceeded, errors.New("else")} {
		d.record.Fail(failing, 0)
		if w := d.ask("GET", "/api/painted/0"); w.Code < 500 || d.jobs.Load() != 0 {
			t.Errorf("%v: %d, %d jobs", failing, w.Code, d.jobs.Load())
		}
	}
	d.refuses = true
	d.get(t, http.StatusTooManyRequests, "/api/painted/0")
}
