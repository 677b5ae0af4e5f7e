package actors

import (
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// A region whose calls the store refuses makes the pod unready once ops would be refused, and no
// sooner, even if no other region fails.
func TestNode_ReadyWhenEveryRegionIsServed(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Patience = 50 * time.Millisecond })
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	if err := w.node.Ready(); err != nil {
		t.Errorf("nothing waits: %v", err)
	}
	failing := func(operation string) {
		w.store.Fail(func(op string, id canvas.RegionID) error {
			if id == 0 && op == operation {
				return store.ErrUnavailable
			}
			return nil
		})
	}
	stuck := func(operation string) {
		t.Helper()
		w.eventually("not ready", func() bool { return w.node.Ready() != nil })
		if err := w.node.Ready(); err == nil || !strings.Contains(err.Error(), "1 of this server's regions wait for the store, region 0 for") {
			t.Errorf("%s fails: %v", operation, err)
		}
		w.store.Fail(nil)
		w.eventually("ready", func() bool { return w.node.Ready() == nil })
	}
	failing("commit")
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	stuck("commit")
	if _, err := w.store.Claim(t.Context(), 0, "other"); err != nil {
		t.Fatal(err)
	}
	failing("claim")
	stuck("claim")
	w.store.Forget(0)
	failing("mend")
	stuck("mend")
}
