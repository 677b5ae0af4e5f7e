//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// points moves the mouse to a pixel, wherever on the canvas that is.
func (p *page) points(x, y int) {
	p.t.Helper()
	eval[bool](p, fmt.Sprintf(`(location.hash = "#%d,%d,16", true)`, x, y))
	p.until("the place is shown", fmt.Sprintf(`playground.view.x === %d.5 && playground.view.y === %d.5 && playground.idle`, x, y))
	atX, atY := p.at(x, y)
	p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, atX-1, atY), chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, atX, atY))
}

// nameAtPointer looks at each frame: named counts those with a name beside a pointer, apart those in which it was not beside it.
const nameAtPointer = `(() => {
	window.named = window.apart = 0;
	const gap = (from, size, at, of) => Math.max(from - (at + of), at - (from + size));
	const look = () => {
		const { people } = playground.state;
		for (const user of people.pointers.keys()) {
			const [arrow, name] = people.plates.filter((plate) => plate.user === user);
			if (!name) continue;
			named++;
			if (Math.max(gap(arrow.x, arrow.width, name.x, name.width), gap(arrow.y, arrow.height, name.y, name.height)) > 20) apart++;
		}
		requestAnimationFrame(look);
	};
	look();
	return true;
})()`

// Goal: people find each other. Whoever is chosen in the list is flown to and followed until the user moves the view or presses
// Escape; their name stays with their pointer while they draw. Whoever beckons is shown: a button at the edge leads there, and who
// does it too often is told so. Method: two Chromium, Ada looks and Bob points.
func TestBrowser_PeopleFindEachOther(t *testing.T) {
	beside(t)
	s := start(t)
	bob, ada := open(t, s.url+"/#100,100,16", "Bob"), open(t, s.url+"/#700,600,16", "Ada")
	ada.until("Bob is there", `playground.names.includes("Bob")`)
	bob.points(100, 100)
	ada.until("it is known where Bob is", `playground.state.people.places.size === 1`)

	ada.run(chromedp.Click(chromedp.CSS(`#people-button`)), chromedp.Click(chromedp.CSS(`#names button`)))
	ada.until("Ada is with Bob, and the bar says so", `playground.view.x === 100.5 && playground.view.y === 100.5 && document.getElementById("following").innerText.includes("Bob")`)
	bob.points(400, 300)
	ada.until("Ada goes where Bob goes", `Math.hypot(playground.view.x - 400, playground.view.y - 300) < 30`)

	eval[bool](ada, nameAtPointer)
	bob.drag([2]int{400, 300}, [2]int{408, 304}, [2]int{392, 310}, [2]int{410, 296})
	ada.until("the stroke is there", `playground.confirmed(410, 296) !== "#FFFFFF" && named > 5`)
	if apart := eval[int](ada, `apart`); apart > 0 {
		t.Errorf("in %d frames Bob's name was not at Bob's pointer", apart)
	}

	ada.key(kb.Escape)
	ada.until("Ada follows nobody", `document.getElementById("following").hidden`)
	bob.points(100, 600)
	ada.until("Bob's way is known", `[...playground.state.people.places.values()][0].y === 600`)
	if near := eval[bool](ada, `playground.view.y > 400`); near {
		t.Error("Ada was taken along")
	}

	ada.run(chromedp.Click(chromedp.CSS(`#people-button`)), chromedp.Click(chromedp.CSS(`#names button`)))
	ada.until("Ada is with Bob again", `playground.view.x === 100.5 && playground.view.y === 600.5`)
	ada.run(chromedp.Focus(chromedp.CSS(`#stage`)))
	ada.key("d")
	ada.until("her own move ends it", `document.getElementById("following").hidden && playground.idle`)
	ada.points(700, 100)

	bob.key("k")
	bob.until("Bob sees what he shows", `playground.state.beckons.length === 1`)
	ada.until("an arrow names Bob", `document.querySelector(".beckon:not([hidden])")?.innerText === "Bob"`)
	ada.run(chromedp.Click(chromedp.CSS(`.beckon`)))
	ada.until("it leads there, and then there is none", `playground.view.x === 100.5 && playground.view.y === 600.5 && !document.querySelector(".beckon:not([hidden])")`)
	if said := eval[string](ada, `document.getElementById("said").innerText`); said != "Bob shows you 100, 600" {
		t.Errorf("what is read aloud: %q", said)
	}
	for range 5 {
		bob.key("k")
	}
	bob.until("Bob is told that it is too often", `document.getElementById("toast").innerText.startsWith("You can show others a place again in")`)
}

// Goal: where there is a record, the list of who is here says who has drawn most, and the user's own place; without one it does not,
// and what was placed on this visit is counted all the same.
func TestBrowser_Leaders(t *testing.T) {
	beside(t)
	for _, record := range []bool{true, false} {
		args := []string{}
		if record {
			args = []string{"--record", "on"}
		}
		s := start(t, args...)
		p := open(t, s.url+"/#100,100,16", "Ada")
		p.drag([2]int{90, 100}, [2]int{99, 100})
		p.until("the stroke is saved", `playground.pending === 0 && playground.state.placed === 10`)
		p.run(chromedp.Click(chromedp.CSS(`#people-button`)))
		p.until("the visit counts", `document.getElementById("placed").innerText === "You have placed 10 pixels since you came"`)
		if !record {
			if eval[bool](p, `!document.getElementById("leaders").hidden`) {
				t.Error("leaders without a record")
			}
			continue
		}
		p.until("Ada leads", `document.querySelector("#leaders li.own")?.innerText.replace(/\s+/g, " ") === "1 Ada 10" && document.getElementById("leaders").innerText.includes("You are number 1, with 10 pixels")`)
		p.run(chromedp.Click(chromedp.CSS(`#leaders input[value=all]`)))
		p.until("in all too", `document.querySelector("#leaders li.own") !== null`)
	}
}
