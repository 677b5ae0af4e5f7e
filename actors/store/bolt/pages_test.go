package bolt

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// Whatever bbolt writes is found sound, whichever entries are put and deleted in whichever order,
// and also with a list of free pages, which bbolt's tools leave.
func TestVerifyPages_Sound(t *testing.T) {
	for _, listed := range []bool{false, true} {
		verifySound(t, listed)
	}
}

func verifySound(t *testing.T, listed bool) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "file")
	o := options(false)
	o.NoFreelistSync = !listed
	db, err := bbolt.Open(path, 0o600, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.NoSync = true
	for round := range 50 {
		err := db.Update(func(tx *bbolt.Tx) error { return change(tx, random) })
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := verifyFile(file)
		if err != nil || m.alone || (m.freeList == noFreeList) == listed {
			t.Fatalf("round %d, listed %t: %v, %+v", round, listed, err, m)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
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
