package store

import (
	"context"
	"time"
)

// Kind is what a document is about. Each kind has ids of its own.
type Kind string

// Documents keeps small documents beside the pixels: what pods must know of people for longer than a
// pod lives. A store of pixels may be a store of documents as well; both of ours are. Calls may come
// from any goroutine. Errors wrap ErrUnavailable or ErrClosed.
//
// What is kept until some time is gone soon after it, and never found after it.
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
	// when the present primary became one. Zero: none can ever have been lost.
	SureSince(ctx context.Context) (time.Time, error)
}

// MaxDocument bounds a document, in bytes; MaxDocumentID its id.
const (
	MaxDocument   = 16 << 10
	MaxDocumentID = 128
)
