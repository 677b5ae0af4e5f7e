//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// Goal: a moderator alone ends an attack: twenty bots of one network, each with a cookie of its own, paint 2,000 pixels/s over a picture. One
// form takes back what all of them drew and bans the network. All of them are out within a second, the picture is as it was to
// the pixel, and a bot that comes again is refused. From the report on it takes less than a minute. Method: a real server and
// Chromium. Set SCREENSHOTS to a directory to have pictures of each step there.
func TestBrowser_AnAttackByTwentyIsTakenBack(t *testing.T) {
	beside(t)
	s := signingIn(t, append(operators(), "--record", "on", "--rate", "0")...)
	artist := dial(t, client.Config{URLs: []string{s.ws()}, Name: "Ada", Replica: true})
	const left, top, edge = 200, 200, 100
	picture := func(x, y int) canvas.Color { return canvas.Color(0x204060 + 0x010000*(x+y)/2 + x*y/50) }
	for y := range edge {
		var row []canvas.Dot
		for x := range edge {
			row = append(row, canvas.Dot{X: uint16(left + x), Y: uint16(top + y), Color: picture(x, y)})
		}
		if err := artist.Place(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	s.placed(left, top)
	want, err := get(s.url + "/api/canvas.png")
	if err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	var bots sync.WaitGroup
	defer bots.Wait()
	defer stop()
	var painted atomic.Int64
	var lost [20]time.Time
	var first *client.Client
	for i := range lost {
		bot := dial(t, client.Config{URLs: []string{s.ws()}, Name: fmt.Sprintf("bot %d", i), Dial: elsewhere(s.guest())})
		if first == nil {
			first = bot
		}
		bots.Go(func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for n := 0; ; n++ {
				var dots []canvas.Dot
				for k := range 10 {
					at := (n*200 + i*10 + k) * 7919 % (edge * edge)
					dots = append(dots, canvas.Dot{X: uint16(left + at%edge), Y: uint16(top + at/edge), Color: 0x00FF00})
				}
				if err := bot.Place(ctx, dots); err != nil {
					lost[i] = time.Now()
					return
				}
				painted.Add(int64(len(dots)))
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	eventually(t, "the picture is painted over", func() error {
		if n := painted.Load(); n < edge*edge {
			return fmt.Errorf("%d pixels", n)
		}
		return nil
	})

	p := moderator(t, s, fmt.Sprintf("/#%d,%d,4", left+edge/2, top+edge/2))
	shot := func(name string) {
		if dir := os.Getenv("SCREENSHOTS"); dir != "" {
			p.screenshot(filepath.Join(dir, name+".png"))
		}
	}
	user := first.Welcome().User.Text()
	reported := time.Now()
	told, err := request(http.MethodPost, s.url+"/api/reports", fmt.Sprintf(`{"x":%d,"y":%d,"user":%q,"words":"Bots paint over our picture"}`, left+50, top+50, user), operatorHeader())
	if err != nil || told.status != http.StatusCreated {
		t.Fatalf("%d %s %v", told.status, told.body, err)
	}
	shot("1-attack")
	p.click("office-button")
	p.until("the queue", `document.querySelectorAll("#office .queued").length === 1`)
	shot("2-queue")
	p.press("#office .queued")
	p.until("the report", `document.querySelector("dialog.report-view[open]")?.innerText.includes("Bots paint over our picture")`)
	shot("3-report")
	p.press("dialog.report-view[open] .both")
	p.until("who is concerned", `[...document.querySelectorAll("dialog.rollback[open] option")].some((each) => each.value.startsWith("network:"))`)
	eval[bool](p, `(() => {
		const who = [...document.querySelectorAll("dialog.rollback[open] select")].find((each) => [...each.options].some((o) => o.value.startsWith("network:")));
		who.value = [...who.options].find((o) => o.value.startsWith("network:")).value;
		who.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`)
	p.until("all of them are shown", `/ by 20 people/.test(document.querySelector("dialog.rollback[open] .counts")?.textContent ?? "") && [...document.querySelectorAll(".pictures img")].every((each) => each.complete && each.naturalWidth > 0)`)
	shot("4-preview")
	t.Logf("preview after %v: %s", time.Since(reported), eval[string](p, `document.querySelector("dialog.rollback[open] .counts").textContent`))
	decided := time.Now()
	p.press("dialog.rollback[open] button[type=submit]")
	p.until("it is done", `document.querySelector("dialog.rollback .done")?.textContent.includes("They are banned")`)
	done := time.Now()
	shot("5-done")
	eventually(t, "the picture is as it was", func() error {
		for y := range edge {
			for x := range edge {
				if seen, _ := artist.At(left+x, top+y); seen != picture(x, y) {
					return fmt.Errorf("%d,%d is %v, want %v", left+x, top+y, seen, picture(x, y))
				}
			}
		}
		return nil
	})
	took := time.Since(reported)
	if took > time.Minute {
		t.Errorf("from the report to the picture: %v", took)
	}
	if now, err := get(s.url + "/api/canvas.png"); err != nil || !bytes.Equal(now, want) {
		t.Errorf("the canvas is not as it was: %v", err)
	}
	shot("6-restored")
	bots.Wait()
	last := slices.MaxFunc(lost[:], time.Time.Compare)
	t.Logf("%d pixels by bots; the last was out %v after the click; done after %v, restored %v after the report", painted.Load(), last.Sub(decided), done.Sub(decided), took)
}

// elsewhere dials from another network than all else in these tests, and shows a cookie with the handshake, as a browser does.
func elsewhere(cookie *http.Cookie) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 66, 6, 6)}}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &showsCookie{Conn: conn, cookie: cookie}, nil
	}
}

type showsCookie struct {
	net.Conn
	cookie *http.Cookie // nil: it has been shown
}

func (c *showsCookie) Write(p []byte) (int, error) {
	if c.cookie == nil {
		return c.Conn.Write(p)
	}
	line, rest, _ := bytes.Cut(p, []byte("\r\n"))
	shown := fmt.Appendf(nil, "%s\r\nCookie: %s=%s\r\n%s", line, c.cookie.Name, c.cookie.Value, rest)
	c.cookie = nil
	if _, err := c.Conn.Write(shown); err != nil {
		return 0, err
	}
	return len(p), nil
}
