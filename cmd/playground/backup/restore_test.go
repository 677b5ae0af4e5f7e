package backup

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// failingOver is a store that does not answer the first time that something is written.
type failingOver struct {
	mends, releases, papers int
	epochs                  []uint64
}

func (f *failingOver) Mend(_ context.Context, _ canvas.RegionID, _ string, have *store.Claim) (store.Term, error) {
	f.epochs = append(f.epochs, have.Epoch)
	if f.mends++; f.mends == 1 {
		return store.Term{}, fmt.Errorf("mend: %w", store.ErrUnavailable)
	}
	return store.Term{Epoch: have.Epoch + 1}, nil
}

func (f *failingOver) Release(context.Context, canvas.RegionID, store.Term) error {
	if f.releases++; f.releases == 1 {
		return fmt.Errorf("release: %w", store.ErrUnavailable)
	}
	return nil
}

func (f *failingOver) PutDocument(context.Context, store.Kind, string, []byte, time.Time) error {
	if f.papers++; f.papers == 1 {
		return fmt.Errorf("put document: %w", store.ErrUnavailable)
	}
	return nil
}

// A restore goes on after a failover, whatever was under way.
func TestRestore_BearsAFailover(t *testing.T) {
	t.Parallel()
	into := new(failingOver)
	term, err := patient{into}.Mend(t.Context(), 1, "restore", &store.Claim{Term: store.Term{Epoch: 10}})
	if err == nil {
		err = patient{into}.Release(t.Context(), 1, term)
	}
	if err == nil {
		err = patient{into}.PutDocument(t.Context(), "secret", "canvas", nil, time.Time{})
	}
	if err != nil || into.mends != 2 || into.releases != 2 || into.papers != 2 || into.epochs[1] != 10+restoreStep {
		t.Errorf("%v, %+v", err, into)
	}
}
