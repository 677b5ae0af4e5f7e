package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/store"
)

// Buckets of documents. A file of an earlier version has none; they are made when it is opened, and
// earlier versions leave them alone.
const (
	documentsBucket = "documents" // kind, a zero byte, id: see openDocument
	endsBucket      = "ends"      // when a document ends u64, its key in documents: nothing
)

// sweep bounds how many documents that have ended one transaction removes.
const sweep = 64

func documentKey(kind store.Kind, id string) []byte {
	return append(append(append(make([]byte, 0, len(kind)+1+len(id)), kind...), 0), id...)
}

func endKey(end uint64, key []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(key)), end), key...)
}

// sealDocument returns a document as it is stored: when it ends (Unix milliseconds; 0: never), what
// it says, and a checksum over both and the key.
func sealDocument(key, value []byte, end uint64) []byte {
	stored := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(value)+sumBytes), end)
	stored = append(stored, value...)
	return binary.BigEndian.AppendUint32(stored, checksum(key, stored))
}

// openDocument returns what a stored document says, which is bbolt's memory, and when it ends.
func openDocument(key, stored []byte) (value []byte, end uint64, err error) {
	body := len(stored) - sumBytes
	if body < 8 || checksum(key, stored[:body]) != binary.BigEndian.Uint32(stored[body:]) {
		return nil, 0, corrupt("document %q is not what was written", key)
	}
	return stored[8:body], binary.BigEndian.Uint64(stored), nil
}

// document returns a document that has not ended at a time; nil: there is none.
func document(b *bbolt.Bucket, key []byte, now time.Time) (value []byte, end uint64, err error) {
	stored := b.Get(key)
	if stored == nil {
		return nil, 0, nil
	}
	value, end, err = openDocument(key, stored)
	if err != nil || store.Ended(end, now) {
		return nil, end, err
	}
	return value, end, nil
}

// write is a change of a document.
type write struct {
	key   []byte
	value []byte // nil: none shall be there
	end   uint64
	now   time.Time

	swaps bool   // only if the present document is old
	old   []byte // nil: there is none
	there []byte // result: what is there afterwards
}

// apply never fails for what was there: whatever can't be read any more is replaced, unless it must
// be compared.
func (w *write) apply(t *tables) error {
	present, end, err := document(t.documents, w.key, w.now)
	if w.swaps {
		if err != nil {
			return err
		}
		if (present == nil) != (w.old == nil) || !bytes.Equal(present, w.old) {
			w.there = bytes.Clone(present)
			return nil
		}
	}
	w.there = w.value
	if end > 0 {
		t.drop(t.ends, endKey(end, w.key))
	}
	if w.value == nil {
		t.drop(t.documents, w.key)
		return nil
	}
	t.put(t.documents, w.key, sealDocument(w.key, w.value, w.end))
	if w.end > 0 {
		t.put(t.ends, endKey(w.end, w.key), []byte{})
	}
	return nil
}

func (t *tables) drop(b *bbolt.Bucket, key []byte) {
	if err := b.Delete(key); err != nil && t.failed == nil {
		t.failed = err
	}
}

// sweep removes documents that have ended, at most so many.
func (t *tables) sweep(now time.Time) {
	for range sweep {
		k, _ := t.ends.Cursor().First() // a new cursor: deleting confuses one
		if len(k) < 8 || !store.Ended(binary.BigEndian.Uint64(k), now) || t.failed != nil {
			return
		}
		key, ended := bytes.Clone(k), false
		if stored := t.documents.Get(key[8:]); len(stored) >= 8 { // it may have been replaced since
			ended = bytes.Equal(stored[:8], key[:8])
		}
		if ended {
			t.drop(t.documents, key[8:])
		}
		t.drop(t.ends, key)
	}
}

// Document implements store.Documents.
func (s *Store) Document(ctx context.Context, kind store.Kind, id string) (value []byte, err error) {
	err = store.CheckDocument(kind, id, nil)
	if err == nil {
		err = s.read(ctx, func(t *tables) error {
			found, _, err := document(t.documents, documentKey(kind, id), time.Now())
			value = bytes.Clone(found)
			return err
		})
	}
	return value, documentError("read", kind, err)
}

// Documents implements store.Documents.
func (s *Store) Documents(ctx context.Context, kind store.Kind) (map[string][]byte, error) {
	var all map[string][]byte
	err := s.read(ctx, func(t *tables) (err error) {
		all, err = t.list(kind, time.Now())
		return err
	})
	return all, documentError("list", kind, err)
}

// list returns all documents of a kind; none if the file is of a version that had no documents.
func (t *tables) list(kind store.Kind, now time.Time) (map[string][]byte, error) {
	all := make(map[string][]byte)
	if t.documents == nil {
		return all, nil
	}
	prefix := documentKey(kind, "")
	c := t.documents.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		value, _, err := document(t.documents, k, now)
		if err != nil {
			return nil, err
		}
		if value != nil {
			all[string(k[len(prefix):])] = bytes.Clone(value)
		}
	}
	return all, nil
}

// PutDocument implements store.Documents.
func (s *Store) PutDocument(ctx context.Context, kind store.Kind, id string, value []byte, until time.Time) error {
	return s.writeDocument(ctx, kind, id, &write{value: nonNil(value), end: store.EndOf(until)})
}

// SwapDocument implements store.Documents.
func (s *Store) SwapDocument(ctx context.Context, kind store.Kind, id string, old, value []byte, until time.Time) ([]byte, error) {
	w := &write{value: nonNil(value), end: store.EndOf(until), swaps: true, old: old}
	err := s.writeDocument(ctx, kind, id, w)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(w.there), nil
}

// DeleteDocument implements store.Documents.
func (s *Store) DeleteDocument(ctx context.Context, kind store.Kind, id string) error {
	return s.writeDocument(ctx, kind, id, &write{})
}

// SureSince implements store.Documents: what has been flushed to the disk is never lost.
func (s *Store) SureSince(ctx context.Context) (time.Time, error) {
	return time.Time{}, s.read(ctx, func(*tables) error { return nil })
}

func (s *Store) writeDocument(ctx context.Context, kind store.Kind, id string, w *write) error {
	err := store.CheckDocument(kind, id, w.value)
	if err == nil {
		w.key, w.now = documentKey(kind, id), time.Now()
		err = s.submit(ctx, w, 1+len(w.value)/pixelsWorth)
	}
	return documentError("write", kind, err)
}

// pixelsWorth is how many bytes of a document count as one pixel towards a transaction's size.
const pixelsWorth = chunkBytes

func nonNil(value []byte) []byte { return append([]byte{}, value...) }

// documentError wraps what a caller is told. A document that is damaged can't be had: to those who
// ask for it that is the same as a store that does not answer.
func documentError(do string, kind store.Kind, err error) error {
	if err != nil {
		return fmt.Errorf("%s document of kind %s: %w", do, kind, store.Unavailable(err))
	}
	return nil
}
