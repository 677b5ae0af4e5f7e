// Package store is the contract between regions and what keeps their pixels: who may write
// (epochs), what is durable (commits) and what happened (the log). The keeping itself is done by
// store/bolt and store/redis, which both pass store/storetest. Regions and the HTTP API call it.
package store

import (
	"context"
	"errors"
	"math/rand/v2"

	"pixelplayground/actors/canvas"
)

// Version is the version of what is stored, in data directories, Redis, backups and records together.
// CHANGELOG.md says what raises which of its numbers. Each of them has a marker of its own, by which a
// program that can't read it refuses it.
const Version = "1.1"

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

// Token tells claims with the same epoch apart. There can be such claims if a store forgets: when a
// failover of Redis loses the last claim, the next one may get its epoch again. A token is random;
// 0 is nobody's.
type Token uint64

// NewToken makes the token of a claim.
func NewToken() Token {
	for {
		if token := Token(rand.Uint64()); token != 0 {
			return token
		}
	}
}

// Term names a claim: by its epoch, which orders claims, and its token.
type Term struct {
	Epoch uint64
	Token Token
}

// Claim is what a new owner of a region gets.
type Claim struct {
	Term                     // the owner's; its epoch is higher than any earlier one that the store knows of
	Position canvas.Position // of the last batch committed
	Tile     canvas.Tile     // the caller's to keep and change
	Recent   []*canvas.Batch // the end of the log, oldest first, without holes, ending at Position; bounded by the store's setting
	LogStart uint64          // sequence number at which the log begins, Recent and what is before it
	Recorded uint64          // what Recorded noted last, at most Position.Seq; 0 after Mend

	// Damage is nil, or says what is lost; it wraps ErrDamaged. The other fields then hold what is
	// left, Position the latest that is known, and nothing can be committed before Mend.
	Damage     error
	PixelsLost bool // Tile is not that of Position: parts of it were found in the log or are blank
}

// Store keeps the pixels of one canvas. All methods may be called from any goroutine. Calls for
// different regions wait for each other's round trips only as far as the medium demands.
//
// All errors are or wrap those of this package. Any error other than ErrFenced, ErrDamaged,
// ErrGeometry and ErrClosed wraps ErrUnavailable. A cancelled ctx gives ErrUnavailable as well.
type Store interface {
	// Claim makes owner (a free text for people) the only writer of a region: it raises
	// the region's epoch, so that commits under any earlier epoch get ErrFenced. A region that
	// is damaged is claimed like any other, and the claim says so.
	Claim(ctx context.Context, region canvas.RegionID, owner string) (*Claim, error)

	// Commit makes a batch durable: its pixels, its position and its log entry, or none of them.
	// b.Epoch and token must be the claim's, and b.From the sequence number reached. If the last
	// successful commit is repeated, it succeeds and changes nothing. A batch that does not continue
	// the region's sequence gets ErrFenced if its owner knows less than the store, and ErrDamaged if
	// it knows more. ErrDamaged also goes to a batch whose epoch is higher than any that the store
	// knows, or that finds other parts of the region gone. b has at least one pixel, and as many
	// pixels as sequence numbers.
	Commit(ctx context.Context, b *canvas.Batch, token Token) error

	// Release ends a claim so that the next owner need not wait for anything. From then on, commits
	// under it get ErrFenced. Releasing a claim that is not the current one does nothing and is no
	// error.
	Release(ctx context.Context, region canvas.RegionID, term Term) error

	// Mend replaces a region in the store with what its owner knows of it: have's position, tile and
	// log (which ends at the position, or is empty), all at once. have's term is the owner's claim.
	// ErrFenced says that another owner has claimed the region since, as far as the store still
	// knows. Mend is a new claim, and returns its term. Nothing of the region counts as recorded from
	// then on: whether what is recorded leads to these pixels is not known.
	Mend(ctx context.Context, region canvas.RegionID, owner string, have *Claim) (Term, error)

	// Holds reports whether a claim is the current one, and whether the region is as its owner left
	// it, at the sequence number reached. It returns nil, ErrFenced or ErrDamaged, as a commit
	// would.
	Holds(ctx context.Context, region canvas.RegionID, term Term, reached uint64) error

	// Claims returns a text that differs after any claim of any region, by any owner. With one call
	// it tells an owner of many regions that all of them are still its own. A claim may already be
	// current before the text changes, but then it has not returned yet.
	Claims(ctx context.Context) (string, error)

	// Recorded notes that all of a region up to sequence number to is recorded elsewhere for good, so
	// that later commits may drop it from the log (see Keep). term must be the current claim, since
	// an earlier owner may have recorded what the store has lost since: ErrFenced, or ErrDamaged if
	// the store does not know of the claim or has not come as far. What was noted is never lowered
	// but by Mend. A store that a pod of an earlier version writes to may lose the note, or drop what
	// is not recorded.
	Recorded(ctx context.Context, region canvas.RegionID, term Term, to uint64) error

	// History returns the log after sequence number `after`, oldest first and without holes: at most
	// limit batches. The first one may start later than `after` if older entries were dropped or
	// can't be read, or earlier if `after` is inside a batch.
	History(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error)

	// Ping reports whether the store would take a commit now.
	Ping(ctx context.Context) error

	// Close waits for commits under way. It may be called twice.
	Close() error
}

// CommitStarter is a Store that can answer a commit by a callback, so that no goroutine of the
// caller has to wait.
type CommitStarter interface {
	// StartCommit is Commit, but gives its outcome to done: once, on any goroutine, perhaps before
	// StartCommit returns. Neither StartCommit nor done blocks.
	StartCommit(ctx context.Context, b *canvas.Batch, token Token, done func(error))
}

// Fencer is a Store that can end the claim of a region without making a new one.
type Fencer interface {
	// Fence ends the current claim, whoever has it, and all earlier ones: commits under them get ErrFenced,
	// also those that are on their way. Claims does not tell of it.
	Fence(ctx context.Context, region canvas.RegionID) error
}

// Fence ends whatever claim of a region there is.
func Fence(ctx context.Context, s Store, region canvas.RegionID) error {
	if f, can := s.(Fencer); can {
		return f.Fence(ctx, region)
	}
	claim, err := s.Claim(ctx, region, "nobody")
	if err != nil {
		return err
	}
	return s.Release(ctx, region, claim.Term)
}
