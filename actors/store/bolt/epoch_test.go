package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pixelplayground/actors/store"
)

// TestClaim_EarlierCopy: when an earlier copy of the file takes its place, such as a volume's snapshot, no
// epoch is given that was given after the copy: the record would take what is drawn now for what was
// drawn then.
func TestClaim_EarlierCopy(t *testing.T) {
	cfg, clock := testConfig(t.TempDir()), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	given := make(map[uint64]bool)
	start := func() {
		t.Helper()
		s, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Minute)
		s.now = func() time.Time { return clock }
		claim, err := s.Claim(t.Context(), 0, "test")
		if err == nil {
			err = s.Commit(t.Context(), dot(0, claim.Epoch, claim.Position.Seq), claim.Token)
		}
		if err = errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if given[claim.Epoch] {
			t.Errorf("epoch %d is given again", claim.Epoch)
		}
		given[claim.Epoch] = true
	}
	start()
	path := filepath.Join(cfg.Dir, fileName)
	copied, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		start()
	}
	if err := os.WriteFile(path, copied, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		start()
	}
}

// Epochs rise whatever the clock does, and where it does not help they rise by steps that differ.
func TestNextEpoch(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for _, test := range []struct {
		last  uint64
		now   time.Time
		token store.Token
		want  uint64
	}{
		{0, now, 7, 1_000_000}, {999_999, now, 7, 1_000_000}, {1_000_000, now, 7, 1_000_008}, {3_000_000, now, 12_345, 3_000_346}, {5, time.Unix(-3, 0), 1000, 6},
	} {
		if got := nextEpoch(test.last, test.now, test.token); got != test.want {
			t.Errorf("after %d at %v: %d, want %d", test.last, test.now.Unix(), got, test.want)
		}
	}
}
