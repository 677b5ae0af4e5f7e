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

// stored is the acts as the store has them, and the masks that they speak of.
type stored struct{ store.Documents }

// act returns one act; nil: there is none.
func (s stored) act(ctx context.Context, n uint64) ([]byte, error) {
	return s.Document(ctx, kindAct, actID(n))
}

// after returns acts from number n+1 on, in order, at most most of them.
func (s stored) after(ctx context.Context, n uint64, most int) (acts [][]byte, err error) {
	for len(acts) < most {
		act, err := s.act(ctx, n+1+uint64(len(acts)))
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

// masksOf reads the masks of the areas that acts protect. One that is not there, or not what was
// stored, is left out.
func (s stored) masksOf(ctx context.Context, acts [][]byte) (map[string]*rules.Mask, error) {
	var masks map[string]*rules.Mask
	for _, stored := range acts {
		act, err := rules.Decode(stored)
		if err != nil || act.Area == nil || act.Area.Mask == "" || masks[act.Area.Mask] != nil {
			continue
		}
		mask, err := s.mask(ctx, act.Area.Mask)
		if err != nil {
			return nil, err
		}
		if masks == nil {
			masks = make(map[string]*rules.Mask)
		}
		if mask != nil {
			masks[act.Area.Mask] = mask
		}
	}
	return masks, nil
}

// mask reads one mask; nil: it is not there, or not what was stored.
func (s stored) mask(ctx context.Context, name string) (*rules.Mask, error) {
	if !rules.IsMaskName(name) {
		return nil, nil
	}
	whole, err := s.Document(ctx, rules.MaskKind, rules.MaskPartID(name, 0))
	if err != nil {
		return nil, err
	}
	for part := 1; part < rules.MaskParts(whole); part++ {
		more, err := s.Document(ctx, rules.MaskKind, rules.MaskPartID(name, part))
		if err != nil {
			return nil, err
		}
		whole = append(whole, more...)
	}
	mask, err := rules.DecodeMask(name, whole)
	if err != nil { // the area is protected as a whole
		return nil, nil
	}
	return mask, nil
}
