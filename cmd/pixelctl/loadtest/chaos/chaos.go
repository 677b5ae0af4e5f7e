// Package chaos is the load test in which servers are killed: nothing acknowledged may be lost, nothing may come twice,
// and no region may stand still for long.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/audit"
	"pixelplayground/cmd/pixelctl/loadtest/crew"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/recorded"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/transport/client"
	"pixelplayground/transport/client/wire"
)

// connectLimit is how long everyone may take to connect.
const connectLimit = 30 * time.Second

// Config says what a chaos test draws and what it kills. The tags make its fields flags of
// pixelctl, and bound them.
type Config struct {
	Fleet fleet.Config `kong:"-"`

	Kill     string        `placeholder:"COMMAND" help:"Shell command that takes a server away, for example \"kubectl delete pod playground-{n}\". {n} is the number of the kill, from 0 on; \"$$(({n} % 3))\" makes it go round."`
	PIDs     []int         `name:"pid" placeholder:"PID,..." help:"Instead of a command: server processes on this computer, each killed once with kill -9."`
	Every    time.Duration `placeholder:"TIME" default:"15s" above:"0s" help:"From kill to kill. The first comes after this time, the last as long before the end."`
	Clients  int           `placeholder:"N" default:"100" min:"1" help:"Users that draw."`
	Rate     float64       `placeholder:"PIXELS" default:"500" above:"0" why:"without pixels there is nothing to lose" help:"Pixels per second that they place in all."`
	Duration time.Duration `placeholder:"TIME" default:"1m" help:"How long pixels are placed."`
	Settle   time.Duration `placeholder:"TIME" default:"30s" above:"0s" help:"How long everyone may take to be back, and every pixel to be answered, when the drawing is over."`
	recorded.Flag
	Rules    bool          `help:"Decide at random meanwhile, as an operator (PIXELCTL_ADMIN_TOKEN): areas are protected, subjects banned, the palette changed, the canvas frozen, and all of it taken back. Check that all is obeyed. It needs --recorded."`
	MaxEnd   time.Duration `placeholder:"TIME" default:"1s" above:"0s" help:"With --rules, fail if a session of somebody who is banned goes on for longer than this after all have said that they obey."`
	Apart    time.Duration `placeholder:"TIME" default:"0s" help:"With --rules, how far the clocks of the servers may be from this computer's."`
	MaxPause time.Duration `placeholder:"TIME" default:"2s" help:"Fail if a region that is drawn on shows nothing new for longer; 0: any time will do."`
}

// Validate says what is wrong that no tag can bound, and how to fix it.
func (cfg Config) Validate() error {
	switch {
	case cfg.Fleet.JSON:
		return errors.New("json-protocol: has no sequence numbers and does not say whose a pixel is, which this test compares: leave it out")
	case cfg.Rate*cfg.Duration.Seconds() > audit.MaxPixels:
		return fmt.Errorf("rate %v for %v: is more than the %d pixels that can be told apart: use a lower rate or a shorter time", cfg.Rate, cfg.Duration, audit.MaxPixels)
	case cfg.Rules && !cfg.Recorded:
		return errors.New("rules: what was committed is read from the record: give --recorded too, and start the servers with --record")
	case (cfg.Kill == "") == (len(cfg.PIDs) == 0):
		return errors.New("give --kill, for example --kill 'kubectl delete pod playground-{n}', or --pid, but not both")
	case slices.ContainsFunc(cfg.PIDs, func(pid int) bool { return pid <= 1 }):
		return fmt.Errorf("pids %v: must be numbers of processes above 1: others mean whole groups of them, or the system", cfg.PIDs)
	case cfg.Duration < 2*cfg.Every:
		return fmt.Errorf("every %v in %v: leaves no time before and after a kill: a test takes twice as long at least", cfg.Every, cfg.Duration)
	}
	return fleet.CheckDescriptors(cfg.Clients)
}

