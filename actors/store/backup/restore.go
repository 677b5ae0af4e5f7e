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

// Target is a store that is filled. Nobody else uses it meanwhile.
type Target interface {
	Mend(ctx context.Context, region canvas.RegionID, owner string, have *store.Claim) (store.Term, error)
	Release(ctx context.Context, region canvas.RegionID, term store.Term) error
}

// owner is who holds a region while it is restored.
const owner = "restore"

// Check reads a backup to its end and tells what is in it.
func Check(from io.Reader) (Summary, error) {
	r, err := NewReader(from)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	for {
		if _, _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.About, nil
		} else if err != nil {
			return r.About, err
		}
	}
}

// Restore gives a store all regions of a backup: pixels, positions and logs are as they were,
// and every claim from now on has an epoch over base. With an error the store holds a part.
func Restore(ctx context.Context, from io.Reader, into Target, base uint64) (Summary, error) {
	r, err := NewReader(from)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	for {
		id, c, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.About, nil
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
}

// Base is an epoch over which the canvas goes on after it was restored. Who saw the canvas
// between the backup and its loss holds positions with epochs that are not in the backup. Had
// a claim after the restore one of these, another state could have the name of one that is
// held, and be taken for it. So blank regions are raised as well. Epochs follow the clock or are
// counted from 1 or from the last restore; those that have run ahead of the clock are kept apart by chance.
func Base(highest uint64, now time.Time) uint64 {
	const leeway = 1 << 20 // seconds: 12 days
	return max(highest, uint64(max(0, now.Unix()))) + 1 + rand.Uint64N(leeway)
}
