//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const operatorsToken = "a token of operators in tests"

// dashboard is /admin in a browser, logged in.
type dashboard struct{ *page }

// operators are the arguments of a server that lets operators in.
func operators() []string { return []string{"--admin-token", operatorsToken} }

// watch opens the dashboard of a server through its login form.
func watch(t *testing.T, s *server) *dashboard {
	t.Helper()
	ctx, cancel := context.WithTimeout(browser(t), time.Minute) // an element to click on may never appear
	t.Cleanup(cancel)
	d := &dashboard{&page{t, ctx}}
	d.run(
		chromedp.EmulateViewport(1280, 960),
		chromedp.Navigate(s.url+"/admin"),
		chromedp.SendKeys(chromedp.CSS(`#token`), operatorsToken+"\r"),
		chromedp.WaitVisible(chromedp.CSS(`#overview`)),
	)
	eventually(t, "the page has its style sheets", func() error {
		missing := eval[[]string](d.page, `[...document.querySelectorAll("link[rel=stylesheet]")].filter((link) => !link.sheet?.cssRules.length).map((link) => link.href)`)
		if len(missing) == 0 {
			return nil
		}
		t.Logf("loading again what the browser gave up: %v", missing)
		d.run(chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(`#overview`)))
		return fmt.Errorf("without %v", missing)
	})
	return d
}

// board is what an operator can read on the dashboard's overview.
type board struct {
	Verdict string
	Pods    []struct {
		Name, Wrong, Regions, Placed, Stored string
	}
	Legend []string // "canvas-1: 8"
	Map    []string // the owner of each region, by its colour on the map; "": no owner has this colour
	Events []struct {
		At               int64 // Unix milliseconds
		Kind, Text, Took string
	}
}

// readBoard reads a board from the DOM. An owner's plain colour is under its label, in the middle
// of each of its regions, and in the legend.
const readBoard = `(() => {
	const text = (element) => element?.textContent.trim() ?? "";
	const all = (selector) => [...document.querySelectorAll(selector)];
	const colours = new Map(all("#owners li").map((li) => [getComputedStyle(li.querySelector(".swatch span")).backgroundColor, text(li.lastChild)]));
	const map = document.getElementById("map"), context = map.getContext("2d");
	const columns = %d, edge = map.width / columns, up = 8 * devicePixelRatio;
	return {
		Verdict: text(document.getElementById("verdict")),
		Pods: all("#members tr").map((row) => ({
			Name: text(row.querySelector(".name")), Wrong: text(row.querySelector(".wrong")),
			Regions: text(row.cells[2]), Placed: text(row.cells[6]), Stored: text(row.cells[7]),
		})),
		Legend: [...colours.values()],
		Map: Array.from({ length: columns * Math.round(map.height / edge) }, (_, region) => {
			const x = (region %% columns + 0.5) * edge, y = (Math.floor(region / columns) + 0.5) * edge - up;
			const [r, g, b] = context.getImageData(x, y, 1, 1).data;
			return (colours.get("rgb(" + [r, g, b].join(", ") + ")") ?? "").split(":")[0];
		}),
		Events: all("#events li").map((li) => ({
			At: Date.parse(li.querySelector("time").dateTime), Kind: text(li.querySelector("b")),
			Text: text(li.querySelector(".what").firstChild), Took: text(li.querySelector(".what small")),
		})),
	};
})()`

func (d *dashboard) read() (board, error) {
	return chromedp.Run(d.ctx, chromedp.Evaluate[board](fmt.Sprintf(readBoard, geometry.Columns())))
}

// shows waits until the dashboard shows something, and returns when it did.
func (d *dashboard) shows(what string, on func(board) error) (b board, at time.Time) {
	d.t.Helper()
	eventually(d.t, "the dashboard shows "+what, func() (err error) {
		if b, err = d.read(); err == nil {
			at, err = time.Now(), on(b)
		}
		if err != nil {
			err = fmt.Errorf("%w; it shows %+v", err, b)
		}
		return err
	})
	return b, at
}

