//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// sign is a PNG of 3x2 pixels: red, blue, red above a green one, the others transparent.
func sign(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for x, c := range []color.NRGBA{{R: 255, A: 255}, {B: 255, A: 255}, {R: 255, A: 255}} {
		img.SetNRGBA(x, 0, c)
	}
	img.SetNRGBA(0, 1, color.NRGBA{G: 255, A: 255})
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// drops drops a file on a pixel of the canvas.
func (p *page) drops(content []byte, name string, x, y int) {
	p.t.Helper()
	left, top := p.at(x, y)
	eval[bool](p, fmt.Sprintf(`(() => {
		const dataTransfer = new DataTransfer(), bytes = Uint8Array.from(atob(%q), (each) => each.charCodeAt(0));
		dataTransfer.items.add(new File([bytes], %q, { type: "image/png" }));
		return document.getElementById("stage").dispatchEvent(new DragEvent("drop", { dataTransfer, clientX: %f, clientY: %f, bubbles: true, cancelable: true }));
	})()`, base64.StdEncoding.EncodeToString(content), name, left, top))
}

// keys presses keys, one after the other.
func (p *page) keys(all ...string) {
	p.t.Helper()
	for _, key := range all {
		p.run(chromedp.KeyEvent(key))
	}
}

// overlaid is the colour that templates have in the middle of a pixel, "#RRGGBB" or "" for none.
const overlaid = `((x, y) => {
	const { x: left, y: top } = playground.screen(x, y), layer = document.getElementById("template-layer");
	const [r, g, b, a] = layer?.getContext("2d").getImageData(Math.round(left), Math.round(top), 1, 1).data ?? [0, 0, 0, 0];
	return a > 0 ? "#" + [r, g, b].map((each) => each.toString(16).padStart(2, "0")).join("").toUpperCase() : "";
})`

func (p *page) overlaid(what string, x, y int, want string) {
	p.t.Helper()
	p.until(what, fmt.Sprintf(`%s(%d, %d) === %q`, overlaid, x, y, want))
}

// item is the text of the list's first template.
const item = `(document.querySelector("#templates .template-name")?.textContent ?? "")`

// Goal: somebody drops a picture, places it by mouse and keys, draws what is wrong until all is done, finds it after a reload, and
// shares it by a link. With SCREENSHOT set to a folder, it is filled with pictures of the page.
func TestBrowser_Templates(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0")
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.until("all is there", `playground.idle`)
	p.drops(sign(t), "sign.png", 101, 101)
	p.overlaid("it is shown where it was dropped", 100, 100, "#FF0000")
	p.drag([2]int{100, 100}, [2]int{104, 103})
	p.overlaid("it follows the mouse", 104, 103, "#FF0000")
	p.keys(kb.ArrowRight, kb.ArrowDown)
	p.overlaid("and the arrows", 105, 104, "#FF0000")
	p.keys(kb.Enter)
	p.until("it is placed", `playground.state.selecting === null && document.querySelector(".placing").hidden && playground.state.pending.count === 0`)
	if painted := eval[string](p, `playground.pixel(105, 104)`); painted != "#FFFFFF" {
		t.Fatalf("placing it has painted %s", painted)
	}

	p.keys("o")
	p.until("the list says what is to be done", item+`.includes("sign") && `+item+`.includes("0 % · 4 left")`)
	p.until("a key leads to the next pixel", `(document.activeElement.blur(), true)`)
	for left := 3; left >= 0; left-- {
		p.keys(".")
		p.until("the view is there", `playground.idle && playground.state.reticule?.keyboard`)
		p.keys(kb.Enter)
		want := fmt.Sprintf("%d left", left)
		if left == 0 {
			want = "Done: 4 pixels"
		}
		p.until(want, item+fmt.Sprintf(`.includes(%q)`, want))
	}
	p.until("the colours are right", `playground.confirmed(105, 104) === "#FF0000" && playground.confirmed(106, 104) === "#0000FF" && playground.confirmed(105, 105) === "#00FF00" && playground.confirmed(106, 105) === "#FFFFFF"`)

	p.run(chromedp.Navigate(s.url + "/#100,100,16"))
	p.run(chromedp.Reload())
	p.until("connected", `playground.idle`)
	p.overlaid("it is kept", 106, 104, "#0000FF")
	p.keys(",")
	p.overlaid("hidden", 106, 104, "")
	p.keys(",", "o")
	p.until("the list is there", item+`.includes("Done: 4 pixels")`)
	eval[bool](p, `(document.querySelector("#templates .template-name").click(), true)`)
	eval[bool](p, `(Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } }), true)`)
	const named = `[...document.querySelectorAll("#templates button")].find((each) => each.textContent === %q)`
	eval[bool](p, `(`+fmt.Sprintf(named, "Copy link")+`.click(), true)`)
	p.until("a link is copied", `window.copied?.includes("template=")`)
	other := open(t, eval[string](p, `copied`), "Bob")
	other.overlaid("the link brings it", 105, 104, "#FF0000")
	other.until("the address is a plain one again", `/^#[0-9]+,[0-9]+,16$/.test(location.hash)`)

	if folder := os.Getenv("SCREENSHOT"); folder != "" {
		p.screenshot(folder + "/list.png")
	}
	eval[bool](p, `(`+fmt.Sprintf(named, "Remove")+`.click(), true)`)
	p.overlaid("removed", 105, 104, "")
	p.run(chromedp.Reload())
	p.until("connected", `playground.idle`)
	p.until("it stays away", `!document.querySelector("#template-layer")`)
	p.drops([]byte("no picture at all, but called one"), "broken.png", 100, 100)
	p.until("what is no picture is named", `playground.state.toast?.text.startsWith("That is no picture")`)
}

// otherHost is another host than the server's, with what it was asked.
type otherHost struct {
	*httptest.Server
	mu    sync.Mutex // guards:
	asked []http.Header
	list  string
}

func newOtherHost(t *testing.T) *otherHost {
	t.Helper()
	e := &otherHost{}
	content := sign(t)
	listener, err := net.Listen("tcp", net.JoinHostPort(freeNetwork(t)+".1", "0"))
	if err != nil {
		t.Fatal(err)
	}
	e.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.asked = append(e.asked, r.Header.Clone())
		switch r.URL.Path {
		case "/crew/list.json":
			_, _ = w.Write([]byte(e.list))
		case "/crew/sign.png":
			w.Header().Set("Access-Control-Allow-Origin", "*")
			_, _ = w.Write(content)
		default:
			http.NotFound(w, r)
		}
	}))
	_ = e.Listener.Close()
	e.Listener = listener
	e.Start()
	t.Cleanup(e.Close)
	return e
}

