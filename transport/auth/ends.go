package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Ends is how connections learn that what they are known by has ended: a sign-in, a token or a key. A nil
// function does nothing.
type Ends struct {
	Here   func(login string)                     // ends its connections on this pod
	Others func(ctx context.Context, text string) // asks all other pods to call End with the text
}

// Tell sets where ends are told. It must be called before Run.
func (p *People) Tell(ends Ends) { p.ends = ends }

// End ends a login on this pod, as another pod asks.
func (p *People) End(text string) error {
	login, until, err := parseEnd(text)
	if err != nil {
		return err
	}
	p.ended.hear(login, until)
	p.endHere(login)
	return nil
}

func (p *People) endHere(login string) {
	if id, version, ok := ofLogin(login); ok && version == "" {
		p.bots.uses.forget(id)
	}
	if p.ends.Here != nil {
		p.ends.Here(login)
	}
}

func (p *People) endEverywhere(ctx context.Context, login string, until time.Time) {
	p.endHere(login)
	if p.ends.Others != nil {
		p.ends.Others(ctx, endText(login, until))
	}
}

func endText(login string, until time.Time) string { return fmt.Sprintf("%s %d", login, until.Unix()) }

func parseEnd(text string) (login string, until time.Time, err error) {
	var seconds int64
	if _, err := fmt.Sscanf(text, "%s %d", &login, &seconds); err != nil {
		return "", time.Time{}, fmt.Errorf("read which sign-in has ended: %w", err)
	}
	return login, time.Unix(seconds, 0), nil
}

// Stands reports whether a login has not been ended, as far as this pod knows.
func (p *People) Stands(login string) bool {
	if login == unsureLogin {
		return p.keys.Load() == nil
	}
	return !errors.Is(p.ended.stands(login), errEnded)
}
