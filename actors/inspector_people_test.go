package actors

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// visited is a HostInfo whose only person is the one who has these viewers.
type visited struct {
	noHostInfo
	viewers []canvas.ViewerID
}

func (v visited) People(_ context.Context, m message.AskPeople, named []canvas.ViewerID) ([]message.PersonReport, bool) {
	found := slices.ContainsFunc(v.viewers, func(viewer canvas.ViewerID) bool { return slices.Contains(named, viewer) })
	if m.Search != "" && !found {
		return nil, false
	}
	pace := canvas.Pace{Rate: 0.1, Burst: 4}
	return []message.PersonReport{{Subject: strings.Repeat("07", 16), Viewer: v.viewers[0], Connections: len(v.viewers), Pace: pace, Every: 10 * time.Second, Burst: 4}}, true
}

// TestInspector_People: those who have given themselves a name are shown with it and found by it.
func TestInspector_People(t *testing.T) {
	w := newWorldAround(t, visited{viewers: []canvas.ViewerID{0, 1}})
	a := w.connect(Hello{Name: "Ada"})
	if a.id != 0 {
		t.Fatalf("the first viewer is %d", a.id)
	}
	ask := func(m message.AskPeople) *message.Report {
		return w.node.Survey(context.Background(), []string{w.node.Address()}, message.Inspect{Brief: true, People: m})[0]
	}
	if r := ask(message.AskPeople{}); len(r.People) != 0 || r.MorePeople {
		t.Errorf("not asked for: %+v", r)
	}
	w.eventually("the name is known", func() bool {
		r := ask(message.AskPeople{Most: 5, Search: "ad"})
		return len(r.People) == 1 && r.People[0].Name == "Ada" && r.People[0].Connections == 2 && r.MorePeople
	})
	if left := ask(message.AskPeople{Most: 5}).People[0]; !left.Known || left.Left != 4 || left.Next != 0 {
		t.Errorf("a full allowance: %+v", left)
	}
	person := canvas.Person{Subject: canvas.Subject(bytes.Repeat([]byte{7}, 16)), Pace: canvas.Pace{Rate: 0.1, Burst: 4}}
	if _, err := w.node.Place(t.Context(), person, []Stroke{{Dots: []canvas.Dot{dot(1, 1, 1)}}}); err != nil {
		t.Fatal(err)
	}
	if left := ask(message.AskPeople{Most: 5}).People[0]; !left.Known || left.Left != 3 || left.Next <= 0 {
		t.Errorf("one pixel less: %+v", left)
	}
	if r := ask(message.AskPeople{Most: 5, Search: "bob"}); len(r.People) != 0 {
		t.Errorf("another name: %+v", r.People)
	}
}
