package obedience

import (
	"image"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// t0 is when the tests begin; moments of them are in milliseconds after it.
var t0 = time.UnixMilli(1_700_000_000_000)

func at(ms int) time.Time { return t0.Add(time.Duration(ms) * time.Millisecond) }

const (
	ada canvas.Author = 7
	bob canvas.Author = 8
)

// story is a book that is being written.
type story struct {
	*Book
	pixels int
}

// act puts an act in force: it is asked for at 100, obeyed at 200, taken back from 300 on, and over at 400.
func (s *story) act(a Act) *Act {
	s.Asked(&a, at(100))
	s.Decided(&a, 1, true, at(200))
	s.Undoing(&a, at(300))
	s.Undone(&a, 2, true, at(400))
	return &a
}

// pixel is one that was placed and answered. With a number, it is recorded, with the time of its batch.
type pixelOf struct {
	dot              canvas.Dot
	user             canvas.Author
	placed, answered int
	why              canvas.Refusal
	seq              uint64
	begun            int
}

func (s *story) place(p pixelOf) {
	n := s.pixels
	s.pixels++
	s.Placed(n, p.dot, p.user, at(p.placed))
	if p.answered != 0 {
		s.Answered(n, p.why, at(p.answered))
	}
	if p.seq != 0 {
		s.Recorded(n, 0, p.seq, at(p.begun).UnixMilli())
	}
}

// honest are pixels that nothing forbids, and that the servers have treated as they must.
func (s *story) honest() {
	free := canvas.Dot{X: 1, Y: 1, Color: 0xFFFFFF}
	for _, p := range []pixelOf{
		{placed: 150, answered: 180, seq: 1, begun: 160},
		{placed: 205, answered: 220, seq: 2, begun: 210},
		{placed: 280, answered: 295, seq: 10, begun: 290},
		{placed: 390, answered: 410, seq: 20, begun: 400},
	} {
		p.dot, p.user = free, ada
		s.place(p)
	}
}

// the acts, each of which forbids bob's red pixel at 15,15, and nothing of the honest.
var acts = []struct {
	act Act
	why canvas.Refusal
}{
	{Act{Kind: rules.Protect, Area: image.Rect(10, 10, 20, 20)}, canvas.RefusedProtected},
	{Act{Kind: rules.SetPalette, Colors: map[canvas.Color]bool{0xFFFFFF: true}}, canvas.RefusedColor},
	{Act{Kind: rules.Ban, User: bob}, canvas.RefusedBanned},
}

var red = canvas.Dot{X: 15, Y: 15, Color: 0xFF0000}

// Goal: a forbidden pixel that was committed is found by each of the three proofs, for every kind of act, and
// one that may have been committed before the acknowledgement, or after taking back was asked for, is not.
// Method: a record in which all is right, and then the one pixel more.
func TestJudge_FindsTheForbidden(t *testing.T) {
	for name, test := range map[string]struct {
		pixelOf
		proof string // "": it is allowed
	}{
		"placed after, acknowledged in time":        {pixelOf{placed: 210, answered: 290, seq: 1, begun: 100}, "by cause true, by number true, by time false"},
		"behind a pixel that was placed afterwards": {pixelOf{placed: 150, answered: 310, seq: 3, begun: 150}, "by cause false, by number true, by time false"},
		"in a batch that was begun afterwards":      {pixelOf{placed: 150, seq: 1, begun: 250}, "by cause false, by number false, by time true"},
		"by all three":                              {pixelOf{placed: 230, answered: 260, seq: 5, begun: 250}, "by cause true, by number true, by time true"},
		"before the act":                            {pixelOf{placed: 150, answered: 190, seq: 1, begun: 160}, ""},
		"on its way at the acknowledgement":         {pixelOf{placed: 150, answered: 250, seq: 1, begun: 200}, ""},
		"while it was taken back":                   {pixelOf{placed: 250, answered: 350, seq: 11, begun: 300}, ""},
		"after it":                                  {pixelOf{placed: 390, answered: 410, seq: 21, begun: 400}, ""},
	} {
		for _, kind := range acts {
			s := &story{Book: NewBook()}
			act := s.act(kind.act)
			s.honest()
			s.place(pixelOf{dot: red, user: bob, placed: 210, answered: 220, why: kind.why}) // so that something is tried
			verdicts, _ := s.Verdicts(0, time.Second)
			if v := verdicts[0]; !v.Passed {
				t.Fatalf("%s: an honest book: %+v", act.Kind, v)
			}
			p := test.pixelOf
			p.dot, p.user = red, bob
			s.place(p)
			r := s.Judge(0)
			verdicts, _ = s.Verdicts(0, time.Second)
			if test.proof == "" {
				if len(r.Broken) != 0 || !verdicts[0].Passed {
					t.Errorf("%s, %s: %v", act.Kind, name, r.Broken)
				}
				continue
			}
			if len(r.Broken) != 1 || !strings.HasSuffix(r.Broken[0], test.proof) || verdicts[0].Passed || r.Kinds[act.Kind].Recorded != 1 {
				t.Errorf("%s, %s: %v, %+v", act.Kind, name, r.Broken, verdicts[0])
			}
		}
	}
}

// While the canvas is frozen, nothing marks how far a region is: the other proofs must do.
func TestJudge_Frozen(t *testing.T) {
	for name, test := range map[string]struct {
		pixelOf
		broken bool
	}{
		"placed after":                  {pixelOf{placed: 210, answered: 290, seq: 2, begun: 100}, true},
		"begun after":                   {pixelOf{placed: 150, answered: 310, seq: 2, begun: 201}, true},
		"begun in the same millisecond": {pixelOf{placed: 150, answered: 310, seq: 2, begun: 200}, false},
		"opened meanwhile":              {pixelOf{placed: 250, answered: 310, seq: 2, begun: 300}, false},
	} {
		s := &story{Book: NewBook()}
		s.act(Act{Kind: rules.SetFrozen})
		p := test.pixelOf
		p.dot, p.user = red, bob
		s.place(p)
		if r := s.Judge(0); (len(r.Broken) > 0) != test.broken {
			t.Errorf("%s: %v", name, r.Broken)
		}
	}
}

// Clocks that may differ prove less by time, and nothing wrong.
func TestJudge_ClocksApart(t *testing.T) {
	s := &story{Book: NewBook()}
	s.act(Act{Kind: rules.SetFrozen})
	s.place(pixelOf{dot: red, user: bob, placed: 150, answered: 310, seq: 2, begun: 230})
	if r := s.Judge(40 * time.Millisecond); len(r.Broken) != 0 {
		t.Errorf("30 ms after it, with clocks 40 ms apart: %v", r.Broken)
	}
	if r := s.Judge(20 * time.Millisecond); len(r.Broken) != 1 {
		t.Errorf("30 ms after it, with clocks 20 ms apart: %v", r.Broken)
	}
}

// Goal: an act that not all obey at once counts from when all obey a later one.
func TestJudge_ObeyedLater(t *testing.T) {
	s := &story{Book: NewBook()}
	first := &Act{Kind: rules.SetFrozen}
	s.Asked(first, at(100))
	s.Decided(first, 1, false, at(200))
	s.place(pixelOf{dot: red, user: bob, placed: 210, answered: 220, seq: 1, begun: 215})
	if r := s.Judge(0); len(r.Broken) != 0 || r.Kinds[rules.SetFrozen].Obeyed != 0 {
		t.Errorf("nobody has said that all obey: %v", r.Broken)
	}
	second := &Act{Kind: rules.Ban, User: ada}
	s.Asked(second, at(300))
	s.Decided(second, 2, true, at(400))
	s.place(pixelOf{dot: red, user: bob, placed: 410, answered: 420, seq: 2, begun: 415})
	if r := s.Judge(0); len(r.Broken) != 1 || r.Kinds[rules.SetFrozen].Obeyed != 1 {
		t.Errorf("all obey the later one: %v", r.Broken)
	}
}

// Goal: a refusal is just only if an act says so that may have been in force.
func TestJudge_Refusals(t *testing.T) {
	for name, test := range map[string]struct {
		pixelOf
		just bool
	}{
		"while it is in force":        {pixelOf{placed: 210, answered: 220, why: canvas.RefusedProtected}, true},
		"while it is being decided":   {pixelOf{placed: 110, answered: 120, why: canvas.RefusedProtected}, true},
		"while it is taken back":      {pixelOf{placed: 350, answered: 360, why: canvas.RefusedProtected}, true},
		"before it was asked for":     {pixelOf{placed: 50, answered: 60, why: canvas.RefusedProtected}, false},
		"after all said it is over":   {pixelOf{placed: 410, answered: 420, why: canvas.RefusedProtected}, false},
		"for something else":          {pixelOf{placed: 210, answered: 220, why: canvas.RefusedFrozen}, false},
		"elsewhere":                   {pixelOf{dot: canvas.Dot{X: 20, Y: 15}, placed: 210, answered: 220, why: canvas.RefusedProtected}, false},
		"since the server was busy":   {pixelOf{placed: 50, answered: 60, why: canvas.RefusedBusy}, true},
		"since it is not of a canvas": {pixelOf{placed: 210, answered: 220, why: canvas.RefusedRights}, false},
	} {
		s := &story{Book: NewBook()}
		s.act(acts[0].act)
		p := test.pixelOf
		if p.user = bob; p.dot == (canvas.Dot{}) {
			p.dot = red
		}
		s.place(p)
		if r := s.Judge(0); (len(r.Unjust) == 0) != test.just {
			t.Errorf("%s: %v", name, r.Unjust)
		}
		if verdicts, _ := s.Verdicts(0, time.Second); verdicts[1].Passed != test.just {
			t.Errorf("%s: %+v", name, verdicts[1])
		}
	}
}

// Goal: a session of somebody banned that goes on for too long is found, also one that they get afterwards.
func TestJudgeSessions(t *testing.T) {
	for name, test := range map[string]struct {
		user     canvas.Author
		from, to int // 0: it does not end
		sessions int
		late     bool
		latest   time.Duration
	}{
		"it ends in time":            {bob, 50, 240, 1, false, 40 * time.Millisecond},
		"it ended before all obeyed": {bob, 50, 190, 0, false, 0},
		"it ends late":               {bob, 50, 280, 1, true, 80 * time.Millisecond},
		"it goes on until the undo":  {bob, 50, 350, 1, true, 100 * time.Millisecond},
		"it does not end":            {bob, 50, 0, 1, true, 100 * time.Millisecond},
		"one more, and soon ended":   {bob, 210, 240, 1, false, 40 * time.Millisecond},
		"one more, afterwards":       {bob, 260, 270, 1, true, 70 * time.Millisecond},
		"back when it is taken back": {bob, 310, 0, 0, false, 0},
		"somebody else's":            {ada, 50, 0, 0, false, 0},
	} {
		s := &story{Book: NewBook()}
		s.act(Act{Kind: rules.Ban, User: bob})
		s.Connected("key", test.user, at(test.from))
		if test.to != 0 {
			s.Lost("key", true, at(test.to))
		}
		s.Lost("another", true, at(120))
		found := s.JudgeSessions(50 * time.Millisecond)
		if found.Sessions != test.sessions || (len(found.Late) > 0) != test.late || found.Latest != test.latest {
			t.Errorf("%s: %+v", name, found)
		}
		if verdicts, _ := s.Verdicts(0, 50*time.Millisecond); verdicts[2].Passed != (!test.late && test.to != 0) {
			t.Errorf("%s: %+v", name, verdicts[2])
		}
	}
}

// A book in which nothing was tried proves nothing.
func TestVerdicts_OfNothing(t *testing.T) {
	s := &story{Book: NewBook()}
	s.act(acts[0].act)
	s.honest()
	verdicts, table := s.Verdicts(0, time.Second)
	if verdicts[0].Passed || verdicts[2].Passed || len(table.Rows) != len(Kinds()) {
		t.Errorf("%+v", verdicts)
	}
}
