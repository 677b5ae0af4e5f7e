package decisions

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// kindAct is the kind of the documents that hold acts: one each, under its number.
const kindAct store.Kind = rules.ActKind

// actID is the id of an act's document. Ids sort as the numbers do.
func actID(n uint64) string { return fmt.Sprintf("%016d", n) }

// stored is the chain as the store has it.
type stored struct{ store.Documents }

// after returns acts from number n+1 on, in order, at most most of them.
func (s stored) after(ctx context.Context, n uint64, most int) (acts [][]byte, err error) {
	for len(acts) < most {
		act, err := s.Document(ctx, kindAct, actID(n+1+uint64(len(acts))))
		if err != nil || act == nil {
			return acts, err
		}
		acts = append(acts, act)
	}
	return acts, nil
}

// all returns the whole chain, up to the first act that is missing.
func (s stored) all(ctx context.Context) (acts [][]byte, err error) {
	byID, err := s.Documents.Documents(ctx, kindAct)
	if err != nil {
		return nil, err
	}
	for range byID {
		act := byID[actID(uint64(len(acts)+1))]
		if act == nil {
			break
		}
		acts = append(acts, act)
	}
	return acts, nil
}

// append makes an act durable under its number, unless another one has it: then that one is returned.
// If an error wraps store.ErrUnavailable, the act may be there or not.
func (s stored) append(ctx context.Context, n uint64, act []byte) (other []byte, err error) {
	there, err := s.SwapDocument(ctx, kindAct, actID(n), nil, act, time.Time{})
	if err != nil || bytes.Equal(there, act) {
		return nil, err
	}
	return there, nil
}
