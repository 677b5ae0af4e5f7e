package govern

import (
	"context"
	"errors"
	"fmt"

	"pixelplayground/actors/rules"
)

// about is whom an act is about, and until when it is in force.
type about struct {
	Who   somebody `arg:"" help:"A user's public id (12 hexadecimal digits), a network (network:00c0ffee1234), or addresses (203.0.113.7, 2001:db8::/48)."`
	Until moment   `placeholder:"TIME" help:"When it ends by itself, for example 24h or 2026-12-01T12:00:00Z. Default: never."`
	why
}

func (a *about) decide(ctx context.Context, o *Operator, kind rules.Kind) error {
	target := rules.Target(a.Who)
	return o.decide(ctx, rules.Act{Do: kind, Target: &target, Until: a.Until.after(o.Now())}, a.why)
}

var errNothing = errors.New("there is nothing to take back")

// backAbout is whose acts are taken back.
type backAbout struct {
	Who somebody `arg:"" help:"As it was given: a user's public id, network:ID, or addresses."`
	why
}

// takeBack undoes all acts of a kind that are in force about exactly this target.
func (b *backAbout) takeBack(ctx context.Context, o *Operator, kind rules.Kind) error {
	chain, err := o.chain(ctx)
	if err != nil {
		return err
	}
	var acts []*rules.Act
	for _, act := range chain.Rules().InForce(o.Now()) {
		if act.Do == kind && *act.Target == rules.Target(b.Who) {
			acts = append(acts, act)
		}
	}
	if len(acts) == 0 {
		return fmt.Errorf("%w: no %s of %s is in force; 'pixelctl rules show' lists what is", errNothing, kind, who(rules.Target(b.Who)))
	}
	return o.takeBack(ctx, acts, b.why)
}

type (
	ban      struct{ about }
	mute     struct{ about }
	shadow   struct{ about }
	unban    struct{ backAbout }
	unmute   struct{ backAbout }
	unshadow struct{ backAbout }
)

// Run bans somebody.
func (b *ban) Run(ctx context.Context, o *Operator) error { return b.decide(ctx, o, rules.Ban) }

// Run mutes somebody.
func (m *mute) Run(ctx context.Context, o *Operator) error { return m.decide(ctx, o, rules.Mute) }

// Run shadows somebody.
func (s *shadow) Run(ctx context.Context, o *Operator) error { return s.decide(ctx, o, rules.Shadow) }

// Run takes bans back.
func (u *unban) Run(ctx context.Context, o *Operator) error { return u.takeBack(ctx, o, rules.Ban) }

// Run takes mutes back.
func (u *unmute) Run(ctx context.Context, o *Operator) error { return u.takeBack(ctx, o, rules.Mute) }

// Run takes shadows back.
func (u *unshadow) Run(ctx context.Context, o *Operator) error {
	return u.takeBack(ctx, o, rules.Shadow)
}
