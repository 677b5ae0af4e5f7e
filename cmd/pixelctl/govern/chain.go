package govern

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// actsAtOnce is how many acts a server is asked for at a time.
const actsAtOnce = 1000

// acts fetches all acts as they are stored, the first of them first. What a server says of a chain that
// is broken is brought as it says it.
func (o *Operator) acts(ctx context.Context) (stored [][]byte, err error) {
	before := uint64(0)
	for {
		page, err := o.page(ctx, before, actsAtOnce)
		if err != nil {
			return nil, err
		}
		stored = append(stored, page...)
		if len(page) < actsAtOnce {
			slices.Reverse(stored)
			return stored, nil
		}
		next, err := numberOf(page[len(page)-1])
		if err != nil || before != 0 && next >= before {
			return nil, fmt.Errorf("the server repeats itself: before act %d it tells act %d", before, next)
		}
		before = next
	}
}

// page fetches some acts, the last first.
func (o *Operator) page(ctx context.Context, before uint64, limit int) ([][]byte, error) {
	path := fmt.Sprintf("acts?limit=%d", limit)
	if before > 0 {
		path += fmt.Sprintf("&before=%d", before)
	}
	body, err := o.ask(ctx, request{method: http.MethodGet, path: path, accept: "application/x-ndjson"})
	if err != nil {
		return nil, err
	}
	return lines(body), nil
}

// lines are those of a text that have something in them.
func lines(text []byte) (list [][]byte) {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			list = append(list, line)
		}
	}
	return list
}

func numberOf(stored []byte) (uint64, error) {
	var act struct{ N uint64 }
	err := json.Unmarshal(stored, &act)
	return act.N, err
}

// anyCanvas has all areas of all canvases.
func anyCanvas() canvas.Geometry {
	return canvas.Geometry{Width: canvas.MaxEdge, Height: canvas.MaxEdge, Region: canvas.MaxRegionEdge}
}

// chain fetches the acts and works out what they lead to.
func (o *Operator) chain(ctx context.Context) (*rules.Chain, error) {
	stored, err := o.acts(ctx)
	if err != nil {
		return nil, err
	}
	chain := rules.NewChain(anyCanvas())
	for _, act := range stored {
		if _, err := chain.Append(act); err != nil {
			return nil, fmt.Errorf("read the acts: %w; 'pixelctl audit verify' says more", err)
		}
	}
	return chain, nil
}
