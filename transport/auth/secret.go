package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/auth/botkey"
)

// The secret of the canvas is a document that the first pod makes, and that all pods and all later
// processes share. Whoever has it can forge cookies and name subjects, so it leaves the store for
// nowhere else.
const (
	secretKind  = store.Kind("secret")
	secretID    = "canvas"
	secretBytes = 32
)

// Lasting lists the kinds of documents that a backup of the canvas must have, so that people and bots
// are after a restore who they were, and nobody is signed in who was not.
func Lasting() []store.Kind {
	return []store.Kind{secretKind, kindKey, kindKeyRing, botkey.KindUse, kindAccount, kindEnded, kindRank, kindMaker}
}

// keys are what is derived from the secret of the canvas.
type keys struct {
	secret   []byte
	subjects []byte // names subjects
	networks []byte // names networks
	cookies  []byte // signs the cookies of guests
	seals    *seals // sign those of accounts
}

func newKeys(secret []byte) *keys {
	return &keys{
		secret: secret, subjects: derive(secret, "subjects"), networks: derive(secret, "networks"),
		cookies: derive(secret, "guest cookies"), seals: newSeals(secret),
	}
}

// derive makes a key for one purpose.
func derive(secret []byte, purpose string) []byte { return sum(secret, purpose) }

// sum is HMAC-SHA256 of parts that can't be taken for each other: all but the last have no zero byte.
func sum[T ~string | ~[]byte](key []byte, parts ...T) []byte {
	mac := hmac.New(sha256.New, key)
	for i, part := range parts {
		if i > 0 {
			mac.Write([]byte{0})
		}
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// subject names whoever is known in this way by this identity.
func (k *keys) subject(kind canvas.PersonKind, identity []byte) canvas.Subject {
	return canvas.Subject(sum(k.subjects, []byte(kind.String()), identity)[:len(canvas.Subject{})])
}

// How often the store is asked for the secret: until it is known, and from then on, because a Redis
// may lose it. Then this pod writes it back, before a pod that starts later makes another one.
const (
	learnEvery = time.Second
	checkEvery = 15 * time.Second
	learnTime  = 5 * time.Second // for one answer of the store
)

// Run sees to it that the secret of the canvas is known and stays in the store, and that it is known
// which logins have ended and with which keys tokens are signed, until ctx ends.
func (p *People) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { p.followRoles(ctx) })
	if p.tokens != nil {
		work.Go(func() { p.tokens.Run(ctx, p.log) })
	}
	for warned := false; ; {
		err := p.Learn(ctx)
		wait := checkEvery
		if err != nil || p.keys.Load() == nil {
			wait = learnEvery
		}
		if err != nil && !warned && ctx.Err() == nil {
			p.log.Warn("the store does not tell the secret of the canvas", "known", p.keys.Load() != nil, "err", err)
		}
		warned = err != nil
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// Learn asks the store once for the secret of the canvas, and gives it one if it has none. It also asks
// which logins have ended, and says which keys have been in use.
func (p *People) Learn(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, learnTime)
	defer cancel()
	known := p.keys.Load()
	secret, err := p.papers.Document(ctx, secretKind, secretID)
	if err == nil && secret == nil {
		secret, err = p.offer(ctx, known)
	}
	switch {
	case err != nil:
		return fmt.Errorf("learn the secret of the canvas: %w", err)
	case len(secret) != secretBytes:
		return errors.New("learn the secret of the canvas: what the store has is none")
	case known == nil:
		p.keys.Store(newKeys(secret))
		p.endHere(unsureLogin)
	case !hmac.Equal(known.secret, secret):
		p.keys.Store(newKeys(secret))
		p.log.Error("the store has another secret of the canvas than before: guests are others from now on")
	}
	if err := p.ended.look(ctx, p.endHere); err != nil {
		return err
	}
	if err := p.bots.uses.Tell(ctx); err != nil {
		return fmt.Errorf("note when keys were in use: %w", err)
	}
	return nil
}

// Ready returns nil once it is known who is who. Until then nobody may draw, so it does not wait for
// the next time that Run asks.
func (p *People) Ready(ctx context.Context) error {
	if p.keys.Load() != nil {
		return nil
	}
	return p.Learn(ctx)
}

// offer gives a store without a secret the one that is known, or a new one. It returns the store's.
func (p *People) offer(ctx context.Context, known *keys) ([]byte, error) {
	if known != nil {
		p.log.Error("the store has lost the secret of the canvas, and is given it again")
		return p.papers.SwapDocument(ctx, secretKind, secretID, nil, known.secret, time.Time{})
	}
	return p.papers.SwapDocument(ctx, secretKind, secretID, nil, newSecret(), time.Time{})
}

// notYet refuses who can't be told apart from others before the secret is known.
func notYet() *Refusal {
	return &Refusal{Status: http.StatusServiceUnavailable, Text: "the store has not answered yet: try again", Retry: 2 * time.Second}
}
