package rules_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

var (
	geometry = canvas.Geometry{Width: 100, Height: 60, Region: 32}
	noon     = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	operator = rules.By{Role: canvas.RoleOwner, Via: "pixelctl"}
	grace    = rules.By{User: 0xC0FFEE, Role: canvas.RoleModerator, Name: "Grace", Via: "page"}
)

// at is so long after noon, in Unix milliseconds.
func at(after time.Duration) int64 { return noon.Add(after).UnixMilli() }

// court is a chain whose acts are decided by an operator at noon, unless they say otherwise.
type court struct {
	*rules.Chain
	t      *testing.T
	stored [][]byte
}

func newCourt(t *testing.T) *court {
	return &court{Chain: rules.NewChain(geometry), t: t}
}

// draft asks for an act.
func (c *court) draft(want rules.Act) (*rules.Act, error) {
	if want.By == (rules.By{}) {
		want.By = operator
	}
	if want.Time == 0 {
		want.Time = noon.UnixMilli()
	}
	if want.ID == "" {
		want.ID = "id-" + strconv.FormatUint(c.Len()+1, 10)
	}
	return c.Draft(want)
}

// decide asks for an act, which must be possible, and returns its number.
func (c *court) decide(want rules.Act) uint64 {
	c.t.Helper()
	act, err := c.draft(want)
	if err != nil {
		c.t.Fatalf("%s: %v", want.Do, err)
	}
	c.stored = append(c.stored, act.Encode())
	if _, err := c.Append(act.Encode()); err != nil {
		c.t.Fatalf("%s: %v", want.Do, err)
	}
	return act.N
}

func (c *court) undo(n uint64) uint64 {
	c.t.Helper()
	return c.decide(rules.Act{Do: rules.Undo, Of: n})
}

// refused asks for an act, which must be refused for a reason that says so.
func (c *court) refused(want rules.Act, as error, says string) {
	c.t.Helper()
	if act, err := c.draft(want); err == nil || !errors.Is(err, as) || !strings.Contains(err.Error(), says) {
		c.t.Errorf("%s: drafted %+v, error %v; want %v with %q", want.Do, act, err, as, says)
	}
}

func TestChain_Links(t *testing.T) {
	c := newCourt(t)
	c.decide(rules.Act{Do: rules.SetFrozen})
	first := c.Head()
	n := c.decide(rules.Act{Do: rules.SetOpen})
	act, err := rules.Decode(c.stored[1])
	if err != nil || n != 2 || act.N != 2 || act.Before != first || first != rules.Hash(c.stored[0]) {
		t.Errorf("act %d is %+v, error %v; the first has the hash %s", n, act, err, first)
	}
	if r := c.Rules(); r.Version() != 2 || c.Head() != rules.Hash(c.stored[1]) {
		t.Errorf("rules %d %s", r.Version(), c.Head())
	}
	for name, foreign := range map[string][]byte{
		"again": c.stored[1], "the first": c.stored[0], "no JSON": []byte("act"), "null": []byte("null"), "nothing": nil,
		"the next after another": []byte(`{"n":3,"before":"` + first + `"}`), "too long": []byte(`{"n":3,"before":"` + c.Head() + `","why":"` + strings.Repeat("x", rules.MaxAct) + `"}`),
	} {
		if _, err := c.Append(foreign); !errors.Is(err, rules.ErrInvalid) || c.Len() != 2 {
			t.Errorf("%s: error %v, %d acts", name, err, c.Len())
		}
	}
}

// TestChain_LaterVersions: what is not understood is kept, and has no effect.
func TestChain_LaterVersions(t *testing.T) {
	for _, body := range []string{
		`"do":"dance","steps":[1,2]`, `"do":7`, `"do":"role","target":{"user":"00000000000a"},"role":"emperor"`, `"do":"ban","target":{"planet":"mars"}`,
		`"do":"ban"`, `"do":"protect"`, `"do":"protect","area":{"x":90,"y":0,"width":20,"height":1}`, `"do":"pace","pace":{"rate":-1,"burst":1}`, `"do":"rollback"`,
		`"do":"timetable","phases":[{"from":5,"state":"melting"}]`, `"do":"undo","of":9`, `"do":"ban","target":{"cidr":"0.0.0.0/0"}`, `"time":"noon"`,
	} {
		c := newCourt(t)
		frozen := c.decide(rules.Act{Do: rules.SetFrozen})
		act, err := c.Append([]byte(`{"n":2,"before":"` + c.Head() + `",` + body + `}`))
		if err != nil || !act.Ignored || c.Len() != 2 || c.Rules().Version() != 2 || len(c.Rules().InForce(noon)) != 1 {
			t.Errorf("%s: %+v, error %v", body, act, err)
		}
		if n := c.undo(2); n != 3 || c.Rules().UndoneBy(2) != 3 {
			t.Errorf("%s: can't be taken back", body)
		}
		c.undo(frozen)
	}
}
