// Package allowance tests that a person has one allowance, however often and over however many
// connections, servers and protocols they place. It places as one person, from one address and without
// a cookie, and counts what is accepted. The rest, what is placed and where, is the servers' business.
package allowance

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// Config is the test's own flags.
type Config struct {
	Reconnects  int           `placeholder:"N" default:"2000" min:"0" max:"1000000" help:"Connections that are opened one after the other, by 8 at once, each for one op."`
	Connections int           `placeholder:"N" default:"100" min:"0" max:"10000" help:"Connections that place at the same time, as fast as they are answered."`
	Requests    int           `placeholder:"N" default:"500" min:"0" max:"1000000" help:"Requests over HTTP, by 4 at once."`
	Duration    time.Duration `placeholder:"TIME" default:"10s" min:"100ms" max:"1h" help:"How long the connections place."`
	Least       float64       `placeholder:"PERCENT" default:"90" min:"0" max:"100" why:"it is a share" help:"How much of the allowance must be accepted. Less may be right when servers are killed meanwhile, or when others at this address draw."`
}

// Help is the long help text.
func (Config) Help() string {
	return "Places from one address, without a cookie, more than one person may: over and over again with new connections, over many" +
		" connections at once and over HTTP, on all targets. Counts exactly how many pixels are accepted, against the burst and what the rate gave" +
		" in that time. The canvas must have a limit, and its allowance for this address must be full at the start."
}

const (
	redialers  = 8
	requesters = 4
	answerTime = 15 * time.Second // for one answer; longer than a server's patience
)

// Test prepares the test.
func (c Config) Test(crowd fleet.Config) (report.Test, error) {
	if crowd.JSON {
		return nil, errors.New("json-protocol: has no answers to count")
	}
	return &Test{cfg: c, targets: crowd.Targets, area: crowd.Area}, nil
}

// Test is the test.
type Test struct {
	cfg     Config
	targets []string
	area    image.Rectangle
	welcome codec.Welcome

	began, ended               atomic.Int64 // Unix nanoseconds of the first op and of the last answer
	phase                      atomic.Pointer[string]
	socket, http               outcome
	opened, broken, placedNext atomic.Int64

	mu    sync.Mutex
	nodes map[string]int // connections, by the server's name
	why   map[string]int // what broke
}

// outcome counts pixels.
type outcome struct{ accepted, refused, otherwise, unknown atomic.Int64 }

// Status implements report.Test.
func (t *Test) Status() report.Status {
	phase := "connecting"
	if p := t.phase.Load(); p != nil {
		phase = *p
	}
	counts := []report.Count{{Name: "accepted", N: t.socket.accepted.Load() + t.http.accepted.Load()}, {Name: "refused", N: t.socket.refused.Load() + t.http.refused.Load()}}
	return report.Status{Phase: phase, Counts: counts, Total: t.cfg.Duration}
}

// Run implements report.Test.
func (t *Test) Run(ctx context.Context) (*report.Report, error) {
	r := &report.Report{Test: "allowance", Started: time.Now(), Targets: t.targets}
	conn, welcome, err := wire.Dialer{}.Open(ctx, t.targets[0], codec.Hello{})
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", t.targets[0], err)
	}
	conn.Close()
	if t.welcome = welcome; welcome.Rate == 0 {
		return nil, errors.New("the canvas has no limit: start the servers with --rate, --burst or --cooldown")
	}
	if t.area.Empty() {
		t.area = image.Rect(0, 0, welcome.Geometry.Width, welcome.Geometry.Height)
	}
	t.nodes, t.why = make(map[string]int), make(map[string]int)
	phase := "placing"
	t.phase.Store(&phase)
	t.place(ctx)
	r.MarkInterrupted(ctx, phase)
	t.judge(r)
	return r.Seal(), nil
}

// place runs everything at the same time.
func (t *Test) place(ctx context.Context) {
	var all sync.WaitGroup
	var dials, requests atomic.Int64
	for range redialers {
		all.Go(func() {
			for n := dials.Add(1); n <= int64(t.cfg.Reconnects) && ctx.Err() == nil; n = dials.Add(1) {
				t.connection(ctx, int(n), func(op uint64) bool { return op == 1 })
			}
		})
	}
	end := time.Now().Add(t.cfg.Duration)
	for i := range t.cfg.Connections {
		all.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				t.connection(ctx, i, func(uint64) bool { return time.Now().Before(end) })
			}
		})
	}
	for range requesters {
		all.Go(func() {
			for n := requests.Add(1); n <= int64(t.cfg.Requests) && ctx.Err() == nil; n = requests.Add(1) {
				t.request(ctx, t.targets[int(n)%len(t.targets)])
			}
		})
	}
	all.Wait()
}

// dot is the next pixel.
func (t *Test) dot() canvas.Dot {
	n := int(t.placedNext.Add(1))
	x, y := n%t.area.Dx(), n/t.area.Dx()%t.area.Dy()
	return canvas.Dot{X: uint16(t.area.Min.X + x), Y: uint16(t.area.Min.Y + y), Color: canvas.Color(n & 0xFFFFFF)}
}

// begin notes the time before the first pixel, and answered that of the last answer.
func (t *Test) begin()    { t.began.CompareAndSwap(0, time.Now().UnixNano()) }
func (t *Test) answered() { t.ended.Store(time.Now().UnixNano()) }

func (t *Test) failed(err error) {
	t.broken.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.why) < report.MaxDetail || t.why[err.Error()] > 0 {
		t.why[err.Error()]++
	}
}
