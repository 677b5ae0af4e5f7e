package chaos

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"image"
	random "math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/cmd/pixelctl/govern"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/obedience"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// court decides at random while everybody draws, takes all of it back, and judges in the end whether it was
// obeyed. Each kind of act has a goroutine of its own, so that acts of all kinds are in force together.
type court struct {
	t      *Test
	book   *obedience.Book
	obeyed *report.Recorder // from asking for an act until all had said that they obey it

	turnedAway atomic.Int64 // handshakes of the banned that were refused

	stop     context.CancelFunc
	working  sync.WaitGroup
	subjects []*subject
	banned   int // how many bans were asked for; only for who bans

	mu     sync.Mutex
	turn   int      // of the targets
	failed []string // acts that could not be decided, and subjects that could not come back
}

const (
	// subjects is how many people are there to be banned, and sessionsEach how many connections each has.
	subjects, sessionsEach = 8, 2
	// askAgain is the pause after an act that was not decided: the server that was asked is gone, or has
	// been asked for too many of them.
	askAgain = 250 * time.Millisecond
	// colorsAllowed are those of a palette: of pixels that are about to be placed.
	colorsAllowed = 128
)

func newCourt(t *Test) *court {
	return &court{t: t, book: obedience.NewBook(), obeyed: report.NewRecorder(), stop: func() {}}
}

// times are how long an act is in force, and how long before the next. A server allows an operator an act a
// second in the long run.
type times struct{ pause, hold time.Duration }

// between is a time that is at most half as long again, and at least half as long.
func between(d time.Duration) time.Duration { return d/2 + random.N(d+1) }

// begin connects the subjects and starts to decide.
func (c *court) begin(ctx context.Context) error {
	for i := range subjects {
		s, err := c.gather(ctx, i)
		if err != nil {
			return err
		}
		c.subjects = append(c.subjects, s)
	}
	all := ctx
	ctx, c.stop = context.WithCancel(all)
	for _, s := range c.subjects {
		for _, m := range s.sessions {
			c.working.Go(func() { c.draw(ctx, m) })
		}
	}
	for _, one := range []struct {
		times
		make func() (rules.Act, obedience.Act, *subject)
	}{
		{times{1500 * time.Millisecond, 2 * time.Second}, c.protects},
		{times{4 * time.Second, time.Second}, c.limits},
		{times{6 * time.Second, 500 * time.Millisecond}, c.freezes},
		{times{time.Second, 2 * time.Second}, c.bans},
	} {
		c.working.Go(func() {
			// The first act of each kind runs its course even if the drawing ends, so that there is one.
			for in := all; fleet.Wait(in, between(one.pause)) == nil; in = ctx {
				act, known, who := one.make()
				c.decide(in, act, &known, who, between(one.hold))
			}
		})
	}
	return nil
}

// end takes back what is in force and waits until all is quiet.
func (c *court) end() {
	c.stop()
	c.working.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), c.t.cfg.Settle) // for all of them together
	defer cancel()
	for _, s := range c.subjects {
		s.leave(ctx, c)
	}
	c.subjects = nil
}

// protects makes an act that protects about a tenth of the canvas.
func (c *court) protects() (rules.Act, obedience.Act, *subject) {
	g := c.t.geometry
	width, height := max(g.Width/3, 1), max(g.Height/3, 1)
	x, y := random.IntN(g.Width-width+1), random.IntN(g.Height-height+1)
	return rules.Act{Do: rules.Protect, Area: &rules.Area{Name: "chaos", X: x, Y: y, Width: width, Height: height, Least: canvas.RoleModerator}},
		obedience.Act{Kind: rules.Protect, Area: image.Rect(x, y, x+width, y+height)}, nil
}

// limits makes a palette that has every second colour for some time, and then none that is placed.
func (c *court) limits() (rules.Act, obedience.Act, *subject) {
	colors := c.t.audit.Colors(colorsAllowed)
	known := obedience.Act{Kind: rules.SetPalette, Colors: make(map[canvas.Color]bool)}
	for _, color := range colors {
		known.Colors[color] = true
	}
	return rules.Act{Do: rules.SetPalette, Colors: colors}, known, nil
}

func (c *court) freezes() (rules.Act, obedience.Act, *subject) {
	return rules.Act{Do: rules.SetFrozen}, obedience.Act{Kind: rules.SetFrozen}, nil
}

func (c *court) bans() (rules.Act, obedience.Act, *subject) {
	s := c.subjects[random.IntN(len(c.subjects))]
	c.banned++
	return rules.Act{Do: rules.Ban, Target: s.target(c.banned), Why: "chaos"}, obedience.Act{Kind: rules.Ban, User: s.user}, s
}

// decide puts an act in force, for some time or until ctx ends, and takes it back in any case.
func (c *court) decide(ctx context.Context, act rules.Act, known *obedience.Act, who *subject, hold time.Duration) {
	asked := time.Now()
	c.book.Asked(known, asked)
	n, obeyed := c.ask(ctx, act)
	if n == 0 {
		return
	}
	c.book.Decided(known, n, obeyed, time.Now())
	if obeyed {
		c.obeyed.Record(0, time.Since(asked), 1)
	}
	if who != nil && obeyed {
		who.stayBanned(ctx, c, hold)
	} else {
		_ = fleet.Wait(ctx, hold)
	}
	c.book.Undoing(known, time.Now())
	n, obeyed = c.ask(ctx, rules.Act{Do: rules.Undo, Of: n})
	if n == 0 {
		return
	}
	c.book.Undone(known, n, obeyed, time.Now())
	if who != nil {
		who.comeBack(ctx, c)
	}
}

// ask has an act decided, by the servers in turn until one does. It goes on when the test ends, since the
// canvas must not stay as it is.
func (c *court) ask(ctx context.Context, act rules.Act) (n uint64, obeyed bool) {
	act.ID = rand.Text() // asked for several times, it is decided once
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.t.cfg.Settle)
	defer cancel()
	for {
		c.mu.Lock()
		c.turn++
		urls := target.Turned(c.t.cfg.Fleet.Targets, c.turn)
		c.mu.Unlock()
		o := govern.Operator{Targets: urls[:1], Token: c.t.cfg.Fleet.AdminToken}
		body, err := o.Ask(limited, http.MethodPost, "acts", act)
		var done struct {
			Act    struct{ N uint64 }
			Obeyed bool
		}
		if err == nil {
			if err = json.Unmarshal(body, &done); err == nil {
				return done.Act.N, done.Obeyed
			}
		}
		if fleet.Wait(limited, askAgain) != nil {
			c.fail("%s was not decided: %v", act.Do, err)
			return 0, false
		}
	}
}

func (c *court) fail(format string, values ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, fmt.Sprintf(format, values...))
}

// judge adds the verdicts.
func (c *court) judge(r *report.Report) {
	verdicts, table := c.book.Verdicts(c.t.cfg.Apart, c.t.cfg.MaxEnd)
	r.Verdicts, r.Tables = append(r.Verdicts, verdicts...), append(r.Tables, table)
	c.mu.Lock()
	defer c.mu.Unlock()
	v := r.Judge("decided", len(c.failed) == 0 && c.turnedAway.Load() > 0, "%s could not be decided or taken back in time, or did not do what it should; %s of the banned were refused",
		report.Counted(len(c.failed), "act"), report.Counted(c.turnedAway.Load(), "handshake"))
	v.Detail = report.First(c.failed, report.MaxDetail)
}
