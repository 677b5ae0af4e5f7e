package bolt

import (
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// What bbolt writes is found sound, whatever is put and deleted in whatever order.
func TestVerifyPages_Sound(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "file")
	db, err := bbolt.Open(path, 0o600, options(false))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.NoSync = true
	for round := range 100 {
		err := db.Update(func(tx *bbolt.Tx) error { return change(tx, random) })
		if err != nil {
			t.Fatal(err)
		}
		if m, err := verifyFile(path); err != nil || m.alone {
			t.Fatalf("round %d: %v, one meta page: %t", round, err, m.alone)
		}
	}
}

// change puts or deletes a few hundred entries, as single ones and as runs of neighbours.
func change(tx *bbolt.Tx, random *rand.Rand) error {
	for _, name := range buckets() {
		b, err := tx.CreateBucketIfNotExists([]byte(name))
		if err != nil {
			return err
		}
		at, deletes := random.Uint32N(4000), random.IntN(2) == 0
		for range random.IntN(300) {
			if random.IntN(4) == 0 {
				at = random.Uint32N(4000)
			}
			at++
			key := binary.BigEndian.AppendUint32(nil, at)
			if deletes {
				err = b.Delete(key)
			} else {
				err = b.Put(key, make([]byte, random.IntN(1500)))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