func (e *otherHost) lists(list string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = list
}

// Goal: what the operator lists is there for everybody, and follows the list: moved, gone, or with what is wrong with it. Each
// user decides how it is shown. How long it takes is logged, since a busy machine takes longer.
func TestBrowser_TeamTemplates(t *testing.T) {
	beside(t)
	e := newOtherHost(t)
	list := func(x int, more string) string {
		return fmt.Sprintf(`{"name": "Crew", "templates": [{"name": "Sign", "x": %d, "y": 100, "picture": "sign.png"}%s]}`, x, more)
	}
	e.lists(list(100, ""))
	s := start(t, "--templates", e.URL+"/crew/list.json")
	p := open(t, s.url+"/#100,100,16", "")
	p.overlaid("the team's is shown", 100, 100, "#FF0000")
	began := time.Now()
	e.lists(list(105, `, {"name": "Odd", "picture": "../secret.png"}`))
	p.overlaid("it has moved", 105, 100, "#FF0000")
	t.Logf("a change was there after %v", time.Since(began))
	p.keys("o")
	p.until("the list says whose it is, and what is wrong", `["Crew", "Sign", "Odd: the picture must be in the folder"].every((each) => document.getElementById("templates").textContent.includes(each))`)
	eval[bool](p, `(document.querySelector("#templates .template input").click(), true)`)
	p.overlaid("it is hidden", 105, 100, "")
	p.until("that is kept", `(() => {
		const opening = indexedDB.open("pixel-playground.templates");
		opening.onsuccess = () => {
			opening.result.transaction("templates").objectStore("templates").getAll().onsuccess = ({ target }) => { window.kept = target.result; };
			opening.result.close();
		};
		return window.kept?.some(({ id, shown }) => id === "team:Sign" && !shown);
	})()`)
	p.run(chromedp.Reload())
	p.until("connected", `playground.idle`)
	p.until("its picture has come", `performance.getEntriesByType("resource").some(({ name }) => name.includes("api/templates/"))`)
	p.overlaid("it stays hidden", 105, 100, "")
	e.lists(`{"templates": []}`)
	p.keys("o")
	p.until("it is gone", `document.getElementById("templates") && !document.querySelector("#templates .template")`)
	if code, _ := statusOf(s.url + "/api/templates/0123456789ab.png"); code != http.StatusNotFound {
		t.Errorf("a picture of no template: %d", code)
	}
}

