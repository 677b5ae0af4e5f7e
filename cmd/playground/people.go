package main

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/transport"
	"pixelplayground/transport/auth"
)

// visitors tells transport who is who. The pod knows people only once it has its store, and has
// opened the latter before it accepts anybody.
type visitors struct{ *pod }

func (v visitors) Identify(shown auth.Shown) (canvas.Person, *auth.Refusal) {
	return v.people.Identify(shown)
}

func (v visitors) Token(token string, before canvas.Person, from netip.Addr) (canvas.Person, *auth.Refusal) {
	return v.people.Token(token, before, from)
}

func (v visitors) TakesTokens() bool { return v.people.TakesTokens() }

func (v visitors) Stands(login string) bool { return v.people.Stands(login) }

func (v visitors) InUse(login string) { v.people.InUse(login) }

// leftPatience is how long somebody who asks who they are waits for what is left of their allowance.
const leftPatience = time.Second

// left is what is left of a person's allowance, if that can be found out soon.
func (p *pod) left(ctx context.Context, person canvas.Person) (pixels int, next int64, known bool) {
	ctx, cancel := context.WithTimeout(ctx, leftPatience)
	defer cancel()
	left, limited, err := p.node.Left(ctx, person)
	if err != nil || !limited {
		return 0, 0, false
	}
	if !left.Next.IsZero() {
		next = left.Next.UnixMilli()
	}
	return left.Pixels, next, true
}

// tellPatience is how long another gateway has to end a login. One that does not answer learns of it
// from the store.
const tellPatience = 2 * time.Second

// ends is how a login that has ended ends its connections, on every gateway.
func (p *pod) ends(server *transport.Server) auth.Ends {
	return auth.Ends{Here: server.EndLogin, Others: func(ctx context.Context, text string) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellPatience)
		defer cancel()
		act := message.Act{Do: message.ActEndLogin, At: time.Now().UnixMilli(), Target: "a sign-in", Text: text}
		var telling sync.WaitGroup
		for _, member := range (members{p}).Members() {
			if !member.Self && slices.Contains(member.Roles, "gateway") {
				telling.Go(func() {
					if err := p.node.Act(ctx, member.Address, act); err != nil {
						p.log.Debug("a server was not told of the end of a sign-in", "member", member.Name, "err", err)
					}
				})
			}
		}
		telling.Wait()
	}}
}
