package actors

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// The audience is told of everyone who left, even across a restart of the roster.
func TestRoster_RestartForgetsNobodyWhoLeft(t *testing.T) {
	w := newWorld(t, nil)
	listed := make(map[canvas.Author]string)
	w.onPresent(func(p *Presence) {
		for _, u := range p.Joined {
			listed[u.Author] = u.Name
		}
		for _, author := range p.Left {
			delete(listed, author)
		}
	})
	w.connect(Hello{Name: "ada"})
	b := w.connect(Hello{Name: "bob"})
	w.eventually("two users", func() bool { return w.crowd.presence != nil && w.crowd.presence.Count == 2 })
	w.node.system.Root.Send(w.node.roster, (*message.Shown)(nil))
	b.conn.Close()
	w.eventually("one user", func() bool { return w.crowd.presence.Count == 1 && len(w.crowd.presence.Named) == 1 })
	w.eventually("bob is not among those who joined and never left", func() bool { return listed[b.welcome.User] == "" })
}

// Every viewer is counted in the first Presence that it is shown, and is named as arrived only
// once.
func TestRoster_SaysWhoIsCountedFirst(t *testing.T) {
	w := newWorld(t, nil)
	counts := make(map[canvas.ViewerID]int)
	w.onPresent(func(p *Presence) {
		for _, v := range p.Arrived {
			counts[v]++
			if p.Count < len(counts) {
				w.crowd.fault("%d are counted when %d have arrived", p.Count, len(counts))
			}
		}
	})
	for range 50 {
		w.connect(Hello{})
	}
	w.eventually("all have arrived, once", func() bool {
		for _, n := range counts {
			if n != 1 {
				return false
			}
		}
		return len(counts) == 50
	})
}

// I7: presence is exact, and takes O(n) messages for n joins.
func TestPresence_IsExactAndCoalesced(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.PresenceEvery = 50 * time.Millisecond; c.ListedUsers = 5 })
	var all []*client
	for i := range 200 {
		name := ""
		if i < 8 {
			name = fmt.Sprint("user", i)
		}
		all = append(all, w.connect(Hello{Name: name}))
	}
	w.eventually("200 users", func() bool { return w.crowd.presence != nil && w.crowd.presence.Count == 200 })
	w.eventually("5 of 8 names listed", func() bool { return len(w.crowd.presence.Named) == 5 })
	if w.node.Users() != 200 {
		t.Errorf("Users() = %d", w.node.Users())
	}
	var shown, count int
	w.crowd.do(func() { shown = w.crowd.presents })
	if shown > 100 {
		t.Errorf("200 joins were shown %d times", shown)
	}
	for _, c := range all[1:] {
		c.conn.Close()
	}
	all[0].conn.Send(Rename{Name: "queen"})
	w.eventually("one user left, renamed", func() bool {
		p := w.crowd.presence
		return p.Count == 1 && len(p.Named) == 1 && p.Named[0].Name == "queen"
	})
	names, err := w.node.Local(context.Background())
	if err != nil || len(names) != 1 || names[0] != "queen" {
		t.Errorf("local names %v, %v", names, err)
	}
	// Presence fails and loses everything; the rosters bring it back.
	w.node.system.Root.Send(w.node.presence, (*message.PodUsers)(nil))
	w.eventually("presence has restarted", func() bool { return w.node.Stats().Restarts[message.KindPresence].Load() == 1 })
	w.connect(Hello{})
	w.eventually("exact again", func() bool { count = w.crowd.presence.Count; return count == 2 })
	// The roster fails, and comes back as well.
	w.node.system.Root.Send(w.node.roster, (*message.Shown)(nil))
	w.eventually("the roster has restarted", func() bool { return w.node.Stats().Restarts[message.KindRoster].Load() == 1 })
	w.connect(Hello{})
	w.eventually("exact again", func() bool { return w.crowd.presence.Count == 3 && len(w.crowd.presence.Named) == 1 })
}
