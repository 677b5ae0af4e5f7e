package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/message"
)

// chain is the chain of acts, or a store that does not answer.
type chain struct {
	acts    []string
	hangs   bool
	fails   error
	missing []string
}

func (c *chain) Operate(ctx context.Context, _ *http.Request, text string) error {
	if c.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	c.acts = append(c.acts, text)
	return c.fails
}

func (c *chain) Announce(ctx context.Context, r *http.Request, text string) ([]string, error) {
	return c.missing, c.Operate(ctx, r, "announced: "+text)
}

const bearer = "Bearer " + testToken

// TestAudit_EveryAct: whatever an operator does to the pods is in the chain.
func TestAudit_EveryAct(t *testing.T) {
	for path, test := range map[string]struct{ body, want string }{
		"drain":      {`{"member":"b"}`, "drain pod-2"},
		"handover":   {`{"member":"a","region":1}`, "handover region 1 to pod-1"},
		"disconnect": {`{"member":"a","connection":"7"}`, "disconnect connection 7 of pod-1"},
		"dismiss":    {`{"subject":"0102030405060708090a0b0c0d0e0f10"}`, "dismiss all connections of 0102030405060708090a0b0c0d0e0f10"},
		"announce":   {`{"text":"Tea at five"}`, "announced: Tea at five"},
	} {
		p, c := newPod(testToken), &chain{}
		p.Decide = c
		w := p.ask("POST", "/admin/api/"+path, test.body, "Authorization", bearer)
		if w.Code != http.StatusOK || !slices.Equal(c.acts, []string{test.want}) {
			t.Errorf("%s: %d %s, in the chain: %q", path, w.Code, w.Body, c.acts)
		}
	}
}

// TestAudit_BlocksNothing: what an operator does is done although the store does not answer.
func TestAudit_BlocksNothing(t *testing.T) {
	for name, c := range map[string]*chain{"hangs": {hangs: true}, "fails": {fails: errors.New("no store")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPod(testToken)
			p.Decide = c
			began := time.Now()
			w := p.ask("POST", "/admin/api/drain", `{"member":"b"}`, "Authorization", bearer)
			if w.Code != http.StatusOK || len(p.cluster.acts) != 1 || p.cluster.acts[0].Do != message.ActDrain {
				t.Errorf("%d %s, done: %v", w.Code, w.Body, p.cluster.acts)
			}
			if took := time.Since(began); took < auditPatience && name == "hangs" || took > 10*auditPatience {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestAudit_AnnouncedOnce: gateways that know of acts announce what was decided; others are told, and all if nothing could be decided.
func TestAudit_AnnouncedOnce(t *testing.T) {
	for name, test := range map[string]struct {
		chain *chain
		told  int
	}{
		"all know of acts":     {&chain{}, 0},
		"another is missing":   {&chain{missing: []string{"pod-2"}}, 0}, // which has no users
		"an earlier version":   {&chain{missing: []string{"pod-1"}}, 1},
		"known by its address": {&chain{missing: []string{"here"}}, 1},
		"the store fails":      {&chain{fails: errors.New("no store")}, 1},
		"nothing is decided":   {nil, 1},
	} {
		p := newPod(testToken)
		if test.chain != nil {
			p.Decide = test.chain
		}
		if w := p.ask("POST", "/admin/api/announce", `{"text":"Tea at five"}`, "Authorization", bearer); w.Code != http.StatusOK || len(p.cluster.acts) != test.told {
			t.Errorf("%s: %d %s, told %v", name, w.Code, w.Body, p.cluster.acts)
		}
		if len(p.cluster.noted) != 1 && test.told == 0 {
			t.Errorf("%s: the dashboard shows %d of it", name, len(p.cluster.noted))
		}
	}
}

// TestAdmin_PathsWithParameters: what others answer for operators may have parameters in its path.
func TestAdmin_PathsWithParameters(t *testing.T) {
	p := newPod(testToken)
	if w := p.ask("POST", "/admin/api/reports/7/do", "", "Authorization", bearer); w.Code != http.StatusOK || w.Body.String() != "\"7\"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := p.ask("GET", "/admin/api/reports/7/do", "", "Authorization", bearer); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "OPTIONS, POST" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, path := range []string{"/admin/api/reports/7", "/admin/api/reports//do", "/admin/api/reports/7/do/", "/admin/api/reports/7/8/do"} {
		if w := p.ask("POST", path, "", "Authorization", bearer); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
