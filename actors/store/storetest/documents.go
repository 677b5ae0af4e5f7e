package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/store"
)

// papers is a test's documents.
type papers struct {
	*fixture
	kept store.Documents
}

func (f *fixture) papers() papers {
	f.Helper()
	documents, ok := f.store.(store.Documents)
	if !ok {
		f.Fatalf("%T keeps no documents", f.store)
	}
	return papers{f, documents}
}

func (p papers) put(kind store.Kind, id, value string, until time.Time) {
	p.Helper()
	if err := p.kept.PutDocument(p.ctx, kind, id, []byte(value), until); err != nil {
		p.Fatalf("put %s %q: %v", kind, id, err)
	}
}

// get returns a document; "-": there is none.
func (p papers) get(kind store.Kind, id string) string {
	p.Helper()
	value, err := p.kept.Document(p.ctx, kind, id)
	if err != nil {
		p.Fatalf("read %s %q: %v", kind, id, err)
	}
	if value == nil {
		return "-"
	}
	return string(value)
}

func (p papers) swap(kind store.Kind, id string, old []byte, value string, until time.Time) string {
	p.Helper()
	now, err := p.kept.SwapDocument(p.ctx, kind, id, old, []byte(value), until)
	if err != nil {
		p.Fatalf("swap %s %q: %v", kind, id, err)
	}
	if now == nil {
		return "-"
	}
	return string(now)
}

func (p papers) want(what, got, want string) {
	p.Helper()
	if got != want {
		p.Errorf("%s: %q, want %q", what, got, want)
	}
}

// list writes a kind's documents for people: "a=1 b=2".
func (p papers) list(kind store.Kind) string {
	p.Helper()
	all, err := p.kept.Documents(p.ctx, kind)
	if err != nil {
		p.Fatalf("list %s: %v", kind, err)
	}
	var text []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		text = append(text, id+"="+string(all[id]))
	}
	return strings.Join(text, " ")
}

func documentsAreKept(f *fixture) {
	p, later := f.papers(), time.Now().Add(time.Hour)
	p.want("nothing yet", p.get("key", "a")+p.list("key"), "-")
	p.put("key", "a", "1", time.Time{})
	p.put("key", "b", "2|\x00\xff", later)
	p.put("keys", "a", "of another kind", later)
	p.put("key", "c|\x00/{c}", "", later)
	p.want("a", p.get("key", "a"), "1")
	p.want("empty", p.get("key", "c|\x00/{c}"), "")
	p.want("all", p.list("key"), "a=1 b=2|\x00\xff c|\x00/{c}=")
	p.put("key", "b", "3", time.Time{})
	if err := errors.Join(p.kept.DeleteDocument(f.ctx, "key", "a"), p.kept.DeleteDocument(f.ctx, "key", "never")); err != nil {
		f.Error(err)
	}
	p.want("all", p.list("key")+" "+p.get("key", "a"), "b=3 c|\x00/{c}= -")
	p.want("the other kind", p.list("keys"), "a=of another kind")
	value, _ := p.kept.Document(f.ctx, "key", "b")
	clear(value) // the caller's own
	p.want("b", p.get("key", "b"), "3")
	f.state(whole, f.commit(batch(whole, f.claim(whole).Epoch, 0, 3))) // beside the pixels
	if since, err := p.kept.SureSince(f.ctx); err != nil || since.After(time.Now().Add(time.Minute)) {
		f.Errorf("sure since %v, %v", since, err)
	}
}

func documentsEnd(f *fixture) {
	p, now := f.papers(), time.Now()
	soon := now.Add(50 * time.Millisecond)
	for i := range 200 { // more than are removed at once
		p.put("session", fmt.Sprint(i), "short", soon)
	}
	p.put("session", "renewed", "short", soon)
	p.put("session", "renewed", "longer", now.Add(time.Hour))
	p.put("session", "for good", "short", soon)
	p.put("session", "for good", "longer", time.Time{})
	p.put("session", "over", "before", now.Add(-time.Hour))
	p.want("one that had ended before", p.get("session", "over"), "-")
	const left = "for good=longer renewed=longer"
	for deadline := time.Now().Add(20 * time.Second); p.list("session") != left; {
		if time.Now().After(deadline) {
			f.Fatalf("documents that have ended are there: %.100s", p.list("session"))
		}
		time.Sleep(5 * time.Millisecond) // between polls
	}
	p.want("one that has ended", p.get("session", "7"), "-")
	p.want("swap of one that has ended", p.swap("session", "7", []byte("short"), "new", time.Time{}), "-")
	p.want("in place of one that has ended", p.swap("session", "7", nil, "new", time.Time{}), "new")
	for range 5 { // these remove what has ended
		p.put("session", "renewed", "again", now.Add(time.Hour))
	}
	p.want("all", p.list("session"), "7=new for good=longer renewed=again")
}