func statusOf(url string) (int, error) {
	answer, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// Goal: a link whose picture is elsewhere asks nobody before the user has agreed, and then without cookies and without saying where
// from.
func TestBrowser_TemplateElsewhere(t *testing.T) {
	beside(t)
	e, s := newOtherHost(t), start(t)
	asked := func() int {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.asked)
	}
	p := open(t, s.url+"/#100,100,16&template="+e.URL+"/crew/sign.png&ox=102&oy=101&tw=6&title=Far", "Ada")
	p.until("it asks, and names the host", fmt.Sprintf(`document.querySelector(".placing[role=status]")?.textContent.includes(%q)`, strings.TrimPrefix(e.URL, "http://")))
	p.until("all is there", `playground.idle`)
	if n := asked(); n > 0 {
		t.Fatalf("the host was asked %d times", n)
	}
	eval[bool](p, `(document.querySelector(".placing[role=status] .primary").click(), true)`)
	p.overlaid("it is there, twice as wide", 103, 102, "#FF0000")
	p.overlaid("in its place", 107, 101, "#FF0000")
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, header := range e.asked {
		if header.Get("Cookie") != "" || header.Get("Referer") != "" || header.Get("Origin") != "null" {
			t.Errorf("asked with %v", header)
		}
	}
	if len(e.asked) != 1 {
		t.Errorf("asked %d times", len(e.asked))
	}
}

// noise is a PNG of 200x200 pixels, another one for each n.
func noise(t *testing.T, n int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 200, 200))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{byte(i * n), byte(i / 7), byte(n * 10), 255})
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Goal: twenty templates, one above the other, cost little. What is judged is the same on every machine: nothing is drawn while neither the
// view nor a template changes, and a move draws each once, however many pixels it has. What the frames take is logged, without and
// with them in turns.
func TestBrowser_TwentyTemplates(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0")
	p := &page{t, browser(t)}
	p.run(before(`{
		const { drawImage, clearRect } = CanvasRenderingContext2D.prototype;
		window.drawn = { frames: 0, images: 0 };
		CanvasRenderingContext2D.prototype.clearRect = function (...all) {
			if (this.canvas.id === "template-layer") drawn.frames++;
			return clearRect.apply(this, all);
		};
		CanvasRenderingContext2D.prototype.drawImage = function (source, ...all) {
			if (source.width === 200 && source.height === 200) drawn.images++;
			return drawImage.apply(this, [source, ...all]);
		};
	}`), chromedp.Navigate(s.url+"/#500,500,4"))
	p.until("all is there", `playground.idle`)
	for n := 1; n <= 20; n++ {
		p.drops(noise(t, n), fmt.Sprintf("noise%d.png", n), 500, 500)
		p.until("it is there", `!document.querySelector(".placing")?.hidden && playground.state.selecting`)
		p.keys(kb.Enter)
	}
	p.overlaid("they are shown", 500, 500, eval[string](p, overlaid+`(500, 500)`))
	p.until("it is calm", `playground.idle && (window.calm = window.settled === drawn.frames, window.settled = drawn.frames, calm)`)
	before := eval[int](p, `drawn.frames`)
	drawer := dial(t, client.Config{URLs: []string{s.ws()}})
	if err := drawer.Place(t.Context(), []canvas.Dot{{X: 510, Y: 505, Color: 0x112233}, {X: 700, Y: 700, Color: 0x112233}}); err != nil {
		t.Fatal(err)
	}
	p.until("others have drawn", `playground.confirmed(510, 505) === "#112233" && playground.confirmed(700, 700) === "#112233"`)
	if after := eval[int](p, `drawn.frames`); after != before {
		t.Errorf("drawn %d times while others draw", after-before)
	}
	pan := func() (frames, images int, ms float64) {
		eval[bool](p, `(drawn.frames = drawn.images = 0, playground.frames.record(), true)`)
		for n := range 10 {
			p.keys(string("da"[n%2]))
		}
		p.until("the view is there", `playground.idle`)
		eval[any](p, `void playground.frames.stop()`)
		work := eval[[]float64](p, `playground.frames.work`)
		slices.Sort(work)
		return eval[int](p, `drawn.frames`), eval[int](p, `drawn.images`), work[len(work)/2]
	}
	for range 2 {
		p.keys(",")
		_, none, without := pan()
		p.keys(",")
		frames, images, with := pan()
		if none != 0 || frames == 0 || images != 20*frames {
			t.Errorf("hidden: %d drawn; shown: %d in %d frames", none, images, frames)
		}
		t.Logf("work of a frame while the view moves, median: %.1f ms, with twenty templates %.1f ms", without, with)
	}
}