// lists returns an error unless exactly these pods are listed, all of them well.
func (b board) lists(servers ...*server) error {
	var want, got []string
	for _, s := range servers {
		want = append(want, nameOf(s))
	}
	for _, pod := range b.Pods {
		if pod.Wrong != "" {
			return fmt.Errorf("%s: %s", pod.Name, pod.Wrong)
		}
		got = append(got, pod.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("pods %v, want %v", got, want)
	}
	return nil
}

// owned returns an error unless exactly these pods own the regions, on the map and in the list of
// pods.
func (b board) owned(owners ...*server) error {
	if len(b.Map) != geometry.Regions() {
		return &short{len(b.Map), geometry.Regions()}
	}
	regions := make(map[string]int)
	for region, owner := range b.Map {
		if !slices.ContainsFunc(owners, func(s *server) bool { return nameOf(s) == owner }) {
			return fmt.Errorf("region %d belongs to %q", region, owner)
		}
		regions[owner]++
	}
	for _, s := range owners {
		name := nameOf(s)
		if regions[name] == 0 {
			return fmt.Errorf("%s owns nothing", name)
		}
		for _, pod := range b.Pods {
			if want := fmt.Sprint(regions[name]); pod.Name == name && pod.Regions != want {
				return fmt.Errorf("%s has %s regions in the list, %s on the map", name, pod.Regions, want)
			}
		}
	}
	return nil
}

// busy returns an error unless gateways show placed pixels and canvas pods stored ones.
func (b board) busy() error {
	for _, pod := range b.Pods {
		rate, none := pod.Placed, pod.Stored
		if strings.HasPrefix(pod.Name, "canvas") {
			rate, none = none, rate
		}
		if n, err := strconv.ParseFloat(rate, 64); err != nil || n == 0 || none != "–" {
			return fmt.Errorf("%s has %s pixels/s placed, %s stored", pod.Name, pod.Placed, pod.Stored)
		}
	}
	return nil
}

// happened returns when an event with this kind and text happened, according to the timeline.
func (b board) happened(kind, text string) (at int64, took string, err error) {
	for _, event := range b.Events {
		if event.Kind == kind && strings.Contains(event.Text, text) {
			return event.At, event.Took, nil
		}
	}
	return 0, "", fmt.Errorf("no event %s with %q", kind, text)
}

// handOver chooses a region on the map and gives it to a pod.
func (d *dashboard) handOver(region int, to string) {
	d.t.Helper()
	at := eval[[]float64](d.page, fmt.Sprintf(`(() => {
		const box = document.getElementById("map").getBoundingClientRect(), edge = box.width / %d;
		return [box.left + %g * edge, box.top + %g * edge];
	})()`, geometry.Columns(), float64(region%geometry.Columns())+0.5, float64(region/geometry.Columns())+0.5))
	d.run(chromedp.MouseClickXY(at[0], at[1]))
	d.click(`#hand-over`)
	if title := eval[string](d.page, `document.getElementById("confirm-title").textContent`); title != fmt.Sprintf("Hand region %d over?", region) {
		d.t.Fatalf("it asks %q", title)
	}
	if chosen := eval[string](d.page, `document.getElementById("confirm-choice").selectedOptions[0].textContent`); !strings.HasPrefix(chosen, to+" ") {
		d.t.Fatalf("it would go to %q, want %s", chosen, to)
	}
	d.confirm(fmt.Sprintf("Region %d goes to %s.", region, to))
}

// confirm says yes in the dialog, waits for the outcome, and closes it.
func (d *dashboard) confirm(result string) {
	d.t.Helper()
	d.click(`#confirm-do`)
	eventually(d.t, "it is done: "+result, func() error {
		said, err := chromedp.Run(d.ctx, chromedp.Evaluate[string](`document.getElementById("confirm-result").textContent`))
		if err == nil && !strings.Contains(said, result) {
			err = fmt.Errorf("it says %q", said)
		}
		return err
	})
	d.click(`#confirm-cancel`)
}

// click presses the mouse on an element as soon as it is there and nothing lies over it.
func (d *dashboard) click(selector string) {
	d.t.Helper()
	var at []float64
	eventually(d.t, selector+" can be clicked", func() (err error) {
		at, err = chromedp.Run(d.ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
			const element = document.querySelector(%q);
			element?.scrollIntoView({ block: "nearest" });
			const { x, y, width, height } = element?.getBoundingClientRect() ?? {};
			const middle = [x + width / 2, y + height / 2];
			return width > 0 && element.contains(document.elementFromPoint(...middle)) ? middle : [];
		})()`, selector)))
		if err == nil && len(at) == 0 {
			var shown string
			shown, err = chromedp.Run(d.ctx, chromedp.Evaluate[string](`document.body.innerText`))
			err = errors.Join(err, fmt.Errorf("the page shows:\n%s", shown))
		}
		return err
	})
	d.run(chromedp.MouseClickXY(at[0], at[1]))
}

// write clicks into a field and types.
func (d *dashboard) write(selector, text string) {
	d.t.Helper()
	d.click(selector)
	d.run(chromedp.KeyEvent(text))
}
