//go:build e2e && upgrade

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/transport/client"
)

// earlier is the program to come from and go back to, which `make upgrade` has built.
func earlier(t *testing.T) string {
	t.Helper()
	program := os.Getenv("UPGRADE_FROM")
	if program == "" {
		t.Fatal("UPGRADE_FROM: must name a server of before: run make upgrade FROM=REVISION")
	}
	return program
}

// programs are the versions to roll to, in order: this one, and back.
func programs(t *testing.T) []string {
	return []string{filepath.Join(binaries, "playground"), earlier(t)}
}

// roll stops a server in good order and starts a program in its place.
func (p *pods) roll(s *server, program string) {
	p.t.Helper()
	if code := s.terminate(); code != 0 {
		p.t.Errorf("%s ended with exit code %d", nameOf(s), code)
	}
	s.program = program
	s.boot(strings.TrimPrefix(s.url, "http://"))
	p.await(s)
	p.settled(len(p.all()))
}

// versions counts the servers of each version.
func (p *pods) versions() map[string]int {
	counts := make(map[string]int)
	for _, s := range p.all() {
		said, err := exec.Command(s.program, "--version").Output()
		if err != nil {
			p.t.Fatal(err)
		}
		counts[strings.TrimSpace(string(said))]++
	}
	return counts
}

// longestWait is the longest time between two pixels that a painter has had acknowledged.
func (c *crowd) longestWait() (longest time.Duration) {
	for _, p := range c.painters {
		var times []time.Time
		for _, at := range p.at {
			times = append(times, at)
		}
		slices.SortFunc(times, time.Time.Compare)
		for i := 1; i < len(times); i++ {
			longest = max(longest, times[i].Sub(times[i-1]))
		}
	}
	return longest
}

// obey has an operator decide something at one gateway, and waits until every gateway goes by it, whatever its version.
func (p *pods) obey(o *operator, command ...string) {
	p.t.Helper()
	o.does(command...)
	want := o.does("rules", "show", "--json")
	for _, s := range p.gateways {
		other := &operator{p.t, s.url}
		eventually(p.t, "every gateway has the rules", func() error {
			if got, _, err := other.run("rules", "show", "--json"); err != nil || version(got) != version(want) {
				return &short{version(got), version(want)}
			}
			return nil
		})
	}
}

// Goal: a cluster rolls from the version before to this one, and back, while people draw: no server is missed, nothing
// acknowledged is lost or comes twice, nobody is refused, and what is decided by a server of one version is obeyed by those of the
// other. Method: two gateways and three canvas servers on a real Redis are replaced one by one, canvas servers first, under eight
// painters who draw without a break; in the middle of each direction an operator decides something at a gateway of either version. At the end the
// log in Redis is compared op by op with what was acknowledged, and every client's canvas with the log.
func TestUpgrade_Roll(t *testing.T) {
	p := newPods(t)
	p.program = earlier(t)
	p.with(2, 3, operators()...)
	c := p.gather(8, 10*time.Millisecond)
	c.more(50)
	key := bot(t, &operator{t, p.gateways[0].url})
	for _, program := range programs(t) {
		began, before := time.Now(), c.acked()
		for _, s := range p.canvases {
			p.roll(s, program)
			c.more(20)
		}
		p.roll(p.gateways[0], program)
		t.Logf("mixed: %v", p.versions())
		for _, s := range p.gateways { // one of each version
			p.obey(&operator{t, s.url}, "ban", "203.0.113.0/24", "--why", "of "+nameOf(s))
			p.obey(&operator{t, s.url}, "unban", "203.0.113.0/24")
			bearer := http.Header{"Authorization": {"Bearer " + key.Key}}
			if a, err := request("GET", s.url+"/api/me", "", bearer); err != nil || !strings.Contains(a.body, key.User) {
				t.Errorf("a bot at %s is %s, %v", nameOf(s), a.body, err)
			}
		}
		c.more(20)
		p.roll(p.gateways[1], program)
		c.more(50)
		pauses := p.pauses(began)
		t.Logf("rolled in %v to %v: %d pixels acknowledged meanwhile, %d moves of regions that were drawn on, the longest pause of one %v",
			time.Since(began).Round(time.Millisecond), p.versions(), c.acked()-before, len(pauses), slices.Max(append(pauses, 0)))
	}
	c.audit()
	var refused, reconnects int64
	for _, painter := range c.painters {
		refused += painter.refused.Load()
		reconnects += int64(painter.client.Stats().Reconnects)
	}
	t.Logf("8 clients reconnected %d times; the longest wait of one for a pixel was %v", reconnects, c.longestWait().Round(time.Millisecond))
	if refused > 0 && !p.starved() {
		t.Errorf("%d pixels were refused", refused)
	}
}

// acked counts the pixels that were acknowledged.
func (c *crowd) acked() (n int64) {
	for _, p := range c.painters {
		n += p.acked.Load()
	}
	return n
}

// Goal: a server with a data directory goes to this version and back, and everything acknowledged is there. What was killed
// opens with the version that ran; an earlier one opens it, or says why not and leaves it as it is. Method: a painter goes on while
// the server is stopped, killed and started in different versions.
func TestUpgrade_Server(t *testing.T) {
	before, now := earlier(t), filepath.Join(binaries, "playground")
	s := start(t, "--rate", "0")
	s.terminate()
	s.program = before
	s.restart()
	p := paint(t, dial(t, client.Config{URLs: []string{s.ws()}}))
	p.more(t, 200)
	s.kill()
	s.program = now
	s.restart() // what the earlier one has left when it was killed
	p.more(t, 200)
	s.terminate()
	s.program = before
	s.restart() // what this one has left when it was stopped
	p.more(t, 200)
	s.terminate()
	s.program = now
	s.restart()
	p.more(t, 200)
	s.kill()
	s.refuses(before)
	s.restart()
	p.more(t, 200)
	p.check(t, s)
}

// refuses checks that a program that does not open the server's directory says why, and changes nothing.
func (s *server) refuses(program string) {
	s.t.Helper()
	file := filepath.Join(s.args[1], "canvas.db")
	was, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(program, "backup", "--data", s.args[1], filepath.Join(s.t.TempDir(), "a.backup")) // reads as a server would, and ends
	said, err := cmd.CombinedOutput()
	if err == nil {
		s.t.Log("the earlier version opens what this one has left when it was killed")
		return
	}
	s.t.Logf("the earlier version says of what this one has left when it was killed: %s", said)
	if now, err := os.ReadFile(file); err != nil || string(now) != string(was) {
		s.t.Errorf("and it has changed the file, %v", err)
	}
	if !strings.Contains(string(said), "format") {
		s.t.Error("it does not say why")
	}
}
