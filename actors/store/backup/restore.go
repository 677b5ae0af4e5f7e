package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Target is a store to be filled. Nobody else uses it meanwhile.
type Target interface {
	Mend(ctx context.Context, region canvas.RegionID, owner string, have *store.Claim) (store.Term, error)
	Release(ctx context.Context, region canvas.RegionID, term store.Term) error
	PutDocument(ctx context.Context, kind store.Kind, id string, value []byte, until time.Time) error
}

// owner is the owner of a region while it is restored.
const owner = "restore"

// Check reads a backup to its end and returns what is in it.
func Check(from io.Reader) (Summary, error) {
	r, err := NewReader(from)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	for {
		if _, _, err := r.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return r.About, err
		}
	}
	for {
		if _, err := r.Document(); errors.Is(err, io.EOF) {
			return r.About, nil
		} else if err != nil {
			return r.About, err
		}
	}
}

// Restore puts all regions and documents of a backup into a store. Pixels, positions and logs are as
// they were, and every claim from now on has an epoch above base. A document takes the place of one
// that is there. After an error the store holds only a part.
func Restore(ctx context.Context, from io.Reader, into Target, base uint64) (Summary, error) {
	r, err := NewReader(from)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	for {
		id, c, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r.About, err
		}
		if c.Epoch > base || c.Position.Epoch > base {
			return r.About, fmt.Errorf("restore region %d: epoch %d is over %d", id, max(c.Epoch, c.Position.Epoch), base)
		}
		c.Term = store.Term{Epoch: base}
		term, err := into.Mend(ctx, id, owner, c)
		if err == nil {
			err = into.Release(ctx, id, term)
		}
		if err != nil {
			return r.About, fmt.Errorf("restore region %d: %w", id, err)
		}
	}
	for {
		d, err := r.Document()
		if errors.Is(err, io.EOF) {
			return r.About, nil
		}
		if err == nil {
			err = into.PutDocument(ctx, d.Kind, d.ID, d.Value, time.Time{})
		}
		if err != nil {
			return r.About, fmt.Errorf("restore documents: %w", err)
		}
	}
}

// Base returns an epoch above which the canvas goes on after it was restored. Whoever saw the
// canvas between the backup and its loss holds positions with epochs that are not in the backup. If
// a claim after the restore got one of those epochs, a new state could have the same position as
// one that is held, and be taken for it. That is why the epochs of blank regions are raised as
// well. Epochs follow the clock, or were counted by earlier versions, from 1 or from the last restore. Those that have
// run ahead of the clock are kept apart by chance.
func Base(highest uint64, now time.Time) uint64 {
	const leeway = 1 << 20 // seconds: 12 days
	return max(highest, uint64(max(0, now.Unix()))) + 1 + rand.Uint64N(leeway)
}
