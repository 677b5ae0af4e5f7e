package auth

import (
	"context"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
)

// tokenRoles sees to it that an account's keys follow the roles that its tokens say. To show a token must not wait for
// the store, so what is new is noted behind it.
type tokenRoles struct {
	now  func() time.Time
	news chan tokenRole // full: it is said again with the next token

	mu         sync.Mutex // guards:
	young, old map[string]tokenRole
}

// tokenRole is what a token said of an account.
type tokenRole struct {
	owner  string // its subject, as keys have it
	role   canvas.Role
	issued time.Time
	seen   time.Time
}

const (
	// rolesAgain is when the same role of an account is noted again: a key may have been made meanwhile, on another pod.
	rolesAgain = time.Minute
	// rememberedRoles bounds each half of what is remembered.
	rememberedRoles = 5_000
	roleNews        = 256
)

func newTokenRoles(now func() time.Time) *tokenRoles {
	return &tokenRoles{now: now, news: make(chan tokenRole, roleNews), young: make(map[string]tokenRole)}
}

// saw is called with each token that is valid, and of sessionRoles with each session of a moderator or owner.
func (t *tokenRoles) saw(owner string, role canvas.Role, issued time.Time) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	before, known := t.young[owner]
	if !known {
		before, known = t.old[owner]
	}
	if known && before.role == role && now.Sub(before.seen) < rolesAgain {
		return
	}
	news := tokenRole{owner, role, issued, now}
	select {
	case t.news <- news:
	default:
		return
	}
	if len(t.young) >= rememberedRoles {
		t.young, t.old = make(map[string]tokenRole), t.young
	}
	t.young[owner] = news
}

// followRoles notes what tokens say of accounts that have keys, and who has a rank by a token or a sign-in of before, until ctx ends.
func (p *People) followRoles(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case news := <-p.tokenRoles.news:
			p.noteRole(ctx, news)
			p.noteRankOf(ctx, news)
		case news := <-p.sessionRoles.news:
			p.noteRankOf(ctx, news)
		}
	}
}

func (p *People) noteRankOf(ctx context.Context, news tokenRole) {
	ctx, cancel := context.WithTimeout(ctx, 2*storeTimeout)
	defer cancel()
	owner, ok := parseSubject(news.owner)
	if !ok {
		return
	}
	if err := p.noteRank(ctx, owner.User(canvas.Account), news.role, news.issued); err != nil && ctx.Err() == nil {
		p.told.Note("the role of an account could not be noted for when it is away", "store", "err", err)
	}
}

func (p *People) noteRole(ctx context.Context, news tokenRole) {
	ctx, cancel := context.WithTimeout(ctx, 2*storeTimeout)
	defer cancel()
	if err := p.bots.stand(ctx, news.owner, news.role, news.issued, 0); err != nil && ctx.Err() == nil {
		p.told.Note("the role of an account could not be noted for its keys", "store", "err", err)
	}
}
