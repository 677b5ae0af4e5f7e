package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/auth/botkey"
)

// kindAccount is the kind of the documents that say what accounts may do, by their subjects: of those that have keys,
// and of those that signed in lately and could make one.
const kindAccount store.Kind = "account"

// standing is what the last sign-in of an account said of it. Its keys may do no more than that, and no more than
// their scopes. Sign-ins that are still valid from before do not count.
type standing struct {
	Role    string `json:"role"`
	At      int64  `json:"at"`      // when it signed in, or its token was issued, in Unix ms
	Version string `json:"version"` // another one with each role: connections by a key are known by it as well
}

// stand notes that an account had a role at a time, unless more recent is known. With another role than before, what its
// keys have been known by until now ends on every pod. Without keys it is noted until lasts is over; with 0 it is not.
func (k *bots) stand(ctx context.Context, owner string, role canvas.Role, at time.Time, lasts time.Duration) error {
	for {
		ids, err := k.ring(ctx, owner)
		if err != nil || len(ids) == 0 && lasts == 0 {
			return err
		}
		before, old, err := k.standingOf(ctx, owner)
		if err != nil {
			return err
		}
		now := standing{Role: role.String(), At: at.UnixMilli(), Version: before.Version}
		switch {
		case old != nil && before.At >= now.At:
			now = before
		case old == nil || before.Role != now.Role || k.superseded(ids, before.Version):
			now.Version = random()
			if err := k.supersede(ctx, ids, before.Version); err != nil { // first: whoever shows a key meanwhile waits
				return err
			}
		}
		var until time.Time
		if len(ids) == 0 {
			until = k.now().Add(lasts)
		}
		done, err := k.swapStanding(ctx, owner, old, now, until)
		if err != nil {
			return err
		}
		if made, err := k.ring(ctx, owner); err != nil || done && (len(made) > 0) == (len(ids) > 0) {
			return err
		}
		// Another sign-in was faster, or the first key was made meanwhile.
	}
}

// standingOf reads what is known of an account, and the document; nil: nothing is.
func (k *bots) standingOf(ctx context.Context, owner string) (known standing, document []byte, err error) {
	document, err = k.docs.Document(ctx, kindAccount, owner)
	if err == nil && document != nil {
		if err = json.Unmarshal(document, &known); err != nil {
			err = fmt.Errorf("read the document of an account: %w", err)
		}
	}
	return known, document, err
}

func (k *bots) swapStanding(ctx context.Context, owner string, old []byte, now standing, until time.Time) (done bool, err error) {
	value, err := json.Marshal(now)
	if err != nil {
		return false, err
	}
	there, err := k.docs.SwapDocument(ctx, kindAccount, owner, old, value, until)
	return string(there) == string(value), err
}

// versionEnds is how long it is remembered that a role of an account does not count any more: longer than any pod goes
// on with what it read of a key, and than a store may be away.
const versionEnds = 24 * time.Hour

// supersede ends what the keys of an account are known by under a version of its standing.
func (k *bots) supersede(ctx context.Context, ids []string, version string) error {
	for _, id := range ids {
		login := botkey.Key{ID: id, Version: version}.Login()
		if version == "" { // the key itself has not ended: its connections come again
			k.ended.tell(ctx, login, time.Unix(0, 0))
		} else if err := k.ended.end(ctx, login, k.now().Add(versionEnds)); err != nil {
			return err
		}
	}
	return nil
}

// superseded reports whether that was begun before, and then was not finished.
func (k *bots) superseded(ids []string, version string) bool {
	for _, id := range ids {
		if version != "" && errors.Is(k.ended.stands(botkey.Key{ID: id, Version: version}.Login()), errEnded) {
			return true
		}
	}
	return false
}

// signedIn notes what a sign-in has said of an account.
func (p *People) signedIn(ctx context.Context, account session) error {
	keys := p.keys.Load()
	if keys == nil {
		return errNotKnown
	}
	ctx, cancel := context.WithTimeout(ctx, 2*storeTimeout)
	defer cancel()
	subject := keys.subject(canvas.Account, accountIdentity(account.Issuer, account.Subject))
	if err := p.noteRank(ctx, subject.User(canvas.Account), canvas.Role(account.Role), p.now()); err != nil {
		return err
	}
	return p.bots.stand(ctx, subjectText(subject), canvas.Role(account.Role), p.now(), p.cfg.SignIn.Lasts)
}

// accountIdentity is what an account's subject is derived from.
func accountIdentity(issuer, subject string) []byte { return []byte(issuer + "\x00" + subject) }
