//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// drawsAs is a client that draws on a server with a name.
func drawsAs(t *testing.T, s *server, name string) func(color canvas.Color, pixels ...[2]int) {
	c := dial(t, client.Config{URLs: []string{s.ws()}, Name: name})
	return func(color canvas.Color, pixels ...[2]int) {
		t.Helper()
		var dots []canvas.Dot
		for _, p := range pixels {
			dots = append(dots, canvas.Dot{X: uint16(p[0]), Y: uint16(p[1]), Color: color})
		}
		if err := c.Place(t.Context(), dots); err != nil {
			t.Fatal(err)
		}
	}
}

// placed is when the pixel that is at a place was placed, in Unix ms.
func (s *server) placed(x, y int) (at int64) {
	s.t.Helper()
	eventually(s.t, "the record has the pixel", func() error {
		body, err := get(fmt.Sprintf("%s/api/pixel/%d/%d", s.url, x, y))
		if err != nil {
			return err
		}
		var pixel struct{ Time int64 }
		if err := json.Unmarshal(body, &pixel); err != nil || pixel.Time == 0 {
			return fmt.Errorf("%s: %v", body, err)
		}
		at = pixel.Time
		return nil
	})
	return at
}

// size makes the window a size in CSS pixels, with fingers or a mouse.
func (p *page) size(width, height int64, fingers bool) {
	p.t.Helper()
	p.run(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		if _, err = cdp.Call(ctx, target, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: fingers}); err != nil {
			return none, err
		}
		_, err = cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: fingers})
		return none, err
	})
	p.until("the window has its size", fmt.Sprintf(`innerWidth === %d && innerHeight === %d && playground.state.viewport.width === %d`, width, height, width))
}

// touch presses a finger at a place of the window, or lifts it.
func (p *page) touch(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
	p.t.Helper()
	p.run(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
		return none, err
	})
}

// Goal: one sees who placed a pixel, when, and what stood there before, with keys, mouse and fingers,
// in small windows too; a name is text, whatever it is. Method: two clients with names draw over each
// other; Chromium shows the card of the pixel.
func TestBrowser_InspectsAPixel(t *testing.T) {
	beside(t)
	s := start(t, "--record", "on")
	const nasty = `<img src=x onerror=`
	drawsAs(t, s, "Ada")(0x1F4FE0, [2]int{512, 400})
	drawsAs(t, s, nasty)(0xE50025, [2]int{512, 400}, [2]int{513, 400})
	s.placed(512, 400)
	p := open(t, s.url+"/#512,400,16", "Bob")
	p.until("there is a record", `playground.state.me.record && `+visible("inspect"))
	if eval[bool](p, `performance.getEntriesByType("resource").some(each => /\/record\/|card.css|past.css/.test(each.name))`) {
		t.Error("the record's parts are loaded before they are used")
	}
	const known = `playground.state.inspected?.phase === "known"`
	const card = `document.getElementById("card")`

	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("\r"), chromedp.KeyEvent("i"))
	p.until("the card", known+` && `+card+`.innerText.includes("Before that")`)
	text := eval[string](p, card+`.innerText`)
	for _, want := range []string{"Red", "#E50025", nasty, "Before that", "Ada", "512, 400"} {
		if !strings.Contains(text, want) {
			t.Errorf("the card lacks %q:\n%s", want, text)
		}
	}
	if eval[int](p, card+`.querySelectorAll("img").length`) != 0 {
		t.Error("a name became HTML")
	}
	if said := eval[string](p, `document.getElementById("said").textContent`); !strings.Contains(said, "512, 400: Red by "+nasty) || !strings.Contains(said, "Blue by Ada") {
		t.Errorf("read aloud: %q", said)
	}
	p.run(chromedp.KeyEvent(kb.ArrowRight))
	p.until("the arrows move it", known+` && playground.state.inspected.x === 513 && !`+card+`.innerText.includes("Ada")`)
	p.run(chromedp.KeyEvent(kb.Escape))
	p.until("escape closes it", `playground.state.inspected === null && !`+visible("card"))

	for _, window := range [][2]int64{{1280, 800}, {320, 568}, {360, 225}} {
		p.size(window[0], window[1], window[0] < 400)
		p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("i"))
		p.until("the card", known+` && `+visible("card"))
		if why := eval[string](p, `(() => {
			const card = document.getElementById("card").getBoundingClientRect(), at = playground.screen(playground.state.inspected.x, playground.state.inspected.y), half = playground.view.zoom / 2;
			if (card.left < 0 || card.top < 0 || card.right > innerWidth || card.bottom > innerHeight) return "outside of the window";
			const beside = card.right <= at.x - half || card.left >= at.x + half || card.bottom <= at.y - half || card.top >= at.y + half;
			return beside ? "" : "over its pixel";
		})()`); why != "" {
			t.Errorf("at %v the card is %s", window, why)
		}
		p.run(chromedp.KeyEvent(kb.Escape))
		p.until("escape closes it", `playground.state.inspected === null`)
	}

	p.size(390, 844, true)
	x, y := p.at(512, 400)
	p.touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: x, Y: y})
	p.until("a finger that rests opens it", known+` && playground.state.inspected.x === 512`)
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	if drawn := eval[string](p, `playground.pixel(512, 400)`); drawn != "#E50025" {
		t.Errorf("the finger drew: %s", drawn)
	}
}

