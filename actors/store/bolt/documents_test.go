package bolt

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// A file of an earlier version has no buckets for documents, and gets them.
func TestDocuments_EarlierFile(t *testing.T) {
	cfg := testConfig(t.TempDir())
	s := open(t, cfg)
	claim := claimed(t, s, 5)
	if err := s.offer(t.Context(), dot(5, claim.Epoch, 0)); err != nil {
		t.Fatal(err)
	}
	carried(t, s)
	if err := errors.Join(s.db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(tx.DeleteBucket([]byte(documentsBucket)), tx.DeleteBucket([]byte(endsBucket)))
	}), s.Close()); err != nil {
		t.Fatal(err)
	}
	reader, err := NewReader(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := reader.Read(t.Context(), 5); err != nil || c.Position.Seq != 1 {
		t.Errorf("read: %+v, %v", c, err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, cfg)
	if all, err := s.Documents(t.Context(), "key"); err != nil || len(all) != 0 {
		t.Errorf("documents: %v, %v", all, err)
	}
	if err := s.PutDocument(t.Context(), "key", "a", []byte("1"), time.Time{}); err != nil {
		t.Error(err)
	}
	if c := claimed(t, s, 5); c.Damage != nil || c.Position.Seq != 1 {
		t.Errorf("region: %+v", c)
	}
}

// An earlier version keeps the log without users and provenance: it trims it, and mends the region, and
// knows nothing of what stands beside it. What is left over goes with the next trimming, and is never
// taken for another batch's.
func TestBeside_LeftByAnEarlierVersion(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.LogPixels = 3
	s := open(t, cfg)
	claim := claimed(t, s, 5)
	commit := func(from uint64, user canvas.Author) {
		t.Helper()
		b := dot(5, claim.Epoch, from)
		b.Ops[0].User, b.Ops[0].From = user, canvas.NetworkID(user)
		if err := s.Commit(t.Context(), b, claim.Token); err != nil {
			t.Fatal(err)
		}
	}
	users := func() (all []canvas.Author) {
		t.Helper()
		log, err := s.History(t.Context(), 5, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range log {
			if op := &b.Ops[0]; op.From != canvas.NetworkID(op.User) {
				t.Errorf("user %d of network %d", op.User, op.From)
			}
			all = append(all, b.Ops[0].User)
		}
		return all
	}
	kept := func() (n int) {
		t.Helper()
		carried(t, s)
		if err := s.db.View(func(tx *bbolt.Tx) error {
			n = tx.Bucket([]byte(usersBucket)).Stats().KeyN
			if beside := tx.Bucket([]byte(provenanceBucket)).Stats().KeyN; beside != n {
				t.Errorf("provenance of %d batches, users of %d", beside, n)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for from := range uint64(4) {
		commit(from, canvas.Author(from+1))
	}
	if got := users(); !slices.Equal(got, []canvas.Author{2, 3, 4}) || kept() != 3 {
		t.Fatalf("users %v, %d kept", got, kept())
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error { // an earlier version trims one entry and replaces another
		log, other := tx.Bucket([]byte(logBucket)), dot(5, claim.Epoch, 2)
		other.Time++
		key := logKey(5, 3)
		return errors.Join(log.Delete(logKey(5, 2)), log.Put(key, sealRecord(key, store.AppendBatch(nil, other))))
	}); err != nil {
		t.Fatal(err)
	}
	if got := users(); !slices.Equal(got, []canvas.Author{0, 4}) || kept() != 3 {
		t.Errorf("after an earlier version: users %v, %d kept", got, kept())
	}
	for from := uint64(4); from < 6; from++ {
		commit(from, 0)
	}
	if got := users(); !slices.Equal(got, []canvas.Author{4, 0, 0}) || kept() != 1 {
		t.Errorf("afterwards: users %v, %d kept", got, kept())
	}
}

// A bit that has changed on the disk is found, and what is written anew is sound.
func TestDocuments_Damaged(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	put := func(id, value string) {
		t.Helper()
		if err := s.PutDocument(t.Context(), "key", id, []byte(value), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "value")
	put("b", "sound")
	key := documentKey("key", "a")
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		stored := bytes.Clone(tx.Bucket([]byte(documentsBucket)).Get(key))
		stored[9] ^= 1
		return tx.Bucket([]byte(documentsBucket)).Put(key, stored)
	}); err != nil {
		t.Fatal(err)
	}
	_, one := s.Document(t.Context(), "key", "a")
	_, all := s.Documents(t.Context(), "key")
	_, swap := s.SwapDocument(t.Context(), "key", "a", nil, []byte("new"), time.Time{})
	for call, err := range map[string]error{"read": one, "list": all, "swap": swap} {
		if !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: %v, want ErrUnavailable and ErrCorrupt", call, err)
		}
	}
	put("a", "new")
	if list, err := s.Documents(t.Context(), "key"); err != nil || string(list["a"]) != "new" || string(list["b"]) != "sound" {
		t.Errorf("afterwards: %q, %v", list, err)
	}
}

// What has ended leaves the file with the next transactions, whatever they are about. A document that
// was written again meanwhile stays.
func TestDocuments_EndedLeaveTheFile(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	soon := time.Now().Add(10 * time.Millisecond)
	for _, id := range []string{"a", "b", "c"} {
		if err := s.PutDocument(t.Context(), "key", id, []byte("1"), soon); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutDocument(t.Context(), "key", "c", []byte("2"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "they are gone", func() bool {
		claimed(t, s, 5)
		documents, ends := 0, 0
		if err := s.db.View(func(tx *bbolt.Tx) error {
			documents, ends = tx.Bucket([]byte(documentsBucket)).Stats().KeyN, tx.Bucket([]byte(endsBucket)).Stats().KeyN
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return documents == 1 && ends == 0
	})
}
