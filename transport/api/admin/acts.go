package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/transport/api/answer"
)

const (
	// actTimeout is how long a pod has to do what it is asked.
	actTimeout = 3 * time.Second
	// maxAnnouncement is the longest announcement that the protocol carries, in bytes.
	maxAnnouncement = 1024
)

// whoOf is the operator's name in the log: the address that the request came from.
func whoOf(r *http.Request) string {
	if client := answer.ClientOf(r); client.IsValid() {
		return client.Addr().String()
	}
	return r.RemoteAddr
}

// asked reads the body of a request for an act, or answers that it can't be read.
func asked[T any](w http.ResponseWriter, r *http.Request) (said T, ok bool) {
	var body []byte
	var err error
	answer.AwaitBody(w, func() { body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, answer.MaxAdminBody)) })
	switch tooLong := (*http.MaxBytesError)(nil); {
	case errors.As(err, &tooLong):
		answer.TooLarge(w, answer.MaxAdminBody)
	case err != nil || json.Unmarshal(body, &said) != nil:
		answer.Fail(w, http.StatusBadRequest, "Invalid data format")
	default:
		return said, true
	}
	return said, false
}

func (a *Handler) drain(w http.ResponseWriter, r *http.Request) {
	said, ok := asked[struct{ Member string }](w, r)
	if !ok {
		return
	}
	if member, ok := a.memberOf(w, said.Member); ok {
		a.act(w, r, message.Act{Do: message.ActDrain, Target: member.Name}, member)
	}
}

func (a *Handler) handOver(w http.ResponseWriter, r *http.Request) {
	said, ok := asked[struct {
		Member string
		Region *canvas.RegionID
	}](w, r)
	if !ok {
		return
	}
	if said.Region == nil || int64(*said.Region) >= int64(a.Geometry.Regions()) {
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("The region must be 0 to %d", a.Geometry.Regions()-1))
		return
	}
	member, ok := a.memberOf(w, said.Member)
	switch {
	case !ok:
	case !slices.Contains(member.Roles, "canvas") || member.Draining:
		answer.Fail(w, http.StatusConflict, member.Name+" can't own regions")
	default:
		a.act(w, r, message.Act{Do: message.ActHandOver, Region: *said.Region, Target: fmt.Sprintf("region %d to %s", *said.Region, member.Name)}, member)
	}
}

func (a *Handler) disconnect(w http.ResponseWriter, r *http.Request) {
	said, ok := asked[struct{ Member, Connection string }](w, r)
	if !ok {
		return
	}
	viewer, err := strconv.ParseUint(said.Connection, 36, 64)
	if err != nil {
		answer.Fail(w, http.StatusBadRequest, "This is not the id of a connection")
		return
	}
	if member, ok := a.memberOf(w, said.Member); ok {
		a.act(w, r, message.Act{
			Do: message.ActDisconnect, Connection: canvas.ViewerID(viewer), Target: fmt.Sprintf("connection %s of %s", said.Connection, member.Name),
		}, member)
	}
}

// announce shows a line to everybody, through all gateways.
func (a *Handler) announce(w http.ResponseWriter, r *http.Request) {
	said, ok := asked[struct{ Text string }](w, r)
	if !ok {
		return
	}
	text := strings.TrimSpace(said.Text)
	if text == "" || len(text) > maxAnnouncement || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("The text must be one line of at most %d bytes", maxAnnouncement))
		return
	}
	gateways, ok := a.gateways(w)
	if !ok {
		return
	}
	if left := a.undecided(r, text, gateways); len(left) > 0 {
		a.act(w, r, message.Act{Do: message.ActAnnounce, Text: text, Target: strconv.Quote(text)}, left...)
		return
	}
	a.Inspectors.NoteAct(message.Act{Do: message.ActAnnounce, Who: whoOf(r), At: a.Now().UnixMilli(), Target: strconv.Quote(text)}, nil)
	answer.JSON(w, http.StatusOK, done{true})
}

// undecided has an announcement decided, and returns the gateways that don't learn of it so: of earlier versions, or all if the
// store does not answer.
func (a *Handler) undecided(r *http.Request, text string, gateways []Member) []Member {
	if a.Decide == nil {
		return gateways
	}
	ctx, cancel := context.WithTimeout(r.Context(), actTimeout)
	defer cancel()
	missing, err := a.Decide.Announce(ctx, r, text)
	if err != nil {
		a.Log.Warn("an announcement is not in the chain of acts", "err", err)
		return gateways
	}
	return slices.DeleteFunc(gateways, func(m Member) bool { return !slices.Contains(missing, m.Name) && !slices.Contains(missing, m.Address) })
}

// What an operator does is put into the chain of acts, where the store answers. If it does not, what is done waits auditHead for it
// at most, and the operator's answer auditPatience.
const (
	auditHead     = 250 * time.Millisecond
	auditPatience = time.Second
)

// audited puts into the chain what an operator does, and does it.
func (a *Handler) audited(r *http.Request, act message.Act, do func()) {
	if a.Decide == nil || act.Do == message.ActAnnounce { // which is an act by itself, if it can be
		do()
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), auditPatience)
	defer cancel()
	noted := make(chan struct{}) // closed when it is in the chain, or can't be
	go func() {
		defer close(noted)
		if err := a.Decide.Operate(ctx, r, act.Do+" "+act.Target); err != nil {
			a.Log.Warn("what an operator did is not in the chain of acts", "act", act.Do, "target", act.Target, "who", act.Who, "err", err)
		}
	}()
	head := time.NewTimer(auditHead)
	defer head.Stop()
	select {
	case <-noted:
	case <-head.C:
	}
	do()
	<-noted
}

// gateways finds the pods with users, or answers that there are none.
func (a *Handler) gateways(w http.ResponseWriter) (gateways []Member, ok bool) {
	for _, m := range a.Cluster.Members() {
		if slices.Contains(m.Roles, "gateway") {
			gateways = append(gateways, m)
		}
	}
	if len(gateways) == 0 {
		answer.Fail(w, http.StatusConflict, "No pod has users")
	}
	return gateways, len(gateways) > 0
}

// act asks pods to do something, and answers with how it went.
func (a *Handler) act(w http.ResponseWriter, r *http.Request, act message.Act, members ...Member) {
	act.Who, act.At = whoOf(r), a.Now().UnixMilli()
	ctx, cancel := context.WithTimeout(r.Context(), actTimeout)
	defer cancel()
	failed := make([]error, len(members))
	a.audited(r, act, func() {
		var acting sync.WaitGroup
		for i, m := range members {
			acting.Go(func() {
				if err := a.Inspectors.Act(ctx, m.Address, act); err != nil {
					failed[i] = fmt.Errorf("%s: %w", m.Name, err)
				}
			})
		}
		acting.Wait()
	})
	a.gathered.forget()
	err := errors.Join(failed...)
	if !slices.ContainsFunc(members, func(m Member) bool { return m.Self }) { // a pod that was asked has noted it itself
		a.Inspectors.NoteAct(act, err)
	}
	if err != nil {
		unanswered(w, err)
		return
	}
	answer.JSON(w, http.StatusOK, done{true})
}
