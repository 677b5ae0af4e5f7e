package actors

import (
	"fmt"
	"sync/atomic"
	"time"
)

// waits holds since when each region has waited for the store, in Unix nanoseconds; 0: it does not
// wait. Regions write it, anyone reads it.
type waits []atomic.Int64

// Ready returns nil if every region that this pod has would take a pixel now. Otherwise the error
// says which region has waited for the store longer than ops do.
func (n *Node) Ready() error {
	now, stuck, longest, first := n.clock.Now(), 0, time.Duration(0), 0
	for id := range n.waits {
		since := n.waits[id].Load()
		if since == 0 {
			continue
		}
		if waited := now.Sub(time.Unix(0, since)); waited > n.cfg.Patience {
			if stuck++; waited > longest {
				longest, first = waited, id
			}
		}
	}
	if stuck == 0 {
		return nil
	}
	return fmt.Errorf("%d of this server's regions wait for the store, region %d for %v", stuck, first, longest.Round(100*time.Millisecond))
}

// Holds reports whether this pod with users can show the whole canvas by itself.
func (n *Node) Holds() bool {
	for id := range n.holds {
		if !n.holds[id].Load() {
			return false
		}
	}
	return len(n.holds) > 0
}