// Goal: one sees how the canvas came to be, from blank to now, and the last frame is the canvas; a link
// leads to its moment; nothing can be placed meanwhile, and one key leads back. Method: three strokes
// are drawn one after the other; Chromium replays them and compares each pixel with
// /api/canvas.png. With SCREENSHOT set to a file, the replay is saved there.
func TestBrowser_ReplaysFromBlankToNow(t *testing.T) {
	beside(t)
	s := start(t, "--record", "on", "--rate", "0")
	var moments []int64
	for i, color := range []canvas.Color{0xE50025, 0x00A651, 0x1F4FE0} {
		var stroke [][2]int
		for n := range 200 {
			stroke = append(stroke, [2]int{400 + n, 380 + 20*i + n%7})
		}
		drawsAs(t, s, fmt.Sprintf("Painter %d", i))(color, stroke...)
		moments = append(moments, s.placed(400, 380+20*i))
		later := time.UnixMilli(moments[i]).Add(10 * time.Millisecond) // so that the strokes' times differ
		eventually(t, "time passes", func() error {
			if time.Now().Before(later) {
				return fmt.Errorf("it is %v", time.Now())
			}
			return nil
		})
	}
	// A moment that has just passed is now.
	eventually(t, "the last stroke is past", func() error {
		if time.Since(time.UnixMilli(moments[2])) < 2*time.Second {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	link := func(moment int64) string { return fmt.Sprintf("%s/#500,400,3&t=%d", s.url, moment) }

	p := open(t, link(moments[1]), "Eva")
	const loaded = `playground.state.past?.canvas && !playground.state.past.loading`
	p.until("the link's moment", loaded)
	shown := func(row int) string {
		return eval[string](p, fmt.Sprintf(`"#" + playground.state.past.canvas.pixel(400, %d).toString(16).padStart(6, "0").toUpperCase()`, 380+20*row))
	}
	for row, want := range []string{"#E50025", "#00A651", "#FFFFFF"} {
		if got := shown(row); got != want {
			t.Errorf("at the link's moment stroke %d is %s, want %s", row, got, want)
		}
	}
	p.until("the address keeps the moment", `/&t=2/.test(location.hash)`)
	if live := eval[string](p, `playground.confirmed(400, 420)`); live != "#1F4FE0" {
		t.Errorf("the live canvas meanwhile: %s", live)
	}
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("\r"), chromedp.KeyEvent("\r"))
	p.drag([2]int{450, 440}, [2]int{470, 440})
	if n := eval[int](p, `playground.pending + playground.unsent`); n != 0 || eval[string](p, `playground.confirmed(460, 440)`) != "#FFFFFF" {
		t.Errorf("something was placed in the past: %d ops", n)
	}
	p.run(chromedp.KeyEvent("l"))
	p.until("one key leads back", `playground.state.past === null && `+visible("dock")+` && !`+visible("past")+` && !location.hash.includes("&t=")`)

	p.run(chromedp.KeyEvent("t"))
	p.until("the bar", visible("past")+` && playground.state.past.stats?.pixels === 600`)
	eval[bool](p, `(() => {
		window.frames = [];
		const slider = document.getElementById("past-slider"), speed = document.getElementById("past-speed");
		slider.value = 0;
		slider.dispatchEvent(new Event("change"));
		speed.value = "60";
		speed.dispatchEvent(new Event("change"));
		return true;
	})()`)
	p.until("the first moment", loaded)
	if got := shown(0) + shown(1) + shown(2); got != "#FFFFFF#FFFFFF#FFFFFF" {
		t.Errorf("at the beginning the canvas is not blank: %s", got)
	}
	if file := os.Getenv("SCREENSHOT"); file != "" {
		p.screenshot(file)
	}
	eval[bool](p, `(() => {
		window.model = playground.state.past.canvas;
		const { past } = playground.state;
		const note = () => {
			window.frames.push([400, 420].map((y, i) => model.pixel(400, 380 + 40 * i) !== 0xffffff).join());
			if (!past.live) requestAnimationFrame(note);
		};
		requestAnimationFrame(note);
		return true;
	})()`)
	p.run(chromedp.KeyEvent(" "))
	p.until("it plays", `playground.state.past.clock.playing`)
	p.until("it ends at now", `playground.state.past.live`)
	seen := eval[[]string](p, `frames.filter((each, i) => each !== frames[i - 1])`)
	if got := strings.Join(seen, " "); got != "false,false true,false true,true" && got != "false,false true,true" {
		t.Errorf("the strokes appeared as %q", got)
	}
	eval[bool](p, `(async () => {
		const picture = await createImageBitmap(await (await fetch("api/canvas.png")).blob());
		const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
		context.drawImage(picture, 0, 0);
		const { data } = context.getImageData(0, 0, picture.width, picture.height);
		let compared = 0, painted = 0;
		for (let y = 0; y < picture.height; y++) for (let x = 0; x < picture.width; x++) {
			const at = 4 * (y * picture.width + x), want = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2], got = model.pixel(x, y);
			if (got === null) continue; // not in view
			compared++;
			if (want !== 0xffffff) painted++;
			if (got !== want) return x + "," + y + ": " + got.toString(16) + ", not " + want.toString(16);
		}
		return painted === 600 && compared >= 256 * 256 ? "" : painted + " painted of " + compared;
	})().then((found) => (window.found = found), (error) => (window.found = String(error))) !== null`)
	p.until("the frames are compared", `window.found !== undefined`)
	if wrong := eval[string](p, `found`); wrong != "" {
		t.Errorf("the last frame is not the canvas: %s", wrong)
	}
}

// Goal: without a record nothing of it shows, and the keys do what they did. Method: a server without.
func TestBrowser_NothingOfARecordWithoutOne(t *testing.T) {
	beside(t)
	s := start(t)
	drawsAs(t, s, "Ada")(0xE50025, [2]int{100, 100})
	p := open(t, s.url+"/#100,100,16&t=2026-01-01T00:00:00Z", "Bob")
	p.until("the server has said who one is", `playground.state.me.known && playground.pixel(100, 100) === "#E50025"`)
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("t"), chromedp.KeyEvent("\r"), chromedp.KeyEvent("i"))
	p.until("i takes the colour", `playground.state.colour === 0xe50025`)
	for _, id := range []string{"inspect", "replay", "card", "past"} {
		if eval[bool](p, visible(id)) {
			t.Errorf("#%s shows", id)
		}
	}
	if eval[bool](p, `performance.getEntriesByType("resource").some(each => each.name.includes("/record/"))`) {
		t.Error("parts of the record are loaded")
	}
}