// Help is the long help text.
func (Config) Help() string {
	return "Users draw while servers are killed. For each kill it shows who lost the connection, when they were back and could draw, and how" +
		" long regions stood still. At the end every pixel that was acknowledged must be on the canvas exactly once, and every place" +
		" must show who wrote it last in the order of sequence numbers. Give --target all servers, or their load balancer."
}

// Test draws on a canvas while servers are killed, and audits that nothing acknowledged was lost
// and nothing came twice.
type Test struct {
	cfg    Config
	killer killer
	crew   *crew.Crew
	court  *court // decides meanwhile; nil: nobody does

	// Set by prepare, before anything is drawn.
	watcher  *client.Client
	geometry canvas.Geometry
	audit    *audit.Audit
	pauses   *pauses
	sights   *report.Recorder // times from when a pixel was due until the watcher saw it
	began    time.Time

	mu    sync.Mutex
	calm  []time.Duration // pauses before the first kill, by region
	kills []kill
}

// kill is one kill.
type kill struct {
	at     time.Duration
	text   string
	err    error
	pauses []time.Duration // by region, from this kill to the next
}

// Test makes the test for a fleet; it starts nothing.
func (cfg Config) Test(f fleet.Config) (report.Test, error) {
	cfg.Fleet = f
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Rules && f.AdminToken == "" { // flags are validated before there is a fleet
		return nil, errors.New("rules: the admin token is missing: set PIXELCTL_ADMIN_TOKEN to the servers'")
	}
	t := &Test{cfg: cfg, killer: killer{command: cfg.Kill, pids: cfg.PIDs}, sights: report.NewRecorder()}
	c := crew.Config{
		Fleet: cfg.Fleet, Clients: cfg.Clients, Rate: cfg.Rate, Stroke: t.stroke, Answered: t.answered,
		Again: func(s fleet.Stroke, why canvas.Refusal) { t.audit.Again(s.Tag.(int), why) },
	}
	if cfg.Rules {
		t.court = newCourt(t)
		c.Ended, c.Others = t.court.end, t.court.hooks()
	}
	t.crew = crew.New(c)
	return t, nil
}

// Run is report.Test's.
func (t *Test) Run(ctx context.Context) (*report.Report, error) {
	defer t.disconnect()
	if err := t.crew.Gather(ctx); err != nil {
		return nil, err
	}
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	if t.court != nil {
		if err := t.court.begin(ctx); err != nil {
			return nil, err
		}
		defer t.court.end()
	}
	var killing sync.WaitGroup
	killing.Go(func() { t.killAll(ctx, t.crew.Now()) })
	tally, findings := t.crew.Draw(ctx, t.cfg.Duration, t.cfg.Settle)
	killing.Wait()
	t.endWindow()

	r := t.crew.NewReport("chaos")
	r.MarkInterrupted(ctx, "drawing")
	t.crew.Enter("auditing", t.cfg.Settle)
	finals, unreachable, err := t.finals(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	r.Verdicts = t.audit.Judge(finals).Verdicts(len(finals), unreachable)
	if t.cfg.Recorded {
		r.Verdicts = append(r.Verdicts, t.judgeRecord(context.WithoutCancel(ctx)))
	}
	if t.court != nil {
		t.court.judge(r)
	}
	t.crew.JudgeSequences(r, tally, findings)
	t.crew.JudgeReturn(r)
	t.describe(r)
	return r.Seal(), nil
}

// prepare connects the watcher.
func (t *Test) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	t.geometry = t.crew.Welcome().Geometry
	plan, err := audit.NewPlan(t.geometry, t.cfg.Fleet.Area, rand.Uint64())
	if err != nil {
		return err
	}
	t.audit, t.pauses = audit.New(t.geometry, plan), newPauses(t.geometry.Regions())
	t.watcher, err = synced(ctx, client.Config{URLs: t.cfg.Fleet.Targets, Regions: client.AllRegions, Handler: client.Handler{
		Pixels: t.seen, Snapshot: t.audit.Snapshot,
	}})
	if err != nil {
		return err
	}
	t.audit.Begin(t.watcher.Positions)
	t.began = time.Now()
	return nil
}

