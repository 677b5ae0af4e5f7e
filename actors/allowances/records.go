package allowances

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
)

// records is what allowances keep in the store. Of fast ones that is until when pixels may have been
// given out, and after a stop in good order, what was left of those that were not full. A slow one is a
// document of its own. Any goroutine may use it.
type records struct {
	store.Documents

	marked atomic.Bool // the document of slowID is there
}

const (
	kindFast  store.Kind = "allowances"
	givenID              = "given"
	givenSize            = 1 + 8   // bytes
	keptID               = "kept/" // and a letter
	// slowID is the document that is there once the first slow allowance was used. Before it, none of
	// theirs can have been lost: a Redis that is new is no reason to let everybody wait.
	slowID = "slow"

	keptSize  = len(canvas.Subject{}) + 8
	keptInOne = store.MaxDocument / keptSize
	maxKept   = 16 * keptInOne // 10,912; of the rest nothing is known, so they are full: a stop takes seconds

	// kindSlow is the kind of the documents of slow allowances. Each is canvas.Allowance in eight bytes,
	// by subject.
	kindSlow store.Kind = "allowance"
	// SlowFrom is the time to fill from which on an allowance is slow. To count a faster one as empty
	// after a loss costs nobody more than this.
	SlowFrom = 30 * time.Second
	// writeAttempts is how often a slow one is written when another pod has written it meanwhile.
	writeAttempts = 8
)

// The document of givenID is one of these bytes, and a time in Unix nanoseconds.
const (
	givenUntil = 'g' // pixels may have been given out until then
	givenKnown = 'k' // the last stop was in good order: what was left is kept, and the floor is of then, or 0
)

// past is what is known of the time before a start.
type past struct {
	floor time.Time                           // until when pixels were given out; zero: none were
	kept  map[canvas.Subject]canvas.Allowance // if the last pod was stopped in good order
}

// before reads what was before the start.
func (r *records) before(ctx context.Context, now time.Time) (before past, err error) {
	given, err := r.Document(ctx, kindFast, givenID)
	if err != nil {
		return before, err
	}
	sure, err := r.SureSince(ctx)
	if err != nil {
		return before, err
	}
	if len(given) != givenSize {
		return before, nil // nothing was ever given out
	}
	if at := int64(numberIn(given[1:])); at > 0 {
		before.floor = time.Unix(0, at)
	}
	if given[0] == givenKnown {
		all, err := r.Documents.Documents(ctx, kindFast)
		if err != nil {
			return before, err
		}
		before.kept = make(map[canvas.Subject]canvas.Allowance)
		for id, kept := range all {
			if strings.HasPrefix(id, keptID) {
				readKept(kept, before.kept)
			}
		}
	}
	if before.floor.Before(sure) { // a failover may have lost what was given out since
		before.floor = sure
	}
	if before.floor.After(now) {
		before.floor = now
	}
	return before, nil
}

// keep writes first what is left, and then that nothing else was given out.
func (r *records) keep(ctx context.Context, left past, now time.Time) error {
	var documents [][]byte
	for subject, full := range left.kept {
		if int64(full) <= now.UnixNano() {
			continue
		}
		last := len(documents) - 1
		if last < 0 || len(documents[last]) >= keptInOne*keptSize {
			documents = append(documents, nil)
			last++
		}
		documents[last] = appendNumber(append(documents[last], subject[:]...), uint64(full))
		if last*keptInOne >= maxKept {
			break
		}
	}
	for i, d := range documents {
		if err := r.PutDocument(ctx, kindFast, keptID+string(rune('a'+i)), d, now.Add(SlowFrom)); err != nil {
			return err
		}
	}
	return r.PutDocument(ctx, kindFast, givenID, appendNumber([]byte{givenKnown}, uint64(unixNano(left.floor))), time.Time{})
}

func readKept(b []byte, into map[canvas.Subject]canvas.Allowance) {
	for ; len(b) >= keptSize; b = b[keptSize:] {
		subject := canvas.Subject(b)
		into[subject] = max(into[subject], canvas.Allowance(numberIn(b[len(subject):])))
	}
}

// slow is a slow allowance as the store has it.
type slow struct {
	value []byte // nil: there is no document
	full  canvas.Allowance
}

// read returns a slow allowance: if the store may have lost a later one, it was empty at the latest then.
func (r *records) read(ctx context.Context, subject canvas.Subject, limit canvas.Limit) (is slow, err error) {
	if is.value, err = r.Document(ctx, kindSlow, documentOf(subject)); err != nil {
		return slow{}, err
	}
	sure, err := r.SureSince(ctx)
	if err != nil {
		return slow{}, err
	}
	is.full = canvas.Allowance(numberIn(is.value))
	lost := is.value != nil
	if !sure.IsZero() && !lost {
		ever, err := r.Document(ctx, kindFast, slowID)
		if err != nil {
			return slow{}, err
		}
		lost = ever != nil
	}
	if !sure.IsZero() && lost {
		is.full = max(is.full, limit.EmptyAt(sure))
	}
	return is, nil
}

// write decides leases, and swaps the document for what they leave of it. If another pod has written it
// meanwhile, the later end counts, and all is decided again.
func (r *records) write(ctx context.Context, subject canvas.Subject, is slow, leases []*message.Lease, now time.Time) (slow, []*message.Leased, error) {
	for range writeAttempts {
		full := is.full
		told := make([]*message.Leased, len(leases))
		for i, m := range leases {
			full, told[i] = decide(full, m, now)
			told[i].Full = full
		}
		if full == canvas.Allowance(numberIn(is.value)) || int64(full) <= now.UnixNano() {
			return slow{is.value, full}, told, nil // nothing was taken
		}
		if err := r.markSlow(ctx); err != nil {
			return is, nil, err
		}
		value := appendNumber(nil, uint64(full))
		swapped, err := r.SwapDocument(ctx, kindSlow, documentOf(subject), is.value, value, time.Unix(0, int64(full)))
		if err != nil {
			return is, nil, err
		}
		if bytes.Equal(swapped, value) {
			return slow{swapped, full}, told, nil
		}
		is = slow{swapped, max(is.full, canvas.Allowance(numberIn(swapped)))}
	}
	return is, nil, store.ErrUnavailable
}

// markSlow notes for good that slow allowances are used.
func (r *records) markSlow(ctx context.Context) error {
	if r.marked.Load() {
		return nil
	}
	err := r.PutDocument(ctx, kindFast, slowID, []byte{1}, time.Time{})
	if err == nil {
		r.marked.Store(true)
	}
	return err
}

// documentOf is the id of an allowance's document.
func documentOf(subject canvas.Subject) string { return hex.EncodeToString(subject[:]) }

// appendNumber and numberIn are big-endian. (The actors know no encoding; these eight bytes are theirs.)
func appendNumber(b []byte, n uint64) []byte {
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(n>>shift))
	}
	return b
}

func numberIn(b []byte) (n uint64) {
	for _, c := range b[:min(len(b), 8)] {
		n = n<<8 | uint64(c)
	}
	return n
}

// unixNano is 0 for the zero time.
func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
