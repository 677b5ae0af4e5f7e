package memory

import (
	"bytes"
	"context"
	"maps"
	"time"

	"pixelplayground/actors/store"
)

// documentID names a document.
type documentID struct {
	kind store.Kind
	id   string
}

type document struct {
	value []byte
	end   uint64 // Unix milliseconds; 0: never
}

// alive removes the documents that have ended and returns the rest. The caller holds the lock.
func (s *Store) alive() map[documentID]document {
	now := s.cfg.Now()
	maps.DeleteFunc(s.documents, func(_ documentID, d document) bool { return store.Ended(d.end, now) })
	return s.documents
}

// Document implements store.Documents.
func (s *Store) Document(ctx context.Context, kind store.Kind, id string) (value []byte, err error) {
	err = s.onDocument(ctx, "document", kind, id, nil, func(at documentID) { value = bytes.Clone(s.alive()[at].value) })
	return value, err
}

// Documents implements store.Documents.
func (s *Store) Documents(ctx context.Context, kind store.Kind) (map[string][]byte, error) {
	all := make(map[string][]byte)
	err := s.onDocument(ctx, "documents", kind, "all", nil, func(documentID) {
		for at, d := range s.alive() {
			if at.kind == kind {
				all[at.id] = bytes.Clone(d.value)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// PutDocument implements store.Documents.
func (s *Store) PutDocument(ctx context.Context, kind store.Kind, id string, value []byte, until time.Time) error {
	return s.onDocument(ctx, "put", kind, id, value, func(at documentID) { s.keep(at, value, until) })
}

// SwapDocument implements store.Documents.
func (s *Store) SwapDocument(ctx context.Context, kind store.Kind, id string, old, value []byte, until time.Time) (there []byte, err error) {
	err = s.onDocument(ctx, "swap", kind, id, value, func(at documentID) {
		present := s.alive()[at].value
		if (present == nil) == (old == nil) && bytes.Equal(present, old) {
			s.keep(at, value, until)
		}
		there = bytes.Clone(s.alive()[at].value)
	})
	if err != nil {
		return nil, err
	}
	return there, nil
}

// DeleteDocument implements store.Documents.
func (s *Store) DeleteDocument(ctx context.Context, kind store.Kind, id string) error {
	return s.onDocument(ctx, "delete", kind, id, nil, func(at documentID) { delete(s.documents, at) })
}

// SureSince implements store.Documents. It is what Sure was told last.
func (s *Store) SureSince(ctx context.Context) (since time.Time, err error) {
	err = s.onDocument(ctx, "sure", "all", "all", nil, func(documentID) { since = s.sure })
	return since, err
}

// Sure makes SureSince return a time, as after a failover.
func (s *Store) Sure(since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sure = since
}

// keep runs under the lock.
func (s *Store) keep(at documentID, value []byte, until time.Time) {
	s.documents[at] = document{append([]byte{}, value...), store.EndOf(until)}
}

// onDocument runs one operation under the lock; for faults it is one on region 0.
func (s *Store) onDocument(ctx context.Context, operation string, kind store.Kind, id string, value []byte, f func(documentID)) error {
	err := store.CheckDocument(kind, id, value)
	if err == nil {
		err = s.do(ctx, operation, 0, func(*region) error {
			f(documentID{kind, id})
			return nil
		})
	}
	if err != nil {
		return store.Unavailable(err)
	}
	return nil
}