func documentsSwap(f *fixture) {
	p := f.papers()
	p.want("first", p.swap("secret", "x", nil, "1", time.Time{}), "1")
	p.want("second", p.swap("secret", "x", nil, "2", time.Time{}), "1")
	p.want("of another", p.swap("secret", "x", []byte("0"), "2", time.Time{}), "1")
	p.want("of this", p.swap("secret", "x", []byte("1"), "", time.Time{}), "")
	p.want("an empty one is not none", p.swap("secret", "x", nil, "3", time.Time{}), "")
	p.want("of an empty one", p.swap("secret", "x", []byte{}, "4", time.Time{}), "4")
	p.want("of none", p.swap("secret", "y", []byte("1"), "2", time.Time{}), "-")
	p.want("now", p.list("secret"), "x=4")
}

// documentsSwapRaces: a count that many raise at once, each in several pods, misses none.
func documentsSwapRaces(f *fixture) {
	const racers, each = 16, 12
	var work sync.WaitGroup
	var made atomic.Int32
	for i := range racers {
		p := papers{f, f.pod().(store.Documents)}
		work.Go(func() {
			mine := fmt.Appendf(nil, "racer %d", i)
			if now, err := p.kept.SwapDocument(f.ctx, "secret", "first", nil, mine, time.Time{}); err != nil {
				f.Error(err)
			} else if bytes.Equal(now, mine) {
				made.Add(1)
			}
			for range each {
				if err := p.raise(fmt.Sprint(i)); err != nil {
					f.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	count, _, _ := strings.Cut(f.papers().get("allowance", "count"), " ")
	f.papers().want("count", count, fmt.Sprint(racers*each))
	if made.Load() != 1 {
		f.Errorf("%d have made the same document, want 1", made.Load())
	}
}

// raise adds 1 to the count. What it writes is unlike what any other writes, so it can tell whether
// it has swapped.
func (p papers) raise(who string) error {
	old, err := p.kept.Document(p.ctx, "allowance", "count")
	for err == nil {
		n, by := 0, ""
		_, _ = fmt.Sscan(string(old), &n, &by) // none is 0
		next := fmt.Appendf(nil, "%d %s", n+1, who)
		var now []byte
		now, err = p.kept.SwapDocument(p.ctx, "allowance", "count", old, next, time.Now().Add(time.Hour))
		if err == nil && bytes.Equal(now, next) {
			return nil
		}
		old = now
	}
	return err
}

func documentsHaveBounds(f *fixture) {
	p := f.papers()
	most, longest := strings.Repeat("m", store.MaxDocument), strings.Repeat("i", store.MaxDocumentID)
	p.put("key", longest, most, time.Unix(0, math.MaxInt64))
	p.want("the largest", p.get("key", longest), most)
	for what, err := range map[string]error{
		"too large": p.kept.PutDocument(f.ctx, "key", "a", []byte(most+"m"), time.Time{}),
		"long id":   p.kept.PutDocument(f.ctx, "key", longest+"i", nil, time.Time{}),
		"no id":     p.kept.DeleteDocument(f.ctx, "key", ""),
		"no kind":   p.kept.PutDocument(f.ctx, "", "a", nil, time.Time{}),
		"odd kind":  p.kept.PutDocument(f.ctx, "a{b}", "a", nil, time.Time{}),
	} {
		if !errors.Is(err, store.ErrDocument) {
			f.Errorf("%s: %v, want ErrDocument", what, err)
		}
	}
	p.want("all", p.list("key"), longest+"="+most)
}

// documentCalls is every method that can fail.
func documentCalls(ctx context.Context, d store.Documents) map[string]error {
	_, document := d.Document(ctx, "key", "a")
	_, documents := d.Documents(ctx, "key")
	_, swap := d.SwapDocument(ctx, "key", "a", nil, nil, time.Time{})
	_, sure := d.SureSince(ctx)
	return map[string]error{
		"document": document, "documents": documents, "swap": swap, "sure": sure,
		"put": d.PutDocument(ctx, "key", "a", nil, time.Time{}), "delete": d.DeleteDocument(ctx, "key", "a"),
	}
}

func documentsLifecycle(f *fixture) {
	cancelled, cancel := context.WithCancel(f.ctx)
	cancel()
	all := func(ctx context.Context, want error) {
		for call, err := range documentCalls(ctx, f.papers().kept) {
			if !errors.Is(err, want) {
				f.Errorf("%s: %v, want %v", call, err, want)
			}
		}
	}
	all(cancelled, store.ErrUnavailable)
	all(f.ctx, nil)
	if err := f.store.Close(); err != nil {
		f.Fatal(err)
	}
	all(f.ctx, store.ErrClosed)
}

func documentsReopened(f *fixture) {
	p := f.papers()
	p.put("secret", "canvas", "s", time.Time{})
	p.put("session", "a", "1", time.Now().Add(time.Hour))
	p.put("session", "b", "2", time.Now().Add(time.Hour))
	if err := errors.Join(p.kept.DeleteDocument(f.ctx, "session", "b"), f.store.Close()); err != nil {
		f.Fatal(err)
	}
	f.store = f.opened()
	p = f.papers()
	p.want("reopened", p.list("secret")+" "+p.list("session"), "canvas=s a=1")
}
