//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"pixelplayground/transport/client"
)

// browser starts Chromium with a fresh profile; windows are separate browsers, so that
// each has a visible page of its own (a hidden tab draws no frames).
func browser(t *testing.T, options ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options = append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath("chromium"), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 800),
	}, options...)
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		cancel()
		cancelAllocator()
	})
	return ctx
}

// page is an open drawing page.
type page struct {
	t   *testing.T
	ctx context.Context
}

func open(t *testing.T, url, name string, options ...chromedp.ExecAllocatorOption) *page {
	t.Helper()
	p := &page{t, browser(t, options...)}
	p.run(before(`try { localStorage.setItem("pixel-playground.welcomed", "true") } catch {}`), chromedp.Navigate(url)) // who is new is welcomed: welcome_page_test.go
	p.until("connected", `playground.status === "online"`)
	if name != "" {
		p.rename(name)
	}
	return p
}

func (p *page) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

func eval[T any](p *page, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until polls an expression of the page until it is true.
func (p *page) until(what, expression string) {
	p.t.Helper()
	eventually(p.t, what, func() error {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`Boolean(window.playground && (`+expression+`))`))
		if err != nil || ok {
			return err
		}
		state, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](
			`JSON.stringify({status: playground.status, users: playground.users, names: playground.names, pending: playground.pending, said: playground.state.said})`))
		return errors.Join(fmt.Errorf("%s is false; the page says %s", expression, state), err)
	})
}

func (p *page) rename(name string) {
	p.t.Helper()
	p.run(
		chromedp.SetValue(chromedp.CSS(`#name`), name),
		chromedp.SendKeys(chromedp.CSS(`#name`), "\r"),
	)
}

// at returns the place in the window of a canvas pixel's middle.
func (p *page) at(x, y int) (float64, float64) {
	p.t.Helper()
	s := eval[[]float64](p, fmt.Sprintf(`(s => [s.x, s.y])(playground.screen(%d, %d))`, x, y))
	return s[0], s[1]
}

// drag presses the mouse at the first pixel and moves it over the others.
func (p *page) drag(pixels ...[2]int) {
	p.t.Helper()
	for i, pixel := range pixels {
		x, y := p.at(pixel[0], pixel[1])
		if i == 0 {
			p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, y, chromedp.ButtonLeft))
		} else {
			p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y, chromedp.ButtonLeft))
		}
	}
	x, y := p.at(pixels[len(pixels)-1][0], pixels[len(pixels)-1][1])
	p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x, y, chromedp.ButtonLeft))
}

func (p *page) screenshot(file string) {
	p.t.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// Goal: one user sees what another draws, with names and the exact count. Method: two Chromium
// windows, a real mouse drag in one, the pixels read from the other and from the HTTP API. With
// SCREENSHOT set to a file, the first window is saved there.
func TestBrowser_TwoPeopleDrawTogether(t *testing.T) {
	beside(t)
	s := start(t)
	url := s.url + "/#512,400,8"
	ada, bob := open(t, url, "Ada"), open(t, url, "Bob")
	for _, p := range []*page{ada, bob} {
		p.until("a count of 2", `playground.users === 2`)
		p.until("both names", `playground.names.includes("Ada") && playground.names.includes("Bob")`)
	}
	ada.drag([2]int{480, 400}, [2]int{500, 390}, [2]int{520, 410})
	ada.until("all confirmed", `playground.pending === 0 && playground.confirmed(520, 410) !== "#FFFFFF"`)
	bob.until("the stroke is here", `playground.confirmed(480, 400) === playground.confirmed(520, 410) && playground.confirmed(520, 410) !== "#FFFFFF"`)

	var pixels struct {
		Pixels map[string]string `json:"pixels"`
	}
	body, err := get(s.url + "/api/canvas")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &pixels); err != nil {
		t.Fatal(err)
	}
	for x := 480; x <= 520; x++ { // a line without gaps: at least one pixel in each column
		found := false
		for y := 380; y <= 420; y++ {
			_, ok := pixels.Pixels[fmt.Sprintf("%d,%d", x, y)]
			found = found || ok
		}
		if !found {
			t.Errorf("the stroke has a gap at x = %d", x)
		}
	}
	if file := os.Getenv("SCREENSHOT"); file != "" {
		ada.screenshot(file)
	}
}

// Goal: a user of the page loses nothing when the server is killed: acknowledged pixels are there
// after a restart, and the page reconnects by itself and is right without a reload.
func TestBrowser_ComesBackAfterKill(t *testing.T) {
	beside(t)
	s := start(t)
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.drag([2]int{90, 100}, [2]int{110, 100})
	p.until("confirmed", `playground.pending === 0 && playground.confirmed(110, 100) !== "#FFFFFF"`)
	s.kill()
	p.until("the loss is noticed", `playground.status !== "online"`)
	p.drag([2]int{90, 104}, [2]int{95, 104}) // queued while the server is away
	s.restart()
	p.until("back online", `playground.status === "online"`)
	p.until("the queued stroke is confirmed", `playground.pending === 0 && playground.confirmed(95, 104) !== "#FFFFFF"`)
	for x := 90; x <= 110; x++ {
		body, err := get(fmt.Sprintf("%s/api/pixel/%d/100", s.url, x))
		if err != nil {
			t.Fatal(err)
		}
		var pixel struct{ Color string }
		if err := json.Unmarshal(body, &pixel); err != nil {
			t.Fatal(err)
		}
		shown := eval[string](p, fmt.Sprintf(`playground.confirmed(%d, 100)`, x))
		if pixel.Color == "#FFFFFF" || pixel.Color != shown {
			t.Errorf("pixel %d,100 is %s in the store and %s on the page", x, pixel.Color, shown)
		}
	}
}

// Goal: the page draws smoothly while others draw a lot. Method: the whole canvas is in view,
// others draw 1,000 pixels/s all over it, and the page records the time between its frames. The
// figures are logged. What must hold: in the end the page shows every pixel, and it went on drawing
// all the time.
func TestBrowser_FrameTimesUnderLoad(t *testing.T) {
	const rate = 1000
	s := start(t, "--rate", "0")
	p := open(t, s.url, "")
	drawer := dial(t, client.Config{URLs: []string{s.ws()}})
	l := newLoad(rate, seconds(t, 3))
	l.stride = 7919 // a prime: neighbours in time are far apart
	eval[any](p, `void playground.frames.record()`)
	l.run(t, rate, drawer)
	eval[any](p, `void playground.frames.stop()`)
	intervals, work := eval[[]float64](p, `playground.frames.intervals`), eval[[]float64](p, `playground.frames.work`)
	if len(intervals) < 10 {
		t.Fatalf("the page drew %d frames", len(intervals))
	}
	for name, ms := range map[string][]float64{"between frames": intervals, "work of a frame": work} {
		slices.Sort(ms)
		at := func(q float64) float64 { return ms[int(q*float64(len(ms)-1))] }
		t.Logf("%s, ms, of %d: p50 %.1f, p95 %.1f, p99 %.1f, max %.1f", name, len(ms), at(0.5), at(0.95), at(0.99), at(1))
	}
	for n := range l.sent {
		if n%97 == 0 || n == len(l.sent)-1 {
			x, y := l.place(n)
			p.until("the pixel is shown", fmt.Sprintf(`playground.confirmed(%d, %d) === "#%06X"`, x, y, n))
		}
	}
}
