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
	"pixelplayground/transport/auth"
)

// decidePatience is how long somebody waits until all pods obey. What is durable by then is decided all the same.
const decidePatience = 10 * time.Second

// decided is the answer to an act.
type decided struct {
	Act     actShown `json:"act"`
	Obeyed  bool     `json:"obeyed"`
	Missing []string `json:"missing"`
}

// postAct decides something.
func (d *Desk) postAct(w http.ResponseWriter, r *http.Request, c caller) {
	if !d.paced(w, d.acts, c) {
		return
	}
	var want rules.Act
	if !asked(w, r, &want, rules.MaxAct) {
		return
	}
	refused, err := d.may(r.Context(), c, &want)
	switch {
	case err != nil:
		d.failed(w, err)
		return
	case refused != nil:
		refused.Answer(w)
		return
	case want.ID != "" && !isID(want.ID):
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("The id must be 1 to %d letters, digits, - and _", maxID))
		return
	}
	if want.Area != nil && want.Area.Mask != "" {
		if err := d.masks.keep(r.Context(), want.Area.Mask); err != nil {
			d.failed(w, err)
			return
		}
	}
	done, err := d.decide(r.Context(), c, want)
	if err == nil && want.Do == rules.Undo {
		err = d.reopen(r.Context(), want.Of)
	}
	if err != nil {
		d.failed(w, err)
		return
	}
	answer.JSON(w, http.StatusOK, done)
}

// decide has an act of a caller decided. What the caller says of its number, time and author counts for nothing.
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
	return decided{shownTo(c, done.Act), done.Obeyed, append([]string{}, done.Missing...)}, nil
}

// maxID bounds the id of an act, in bytes.
const maxID = 64

// isID reports whether somebody may choose an id. The server's own have a slash in them.
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

// may says why a caller may not decide something; nil: they may. Errors are for the answer.
func (d *Desk) may(ctx context.Context, c caller, want *rules.Act) (*auth.Refusal, error) {
	least, err := takes(want)
	if err != nil {
		return nil, err
	}
	if refused := c.lacks(least); refused != nil || want.Do != rules.Undo {
		return refused, nil
	}
	act, err := d.act(ctx, want.Of)
	if err != nil {
		return nil, err
	}
	return d.mayUndo(c, act)
}

// mayUndo says why a caller may not take an act back: it takes what the act takes, and nobody takes back what somebody with a
// higher role has decided.
func (d *Desk) mayUndo(c caller, act *rules.Act) (*auth.Refusal, error) {
	least := max(canvas.RoleModerator, act.By.Role)
	if act.Do != rules.Resolve {
		needed, err := takes(act)
		if err != nil {
			return nil, err
		}
		least = max(least, needed)
	}
	refused := c.lacks(least)
	if refused != nil && refused.Status == http.StatusForbidden && act.By.Role > c.role {
		refused.Text = fmt.Sprintf("Act %d was decided by somebody with the role %s: only an owner or an operator may take it back", act.N, act.By.Role)
	}
	return refused, nil
}

// act reads one act.
func (d *Desk) act(ctx context.Context, n uint64) (*rules.Act, error) {
	if n == 0 || n > d.Canvas.Rules().Version() {
		return nil, fmt.Errorf("%w: there is no act %d", rules.ErrInvalid, n)
	}
	acts, err := d.decoded(ctx, n+1, 1)
	if err == nil && (len(acts) != 1 || acts[0].N != n) {
		err = fmt.Errorf("%w: there is no act %d", rules.ErrInvalid, n)
	}
	if err != nil {
		return nil, err
	}
	return acts[0], nil
}

func (d *Desk) decoded(ctx context.Context, before uint64, limit int) (acts []*rules.Act, err error) {
	stored, err := d.Canvas.Acts(ctx, before, limit)
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
	said := struct {
		Acts []actShown `json:"acts"`
		More bool       `json:"more"`
	}{Acts: []actShown{}, More: len(acts) > 0 && acts[len(acts)-1].N > 1}
	for _, act := range acts {
		said.Acts = append(said.Acts, shownTo(c, act))
	}
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

// actShown is an act as somebody is shown it.
type actShown struct {
	*rules.Act
	// In place of the act's: with the hash, who knows the rest of an act could find an address in it by trying all there are.
	Before string `json:"before,omitempty"`
}

// hidden stands for what moderators are not shown.
const hidden = "hidden"

// shownTo is an act without what a caller may not see.
func shownTo(c caller, act *rules.Act) actShown {
	if c.role >= canvas.RoleOwner {
		return actShown{act, act.Before}
	}
	shown := *act
	if act.Target != nil && act.Target.CIDR != "" {
		shown.Target = &rules.Target{CIDR: hidden}
	}
	if act.Do == rules.Operate {
		shown.Text = hidden
	}
	return actShown{&shown, ""}
}
