//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"html"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// asks sends a request with a host of its own, and gives the page.
func asks(t *testing.T, address, host string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", "/?x=512&y=400&z=8", host); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for buf := make([]byte, 4096); ; {
		n, err := conn.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			return all.String()
		}
	}
}

// Goal: a link that is passed on shows what is there. Method: plain HTTP, as programs that show links ask; the picture that the page names is fetched.
func TestServer_LinksHavePictures(t *testing.T) {
	beside(t)
	s := start(t)
	var body []byte
	eventually(t, "the page is made", func() (err error) {
		body, err = get(s.url + "/?x=512&y=400&z=8")
		return err
	})
	tag := func(name string) string {
		found := regexp.MustCompile(`"` + name + `" content="([^"]*)"`).FindStringSubmatch(string(body))
		if found == nil {
			t.Fatalf("no %s in %s", name, body)
		}
		return html.UnescapeString(found[1])
	}
	if got := tag("og:url"); got != s.url+"/?x=512&y=400&z=8" {
		t.Errorf("the page is at %s", got)
	}
	resp, err := http.Get(tag("og:image"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	picture, err := png.Decode(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); fmt.Sprint(size.X, size.Y) != tag("og:image:width")+" "+tag("og:image:height") {
		t.Errorf("the picture has %v", size)
	}
	for _, host := range []string{`a"><script>alert(1)</script>`, "evil.example/path", "a'b"} {
		if page := asks(t, s.url, host); strings.Contains(page, "alert(1)") || strings.Contains(page, "evil.example/path") || strings.Contains(page, "og:image") {
			t.Errorf("host %q: %.600s", host, page)
		}
	}
}

// Goal: a place can be shared, as a link and as a picture. Method: Chromium presses the buttons; what it would copy and save is noted instead. The link
// is opened.
func TestBrowser_SharesAPlace(t *testing.T) {
	beside(t)
	s := start(t)
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.drag([2]int{100, 100}, [2]int{104, 100})
	p.until("confirmed", `playground.pending === 0 && playground.confirmed(104, 100) !== "#FFFFFF"`)
	eval[any](p, `(() => {
		window.did = {};
		const size = (blob) => createImageBitmap(blob).then(({ width, height }) => width + "x" + height);
		Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { did.text = text; }, write: async ([item]) => { did.copied = await size(await item.getType("image/png")); } } });
		navigator.share = async ({ url, files }) => { did.sent = url + " " + files[0].name; };
		navigator.canShare = () => true;
		HTMLAnchorElement.prototype.click = function () { did.saved = this.download; };
	})()`)
	press := func(text string) {
		p.t.Helper()
		p.run(chromedp.Click(chromedp.CSS(`#link`)))
		p.until("the panel is open", `document.getElementById("share") && !document.getElementById("share").hidden`)
		eval[any](p, fmt.Sprintf(`[...document.querySelectorAll("#share button")].find((each) => each.textContent === %q).click()`, text))
	}
	shown := `(v => "http://" + location.host + "/?x=" + Math.floor(v.x) + "&y=" + Math.floor(v.y) + "&z=" + v.zoom)(playground.view)`
	press("Copy link")
	p.until("the link is copied, and the panel closed", `did.text === `+shown+` && document.getElementById("share").hidden`)
	press("Copy")
	p.until("a picture of the view is copied", `parseInt(did.copied) >= 1280`)
	press("Save")
	p.until("it is saved", `did.saved === "pixel-playground-100-100.png"`)
	press("Send…")
	p.until("it is passed on with the link", `did.sent === `+shown+` + " pixel-playground-100-100.png"`)
	p.run(chromedp.Click(chromedp.CSS(`#link`)))
	eval[any](p, `document.querySelectorAll("#share input")[1].click()`)
	eval[any](p, `[...document.querySelectorAll("#share button")].find((each) => each.textContent === "Copy").click()`)
	p.until("a picture of the whole canvas is copied", `did.copied === "2048x2048"`)

	link := eval[string](p, `did.text`)
	other := open(t, link, "Bob")
	other.until("the link leads to the place", `playground.view.x === 100.5 && playground.view.y === 100.5 && playground.view.zoom === 16 && location.search === "" && location.hash === "#100,100,16"`)
}

// Goal: another site can show the canvas in a frame, to look at, where the operator has named it; no other site can, and none the whole page.
// Method: two sites, of which one is named. Chromium lets their pages look into their frames, drags in one and presses keys.
func TestBrowser_FramedWhereAllowed(t *testing.T) {
	beside(t)
	var s *server
	site := func() string {
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, `<!doctype html><style>body{margin:0}iframe{border:0;width:600px;height:400px}</style><iframe src="%s/%s"></iframe>`, s.url, html.EscapeString(r.URL.Query().Get("page")))
		}))
		t.Cleanup(site.Close)
		return site.URL
	}
	friend, stranger := site(), site()
	s = start(t, "--frame-ancestors", friend)
	p := &page{t, browser(t, chromedp.Flag("disable-web-security", true), chromedp.Flag("disable-site-isolation-trials", true))}
	shown := func(address string) (what string) {
		t.Helper()
		p.run(chromedp.Navigate(address))
		eventually(t, "the frame is there", func() (err error) {
			what, err = chromedp.Run(p.ctx, chromedp.Evaluate[string](`(() => {
				try {
					if (!frames[0] || frames[0].location.href === "about:blank" || frames[0].document.readyState !== "complete") return "";
					return frames[0].document.getElementById("stage") ? "page" : "nothing";
				} catch {
					return "nothing";
				}
			})()`))
			if err == nil && what == "" {
				err = errors.New("it is loading")
			}
			return err
		})
		return what
	}
	for address, want := range map[string]string{
		friend + "/?page=?embed": "page", friend + "/?page=": "nothing", stranger + "/?page=?embed": "nothing",
	} {
		if got := shown(address); got != want {
			t.Errorf("%s: the frame shows %s, want %s", address, got, want)
		}
	}

	p.run(chromedp.Navigate(friend + "/?page=" + url.QueryEscape("?embed&x=100&y=100&z=16")))
	until := func(what, expression string) {
		t.Helper()
		eventually(t, what, func() error {
			ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`(({ playground, document, location }) => Boolean(playground && (`+expression+`)))(frames[0] ?? {})`))
			if err == nil && !ok {
				err = errors.New("it is not")
			}
			return err
		})
	}
	until("the place is shown, with little around it", `playground.idle && playground.view.x === 100.5 && document.querySelector(".embed-out") &&
		["dock", "top", "minimap", "prompt"].every((id) => document.getElementById(id).getClientRects().length === 0) && !document.querySelector(".welcome")`)
	press := func(kind input.DispatchMouseEventType, x float64) chromedp.Action[chromedp.Void] {
		return chromedp.MouseEvent(kind, x, 200, chromedp.ButtonLeft)
	}
	p.run(press(input.DispatchMouseEventTypeMousePressed, 300), press(input.DispatchMouseEventTypeMouseMoved, 260), press(input.DispatchMouseEventTypeMouseReleased, 236))
	until("a drag moves the canvas", `playground.view.x > 102 && playground.state.strokes.size === 0`)
	for _, key := range []string{"b", "1", " ", "\r"} {
		p.key(key)
	}
	p.run(press(input.DispatchMouseEventTypeMousePressed, 300), press(input.DispatchMouseEventTypeMouseReleased, 300))
	until("nothing is drawn", `playground.idle && playground.state.tool === "hand" && playground.state.strokes.size === 0 && playground.pending === 0`)
}
