package bolt

import (
	"bytes"
	"testing"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/storetest"
)

func TestStore_LongLogHasLostPixels(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.LogPixels, cfg.Buffer = 10, 1000
	s := open(t, cfg)
	storetest.LongLogHasLostPixels(t, s, func() {
		changeTables(t, s, func(all *tables) error { return all.pixels.Put(chunkKey(0, 0), make([]byte, 3)) })
	})
}

func TestStore_HistoryWithHoles(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	storetest.HistoryWithHoles(t, s, func() {
		changeTables(t, s, func(all *tables) error {
			for _, to := range []uint64{5, 6} {
				if err := all.log.Delete(logKey(0, to)); err != nil {
					return err
				}
			}
			damaged := bytes.Clone(all.log.Get(logKey(0, 12)))
			damaged[len(damaged)-1] ^= 1
			return all.log.Put(logKey(0, 12), damaged)
		})
	})
}

// A file of an earlier version says nothing of a record. What is noted there can't be read as
// something else when it is damaged.
func TestStore_RecordedInFiles(t *testing.T) {
	cfg := testConfig(t.TempDir())
	s := open(t, cfg)
	owner := claimed(t, s, 0)
	if err := s.Commit(t.Context(), dot(0, owner.Epoch, 0), owner.Token); err != nil {
		t.Fatal(err)
	}
	recorded := func() uint64 {
		t.Helper()
		claim, err := s.Read(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return claim.Recorded
	}
	if err := s.Recorded(t.Context(), 0, owner.Term, 1); err != nil || recorded() != 1 {
		t.Fatalf("%v, recorded to %d, want 1", err, recorded())
	}
	changeTables(t, s, func(all *tables) error {
		return all.recorded.Put(regionKey(canvas.RegionID(0)), append(make([]byte, 8), all.recorded.Get(regionKey(0))[8:]...))
	})
	if recorded() != 0 {
		t.Error("a damaged note is taken for one")
	}
	carried(t, s)
	err := s.db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(recordedBucket)) })
	if err != nil || recorded() != 0 || s.Close() != nil {
		t.Fatalf("%v, recorded to %d in a file of an earlier version", err, recorded())
	}
	r, err := NewReader(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if claim, err := r.Read(t.Context(), 0); err != nil || claim.Damage != nil || claim.Recorded != 0 || r.Close() != nil {
		t.Errorf("%v, %v", claim, err)
	}
	cfg.Buffer = 100
	s = open(t, cfg)
	owner = claimed(t, s, 0)
	if err := s.Recorded(t.Context(), 0, owner.Term, 1); err != nil || recorded() != 1 {
		t.Errorf("%v, recorded to %d, want 1", err, recorded())
	}
}

// changeTables changes the tables behind the store's back, when they have everything.
func changeTables(t *testing.T, s *Store, f func(*tables) error) {
	t.Helper()
	carried(t, s)
	if err := s.db.Update(func(tx *bbolt.Tx) error { return f(tablesOf(tx)) }); err != nil {
		t.Fatal(err)
	}
}

// carried has the tables take what is in the journal.
func carried(t *testing.T, s *Store) {
	t.Helper()
	if s.transact(nil); s.behind() {
		t.Fatal(s.doubt.why())
	}
}
