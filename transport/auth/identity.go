package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"pixelplayground/actors/store"
)

// identityBytes is how much of a hash tells canvases apart: nobody has a reason to forge it.
const identityBytes = 8

// Identity names the canvas in a store, for what is kept of it elsewhere. It is derived from the
// secret of the canvas, so a backup that is restored has the same, and a store that was emptied is given
// it back by running gateways.
func Identity(ctx context.Context, papers store.Documents) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, learnTime)
	defer cancel()
	secret, err := papers.Document(ctx, secretKind, secretID)
	if err == nil && secret == nil {
		secret, err = papers.SwapDocument(ctx, secretKind, secretID, nil, newSecret(), time.Time{})
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("learn the identity of the canvas: %w", err)
	case len(secret) != secretBytes:
		return "", errors.New("learn the identity of the canvas: its secret in the store is none")
	}
	return hex.EncodeToString(derive(secret, "identity of the canvas")[:identityBytes]), nil
}

func newSecret() []byte {
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails: see crypto/rand
	return secret
}
