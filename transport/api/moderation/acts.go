package moderation

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/transport/api/answer"
)

// decidePatience is how long a request waits until all pods obey its act. A durable act stays decided if they don't.
const decidePatience = 10 * time.Second

// rankPatience is how long the gateways have to tell what role somebody has.
const rankPatience = time.Second

// decided is the answer to an act.
type decided struct {
	Act     *rules.Act `json:"act"`
	Obeyed  bool       `json:"obeyed"`
	Missing []string   `json:"missing"`
	Owner   userID     `json:"owner,omitempty"` // of the bot that it is about: the account that can make another key
}

// postAct decides something.
func (d *Desk) postAct(w http.ResponseWriter, r *http.Request, c caller) {
	var want rules.Act
	if !d.reads(w, r, &want, rules.MaxAct) {
		return
	}
	switch {
	case want.Do == rules.Resolve || want.Do == rules.Operate:
		answer.Fail(w, http.StatusBadRequest, "The server decides this by itself, with what it is about: resolve a report at reports/ID/resolve")
		return
	case !isID(want.ID):
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("The id must be 1 to %d letters, digits, - and _", maxID))
		return
	}
	if err := d.outranked(r.Context(), c, &want); err != nil {
		d.failed(w, err)
		return
	}
	if want.Do == rules.Rollback && d.Rollbacks == nil {
		answer.Fail(w, http.StatusConflict, noRecord)
		return
	}
	if want.Area != nil && want.Area.Mask != "" {
		if err := d.masks.keep(r.Context(), want.Area.Mask); err != nil {
			d.failed(w, err)
			return
		}
	}
	done, err := d.decide(r.Context(), c, want)
	if want.Area != nil && want.Area.Mask != "" {
		d.settleMask(context.WithoutCancel(r.Context()), want.Area.Mask, err)
	}
	if err != nil {
		d.failed(w, err)
		return
	}
	answer.JSON(w, http.StatusOK, done)
}

// decide has a caller's act decided. It ignores what the caller says about its number, time and author.
func (d *Desk) decide(ctx context.Context, c caller, want rules.Act) (decided, error) {
	if want.ID == "" {
		want.ID = newID()
	}
	want.N, want.Before, want.Time, want.By = 0, "", d.Now().UnixMilli(), c.by
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), decidePatience) // an act whose author has gone counts too
	defer cancel()
	done, err := d.Canvas.Decide(ctx, want)
	if done.Act == nil {
		if err == nil {
			err = errors.New("decide: there is no act")
		}
		return decided{}, err
	}
	d.Log.Info("act", "n", done.Act.N, "do", done.Act.Do, "by", c.by.User.Text(), "role", c.by.Role, "via", c.by.Via, "obeyed", done.Obeyed, "missing", done.Missing)
	said := decided{Act: shownTo(c, done.Act), Obeyed: done.Obeyed, Missing: append([]string{}, done.Missing...)}
	if target := done.Act.Target; target != nil {
		maker, err := d.makerOf(ctx, target.User)
		if said.Owner = userID(maker); err != nil { // what is decided is decided
			d.told.Note("who has made a key could not be found out", "store", "err", err)
		}
	}
	return said, nil
}

// maxID bounds the id of an act, in bytes.
const maxID = 64

