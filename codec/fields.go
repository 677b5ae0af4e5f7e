package codec

import (
	"math"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
)

// Bounds of elements that several messages share.
const (
	maxAuthor = 1<<48 - 1          // travels in 6 bytes among the cursors
	maxTime   = 1 << 53            // Unix ms; the largest integer that JavaScript counts to
	maxRetry  = math.MaxUint32     // ms; 49 days
	maxName   = 3 * canvas.MaxName // bytes of UTF-8: at most three for each UTF-16 code unit
	maxText   = 1024               // bytes of a node's name or an announcement
)

func (r *reader) region() canvas.RegionID {
	return canvas.RegionID(r.uint("region", math.MaxUint32))
}

func (r *reader) mark() canvas.Mark {
	return canvas.Mark{Region: r.region(), Position: canvas.Position{
		Epoch: r.uint("epoch", math.MaxUint64),
		Seq:   r.uint("seq", math.MaxUint64),
	}}
}

func (r *reader) coordinate(what string) uint16 { return uint16(r.uint(what, math.MaxUint16)) }

func (r *reader) author() canvas.Author { return canvas.Author(r.uint("user", maxAuthor)) }

func (r *reader) session() (s canvas.Session) {
	b := r.bin("session", len(s))
	if len(b) != len(s) {
		r.fail("session: %d bytes instead of %d", len(b), len(s))
	}
	copy(s[:], b)
	return s
}

func (r *reader) time() time.Time { return time.UnixMilli(int64(r.uint("time", maxTime))) }

func (r *reader) retry() time.Duration {
	return time.Duration(r.uint("retry", maxRetry)) * time.Millisecond
}

// name reads a display name of another user.
func (r *reader) name() string { return r.text("name", maxName) }

// ownName reads the name that a client wants, and makes a display name of it.
func (r *reader) ownName() string { return canvas.CleanName(string(r.rawText("name"))) }

// time writes Unix milliseconds; a time before 1970 (the zero time) becomes 0.
func (w *writer) time(t time.Time) { w.uint(uint64(max(0, t.UnixMilli()))) }

// retry writes whole milliseconds, rounded up: 0 means that trying again is no use.
func (w *writer) retry(d time.Duration) {
	ms := (max(0, d) + time.Millisecond - 1) / time.Millisecond
	w.uint(uint64(min(ms, maxRetry)))
}

func (w *writer) mark(m canvas.Mark) {
	w.uint(uint64(m.Region))
	w.uint(m.Position.Epoch)
	w.uint(m.Position.Seq)
}

// shortText writes valid UTF-8 of at most maxText bytes and cuts off the rest.
func (w *writer) shortText(s string) {
	// Cutting may leave half a character, which ToValidUTF8 then removes.
	w.text(strings.ToValidUTF8(s[:min(len(s), maxText)], ""))
}

func (w *writer) ops(ops []uint64) {
	w.array(len(ops))
	for _, op := range ops {
		w.uint(op)
	}
}

func (r *reader) ops() []uint64 {
	ops := make([]uint64, r.array("ops", MaxServerMessage, 1))
	for i := range ops {
		ops[i] = r.uint("op", math.MaxUint64)
	}
	return ops
}
