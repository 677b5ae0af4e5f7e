// Package obedience decides whether servers have obeyed what moderators decided while a test drew: nothing
// forbidden was committed once an act was acknowledged, nobody was refused without an act that says so, and
// the sessions of the banned have ended. It is pure: the chaos test passes in what it decided, placed and saw,
// and what the record has of it.
package obedience

import (
	"image"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// Act is something that the test decides, and takes back later. Only the book changes it.
type Act struct {
	Kind   rules.Kind
	Area   image.Rectangle       // of Protect
	Colors map[canvas.Color]bool // of SetPalette: these alone
	User   canvas.Author         // of Ban

	n, undo   uint64    // the numbers of the act and of the one that takes it back; 0: not decided yet
	asked     time.Time // when it was asked for: it may be in force from then on
	obeyed    time.Time // when all pods had said that they obey it; zero: not yet
	undoAsked time.Time // when taking it back was asked for: it may be over from then on
	over      time.Time // when all pods had said that it is over
}

// forbids says how a pixel is refused because of the act; 0: it is not.
func (a *Act) forbids(p *pixel) canvas.Refusal {
	switch {
	case a.Kind == rules.SetFrozen:
		return canvas.RefusedFrozen
	case a.Kind == rules.SetPalette && !a.Colors[p.Color]:
		return canvas.RefusedColor
	case a.Kind == rules.Protect && image.Pt(int(p.X), int(p.Y)).In(a.Area):
		return canvas.RefusedProtected
	case a.Kind == rules.Ban && p.user == a.User:
		return canvas.RefusedBanned
	}
	return 0
}

// N is the act's number; 0: it has none yet.
func (a *Act) N() uint64 { return a.n }

// pixel is one that the test placed.
type pixel struct {
	canvas.Dot
	user     canvas.Author
	placed   time.Time // before it was sent for the first time
	answered time.Time // after the last answer came; zero: there is none
	why      canvas.Refusal
}

// entry is what the record has of a pixel.
type entry struct {
	n      int // of the pixel
	region canvas.RegionID
	seq    uint64
	time   int64 // Unix milliseconds: when its batch was begun
}

// Book is all that is known. Its methods may be called from any goroutine.
type Book struct {
	mu       sync.Mutex
	acts     []*Act
	pixels   map[int]*pixel // by number
	entries  []entry
	sessions []*session
	open     map[Key]*session // those that have not ended
}

// NewBook makes an empty one.
func NewBook() *Book {
	return &Book{pixels: make(map[int]*pixel), open: make(map[Key]*session)}
}

// Asked is called before an act is asked for.
func (b *Book) Asked(a *Act, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a.asked = now
	b.acts = append(b.acts, a)
}

// Decided is called after the answer that an act is number n. Who obeys it obeys those before it too.
func (b *Book) Decided(a *Act, n uint64, obeyed bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a.n = n
	b.obeyed(n, obeyed, now)
}

// Undoing is called before taking an act back is asked for.
func (b *Book) Undoing(a *Act, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a.undoAsked = now
}

// Undone is called after the answer that act n takes an act back.
func (b *Book) Undone(a *Act, n uint64, obeyed bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a.undo = n
	b.obeyed(n, obeyed, now)
}

func (b *Book) obeyed(n uint64, obeyed bool, now time.Time) {
	if !obeyed {
		return
	}
	for _, a := range b.acts {
		if a.obeyed.IsZero() && a.n != 0 && a.n <= n {
			a.obeyed = now
		}
		if a.over.IsZero() && a.undo != 0 && a.undo <= n {
			a.over = now
		}
	}
}

// Placed is called before a pixel is sent for the first time.
func (b *Book) Placed(n int, dot canvas.Dot, user canvas.Author, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pixels[n] = &pixel{Dot: dot, user: user, placed: now}
}

// Answered is called after the last answer for a pixel has come; why 0: it was acknowledged.
func (b *Book) Answered(n int, why canvas.Refusal, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.pixels[n]; p != nil {
		p.answered, p.why = now, why
	}
}

// Recorded takes what the record has of pixel n.
func (b *Book) Recorded(n int, region canvas.RegionID, seq uint64, time int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, entry{n, region, seq, time})
}
