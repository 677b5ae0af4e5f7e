package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// kindRank is the kind of the documents that say who moderates or owns the canvas by their sign-in, by public id, so that nobody bans
// whom they are below while these are away. Only few people have one: for all others nothing is kept.
const kindRank store.Kind = "rank"

const (
	// rankLasts is how long it is kept after somebody has last shown their role: as long as a guest's cookie lasts.
	rankLasts = guestDays * 24 * time.Hour
	// rankAgain is the age at which it is written anew although the role is the same.
	rankAgain = 24 * time.Hour
)

// rank is the document.
type rank struct {
	Role string `json:"role"`
	At   int64  `json:"at"` // when they signed in, or their token was issued, in Unix ms
}

// noteRank notes that an account had a role at a time, unless more recent is known, or there is nothing to note. What was said at the
// zero time, which is not known, counts only where nothing else was.
func (p *People) noteRank(ctx context.Context, user canvas.Author, role canvas.Role, at time.Time) error {
	known, document, err := p.readRank(ctx, user)
	for err == nil {
		before := canvas.RoleNamed(known.Role)
		switch {
		case document == nil && role < canvas.RoleModerator,
			document != nil && known.At > at.UnixMilli(),
			document != nil && before == role && at.UnixMilli()-known.At < rankAgain.Milliseconds():
			return nil
		}
		if at.IsZero() {
			at = p.now()
		}
		var value, there []byte
		if value, err = json.Marshal(rank{Role: role.String(), At: at.UnixMilli()}); err != nil {
			return err
		}
		if there, err = p.papers.SwapDocument(ctx, kindRank, user.Text(), document, value, p.now().Add(rankLasts)); err != nil || string(there) == string(value) {
			return err
		}
		known, document, err = p.readRank(ctx, user) // another sign-in was faster
	}
	return err
}

func (p *People) readRank(ctx context.Context, user canvas.Author) (known rank, document []byte, err error) {
	document, err = p.papers.Document(ctx, kindRank, user.Text())
	if err == nil && document != nil {
		if err = json.Unmarshal(document, &known); err != nil {
			err = fmt.Errorf("read the document of a rank: %w", err)
		}
	}
	return known, document, err
}

// Rank is the role that somebody's last sign-in gave them, if that was moderator or owner; else it is that of a guest. It knows those
// who are away too, and not what acts have decided.
func (p *People) Rank(ctx context.Context, user canvas.Author) (canvas.Role, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	known, _, err := p.readRank(ctx, user)
	if p.now().Sub(time.UnixMilli(known.At)) > rankLasts { // a backup keeps no ends
		return canvas.RoleGuest, err
	}
	return canvas.RoleNamed(known.Role), err
}
