// Package store is the contract between regions and what keeps their pixels: who may
// write (epochs), what is durable (commits) and what happened (the log). It leaves the
// keeping to store/bolt and store/redis, which both pass store/storetest. Regions and
// the HTTP API call it.
package store

import (
	"context"
	"errors"
	"math/rand/v2"

	"pixelplayground/actors/canvas"
)

var (
	// ErrFenced says that another owner has claimed the region since: the caller must
	// give up. This call did not apply the batch and no repetition will; an earlier try
	// that got ErrUnavailable may have.
	ErrFenced = errors.New("region was claimed by another owner")
	// ErrUnavailable says that the store did not answer. The batch may or may not have
	// been applied; the same commit can be repeated safely.
	ErrUnavailable = errors.New("store is unavailable")
	// ErrDamaged says that the store does not have what was committed to a region: a part
	// of it is gone, can't be read, or is an older one. Waiting does not help; Mend does.
	ErrDamaged = errors.New("the store has lost a part of the region")
	// ErrGeometry says that the store holds a canvas of another size.
	ErrGeometry = errors.New("store holds a canvas of another geometry")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store is closed")
)

// Token tells claims apart whose epochs are the same. That happens where a store forgets:
// in a failover of Redis that loses the last claim, the next one may get its epoch again.
// It is random; 0 is nobody's.
type Token uint64

// NewToken is a claim's.
func NewToken() Token {
	for {
		if token := Token(rand.Uint64()); token != 0 {
			return token
		}
	}
}

// Term names a claim: by its epoch, which says who comes after whom, and its token.
type Term struct {
	Epoch uint64
	Token Token
}

// Claim is what a new owner of a region gets.
type Claim struct {
	Term                     // the owner's; its epoch is higher than any before that the store knows of
	Position canvas.Position // of the last batch committed
	Tile     canvas.Tile     // the caller's to keep and change
	Recent   []*canvas.Batch // the log, oldest first, without holes, ending at Position; bounded by the store's setting

	// Damage is nil, or says what is lost; it wraps ErrDamaged. The other fields are then what
	// is left, Position the latest that is known of, and nothing can be committed before Mend.
	Damage     error
	PixelsLost bool // Tile is not that of Position: some of it was found in the log or is blank
}

// Store keeps the pixels of one canvas. All methods may be called from any goroutine;
// calls for different regions do not wait for each other's round trip more than the
// medium demands.
//
// Errors are or wrap those of this package; whatever is not ErrFenced, ErrDamaged,
// ErrGeometry or ErrClosed wraps ErrUnavailable. A cancelled ctx gives ErrUnavailable as well.
type Store interface {
	// Claim makes owner (a free text for people) the only writer of a region: it raises
	// the region's epoch, so that commits under any earlier epoch get ErrFenced. A region that
	// is damaged is claimed like any other, and the claim says so.
	Claim(ctx context.Context, region canvas.RegionID, owner string) (*Claim, error)

	// Commit makes a batch durable: its pixels, its position and its log entry, or none
	// of them. b.Epoch and token must be the claim's, and b.From the sequence number reached.
	// Repeating the commit that was the last to succeed succeeds and changes nothing.
	// A batch that does not continue the region's sequence gets ErrFenced when its owner
	// knows less than the store, and ErrDamaged when it knows more; so does one whose epoch is
	// higher than any that the store knows, or that finds other parts of the region gone. b has at least one pixel, and as many as numbers.
	Commit(ctx context.Context, b *canvas.Batch, token Token) error

	// Release ends a claim so that the next owner need not wait for anything; commits
	// under it get ErrFenced from then on. A claim that is not the current one is left
	// alone: no error.
	Release(ctx context.Context, region canvas.RegionID, term Term) error

	// Mend makes of a region in the store what its owner knows of it: have's position, tile and
	// log (which ends at the position, or is empty) replace all that is there, as one. have's
	// term is the owner's claim; ErrFenced says that another has claimed the region since, in
	// so far as the store still knows. It is a new claim, under the term that is returned.
	Mend(ctx context.Context, region canvas.RegionID, owner string, have *Claim) (Term, error)

	// Holds reports whether a claim is the current one, and the region as its owner left it, with
	// the sequence number reached: nil, ErrFenced or ErrDamaged, as for a commit.
	Holds(ctx context.Context, region canvas.RegionID, term Term, reached uint64) error

	// Claims is a text that is another after any claim of any region, by whomever. It tells an
	// owner of many regions with one call that all of them are still its own; one claim may
	// have become current, but has not returned, before the text is another.
	Claims(ctx context.Context) (string, error)

	// History returns the log after sequence number `after`, oldest first: at most limit
	// batches. The first may start later than `after` when older entries were dropped, or
	// earlier when `after` is inside a batch.
	History(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error)

	// Ping reports whether the store would take a commit now.
	Ping(ctx context.Context) error

	// Close waits for commits under way. It may be called twice.
	Close() error
}
