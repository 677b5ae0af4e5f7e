package actors

import (
	"context"
	"slices"
	"testing"

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
	return []message.PersonReport{{Subject: "01", Viewer: v.viewers[0], Connections: len(v.viewers)}}, true
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
	if r := ask(message.AskPeople{Most: 5, Search: "bob"}); len(r.People) != 0 {
		t.Errorf("another name: %+v", r.People)
	}
}