// isID reports whether somebody may choose an id, or leaves that to the server. The server's own have a slash in them.
func isID(id string) bool {
	return len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// outranked refuses to decide about somebody with a higher role. The acts say who was given one. A role
// from a sign-in is known from the person's connections or, if they have none, from what the servers remember.
func (d *Desk) outranked(ctx context.Context, c caller, want *rules.Act) error {
	switch {
	case want.Do != rules.Ban && want.Do != rules.Mute && want.Do != rules.Shadow, want.Target == nil, want.Target.User == 0, c.role >= canvas.RoleOwner:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, rankPatience)
	defer cancel()
	role, err := d.rankOf(ctx, want.Target.User)
	if err != nil {
		return err // nothing can be decided without the store either
	}
	connected, _ := d.People.Connected(ctx, want.Target.User) // who does not answer in time keeps nobody from banning
	for _, one := range connected {
		role = max(role, canvas.RoleNamed(one.Role))
	}
	if role = d.Canvas.Rules().Role(rules.Who{User: want.Target.User, Known: true, Role: role, Most: role}); role > c.role {
		return fmt.Errorf("%w: %s has the role %s", rules.ErrRights, want.Target.User.Text(), role)
	}
	return nil
}

// rankOf is the role that somebody has by their last sign-in, as far as that is remembered.
func (d *Desk) rankOf(ctx context.Context, user canvas.Author) (role canvas.Role, err error) {
	if d.Rank != nil && !user.IsBot() {
		role, err = d.Rank(ctx, user)
	}
	return role, err
}

// makerOf is the account that has made a bot's key; 0: there is none, or it is not known.
func (d *Desk) makerOf(ctx context.Context, user canvas.Author) (maker canvas.Author, err error) {
	if d.Maker != nil && user.IsBot() {
		maker, err = d.Maker(ctx, user)
	}
	return maker, err
}

func (d *Desk) decoded(ctx context.Context, before uint64, limit int) (acts []*rules.Act, err error) {
	stored, err := d.Canvas.KnownActs(ctx, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read acts: %w", err)
	}
	for _, one := range stored {
		act, err := rules.Decode(one)
		if err != nil {
			return nil, fmt.Errorf("read acts: %w", err)
		}
		acts = append(acts, act)
	}
	return acts, nil
}

// Bounds of a list of acts.
const (
	usualActs, maxActs = 100, 1000
	actsPatience       = 5 * time.Second
)

// getActs lists acts. As they are stored, and so with what only some may see, owners and operators get them.
func (d *Desk) getActs(w http.ResponseWriter, r *http.Request, c caller) {
	if !d.paced(w, d.asked, c) {
		return
	}
	before, limit, err := pageOf(r)
	if err != nil {
		answer.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), actsPatience)
	defer cancel()
	w.Header().Add("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "application/x-ndjson") {
		d.giveStored(ctx, w, c, before, limit)
		return
	}
	acts, err := d.decoded(ctx, before, limit)
	if err != nil {
		d.failed(w, err)
		return
	}
	list, err := d.list(ctx, c, acts)
	if err != nil {
		d.failed(w, err)
		return
	}
	said := struct {
		Acts []listed `json:"acts"`
		More bool     `json:"more"`
	}{list, len(acts) > 0 && acts[len(acts)-1].N > 1}
	answer.JSON(w, http.StatusOK, said)
}

// giveStored gives the acts as they are stored, one a line, so that anybody can verify the chain.
func (d *Desk) giveStored(ctx context.Context, w http.ResponseWriter, c caller, before uint64, limit int) {
	if refused := c.lacks(canvas.RoleOwner); refused != nil {
		refused.Answer(w)
		return
	}
	stored, err := d.Canvas.Acts(ctx, before, limit)
	if err != nil {
		d.failed(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	for _, one := range stored {
		if _, err := w.Write(append(one[:len(one):len(one)], '\n')); err != nil {
			return
		}
	}
}

// pageOf reads which acts are asked for.
func pageOf(r *http.Request) (before uint64, limit int, err error) {
	limit = usualActs
	query := r.URL.Query()
	if text := query.Get("before"); text != "" {
		if before, err = strconv.ParseUint(text, 10, 64); err != nil {
			return 0, 0, errors.New("before must be the number of an act")
		}
	}
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxActs {
			return 0, 0, fmt.Errorf("limit must be 1 to %d", maxActs)
		}
	}
	return before, limit, nil
}

// hidden stands for what moderators are not shown.
const hidden = "hidden"

// shownTo returns an act without what a caller may not see. That includes the hash of the act before: with
// it, somebody who knows the rest of that act could find an address in it by trying all addresses.
func shownTo(c caller, act *rules.Act) *rules.Act {
	if c.role >= canvas.RoleOwner {
		return act
	}
	shown := *act
	shown.Before = ""
	if act.Target != nil && act.Target.CIDR != "" {
		shown.Target = &rules.Target{CIDR: hidden}
	}
	if act.Do == rules.Operate {
		shown.Text = hidden
	}
	return &shown
}