// synced connects a client and waits until it is up to date.
func synced(ctx context.Context, cfg client.Config) (*client.Client, error) {
	c, err := client.New(cfg)
	if err != nil {
		return nil, err
	}
	if err = c.Open(ctx); err == nil {
		err = c.Synced(ctx)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// disconnect ends all clients.
func (t *Test) disconnect() {
	t.crew.Close()
	if t.watcher != nil {
		t.watcher.Close()
	}
}

// seen records what the watcher is shown.
func (t *Test) seen(b *canvas.Batch) {
	now := t.crew.Now()
	if len(b.Ops) > 0 {
		t.pauses.visible(b.Region, now)
	}
	t.audit.Batch(b, func(due time.Duration) { t.sights.Record(0, now-due, 1) })
}

// stroke numbers a pixel that is about to be placed.
func (t *Test) stroke(c *fleet.Client, due time.Duration) (fleet.Stroke, error) {
	user := c.User()
	n, dot, err := t.audit.Place(user, due)
	if err == nil {
		if t.court != nil {
			t.court.book.Placed(n, dot, user, time.Now())
		}
		id, _ := t.geometry.Locate(int(dot.X), int(dot.Y))
		t.pauses.due(id, due)
	}
	return fleet.Stroke{Dots: []canvas.Dot{dot}, Due: due, Tag: n}, err
}

// answered records what became of a pixel.
func (t *Test) answered(s fleet.Stroke, why canvas.Refusal) {
	state := audit.Refused
	if why == 0 {
		state = audit.Acked
	}
	if why == 0 || !wire.Again(why) { // what the rules forbid becomes visible to who placed it
		id, _ := t.geometry.Locate(int(s.Dots[0].X), int(s.Dots[0].Y))
		t.pauses.visible(id, t.crew.Now())
	}
	n := s.Tag.(int)
	t.audit.Answer(n, state)
	if t.court != nil {
		t.court.book.Answered(n, why, time.Now())
	}
}

// killAll kills at the planned times, and returns when the last command has ended.
func (t *Test) killAll(ctx context.Context, begin time.Duration) {
	var commands sync.WaitGroup
	defer commands.Wait()
	for n := 0; n != t.killer.limit(); n++ {
		at := begin + time.Duration(n+1)*t.cfg.Every
		if at+t.cfg.Every > begin+t.cfg.Duration {
			return
		}
		if fleet.Wait(ctx, at-t.crew.Now()) != nil {
			return
		}
		t.begin(n)
		commands.Go(func() {
			limited, cancel := context.WithTimeout(ctx, t.cfg.Every+t.cfg.Settle)
			defer cancel()
			err := t.killer.kill(limited, n)
			t.mu.Lock()
			defer t.mu.Unlock()
			t.kills[n].err = err
		})
	}
}

// begin begins the window of a kill, and ends the window before it.
func (t *Test) begin(n int) {
	t.endWindow()
	t.crew.Outages.Kill()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kills = append(t.kills, kill{at: t.crew.Now(), text: t.killer.text(n)})
}

// endWindow notes how long regions stood still since the last kill, or before the first.
func (t *Test) endWindow() {
	pauses := t.pauses.cut(t.crew.Now())
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.kills); n > 0 {
		t.kills[n-1].pauses = pauses
	} else {
		t.calm = pauses
	}
}

// Status is report.Test's.
func (t *Test) Status() report.Status {
	t.mu.Lock()
	kills := len(t.kills)
	t.mu.Unlock()
	s := t.crew.Status()
	if kills > 0 {
		s.Note = report.Counted(kills, "kill")
	}
	return s
}
