package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what a document is about. Each kind has ids of its own.
type Kind string

// Documents keeps small documents beside the pixels: what pods must know of people for longer than a
// pod lives. A store of pixels may be a store of documents as well; both of ours are. Calls may come
// from any goroutine. Errors wrap ErrUnavailable, ErrClosed or ErrDocument.
//
// What is kept until some time is never found after it, by the store's clock, and is removed when
// something is written later.
type Documents interface {
	// Document returns a document; nil: there is none.
	Document(ctx context.Context, kind Kind, id string) ([]byte, error)
	// Documents lists all of a kind by id.
	Documents(ctx context.Context, kind Kind) (map[string][]byte, error)
	// PutDocument keeps a document in place of any other under this id; until zero: for good. It is
	// durable when PutDocument returns.
	PutDocument(ctx context.Context, kind Kind, id string, value []byte, until time.Time) error
	// SwapDocument does that only if the present document equals old (nil: there is none), and
	// returns the document that is there afterwards: value if it was swapped.
	SwapDocument(ctx context.Context, kind Kind, id string, old, value []byte, until time.Time) (now []byte, err error)
	// DeleteDocument removes a document. It is no error if there is none.
	DeleteDocument(ctx context.Context, kind Kind, id string) error

	// SureSince is the time from which on no document that was said to be durable can have been lost
	// without a trace. A failover of Redis may lose the last writes, so it is then at the earliest
	// when the present primary became one. Ask after the documents have been read: what is read
	// later may be from another primary. Zero: none can ever have been lost.
	SureSince(ctx context.Context) (time.Time, error)
}

// MaxDocument bounds a document, in bytes; MaxDocumentID its id.
const (
	MaxDocument   = 16 << 10
	MaxDocumentID = 128
)

// ErrDocument says that a document can't be kept: its kind or id is empty or too long, or it is too
// large. Asking again is no use.
var ErrDocument = errors.New("no such document can be kept")

// CheckDocument returns an error that wraps ErrDocument unless a document may be kept.
func CheckDocument(kind Kind, id string, value []byte) error {
	switch {
	case kind == "" || len(kind) > maxKind || strings.ContainsFunc(string(kind), unfit):
		return fmt.Errorf("%w: kind %q: must be 1 to %d small letters and dashes", ErrDocument, kind, maxKind)
	case id == "" || len(id) > MaxDocumentID:
		return fmt.Errorf("%w: id of %d bytes: must have 1 to %d", ErrDocument, len(id), MaxDocumentID)
	case len(value) > MaxDocument:
		return fmt.Errorf("%w: %d bytes: at most %d", ErrDocument, len(value), MaxDocument)
	}
	return nil
}

const maxKind = 32

// unfit keeps out what would mean something in a key.
func unfit(c rune) bool { return (c < 'a' || c > 'z') && c != '-' }

// EndOf is a document's end in the form that stores keep: Unix milliseconds, rounded up; 0: it has
// none.
func EndOf(until time.Time) uint64 {
	if until.IsZero() {
		return 0
	}
	return uint64(max(1, until.Add(time.Millisecond-1).UnixMilli()))
}

// Ended reports whether a document that ends then has ended.
func Ended(end uint64, now time.Time) bool {
	return end > 0 && now.UnixMilli() >= 0 && uint64(now.UnixMilli()) >= end
}

// Unavailable gives an error the form of this contract: it wraps ErrUnavailable unless it wraps
// ErrClosed or ErrDocument.
func Unavailable(err error) error {
	if errors.Is(err, ErrClosed) || errors.Is(err, ErrDocument) || errors.Is(err, ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
