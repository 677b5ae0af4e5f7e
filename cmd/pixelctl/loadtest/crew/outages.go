package crew

import (
	"slices"
	"sync"
	"time"
)

// Outages records which clients lost the connection, when they were back, and when a pixel of
// theirs was first acknowledged again. Each loss belongs to the last kill before it. The methods
// may be called from any goroutine; times are since the test began.
type Outages struct {
	mu       sync.Mutex
	kills    int
	absences []*absence
	current  map[int]*absence // by client: those away, or back without an acknowledgement so far
}

// absence is one time that a client was away.
type absence struct {
	client int
	kill   int // from 0; -1: there had been no kill
	lost   time.Duration
	back   time.Duration // when it was welcomed again; 0: not yet
	acked  time.Duration // when the first pixel after that was acknowledged; 0: not yet
}

func newOutages() *Outages { return &Outages{current: make(map[int]*absence)} }

// Kill begins the next window.
func (o *Outages) Kill() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kills++
}

// lost says that a client has no connection. It may be called again while the client has none.
func (o *Outages) lost(client int, at time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.current[client]; a != nil && a.back == 0 {
		return
	}
	a := &absence{client: client, kill: o.kills - 1, lost: at}
	o.current[client] = a
	o.absences = append(o.absences, a)
}

// back says that a client is connected. It reports whether the client had been away.
func (o *Outages) back(client int, at time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := o.current[client]
	if a == nil || a.back != 0 {
		return false
	}
	a.back = at
	return true
}

// acked says that a pixel of a client was acknowledged.
func (o *Outages) acked(client int, at time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.current[client]; a != nil && a.back != 0 {
		a.acked = at
		delete(o.current, client)
	}
}

// away counts the clients that have no connection.
func (o *Outages) away() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range o.current {
		if a.back == 0 {
			n++
		}
	}
	return n
}

// Outage is what one kill did to clients.
type Outage struct {
	Affected  int             // clients that lost the connection, however often
	Missing   int             // of those, how many are not back
	Last      time.Duration   // when the last of them was back
	Reconnect []time.Duration // how long each absence was, sorted
	Ack       []time.Duration // how long from each loss to the first acknowledgement, sorted
}

// After sums up what followed a kill, counted from 0; -1: what was before the first.
func (o *Outages) After(kill int) Outage {
	o.mu.Lock()
	defer o.mu.Unlock()
	return outageOf(o.absences, func(a *absence) bool { return a.kill == kill })
}

// All sums up everything.
func (o *Outages) All() Outage {
	o.mu.Lock()
	defer o.mu.Unlock()
	return outageOf(o.absences, func(*absence) bool { return true })
}

func outageOf(absences []*absence, belongs func(*absence) bool) (sum Outage) {
	clients := make(map[int]bool) // whether the client is back from its last absence
	for _, a := range absences {
		if !belongs(a) {
			continue
		}
		clients[a.client] = a.back != 0
		if a.back != 0 {
			sum.Last = max(sum.Last, a.back)
			sum.Reconnect = append(sum.Reconnect, a.back-a.lost)
		}
		if a.acked != 0 {
			sum.Ack = append(sum.Ack, a.acked-a.lost)
		}
	}
	sum.Affected = len(clients)
	for _, back := range clients {
		if !back {
			sum.Missing++
		}
	}
	slices.Sort(sum.Reconnect)
	slices.Sort(sum.Ack)
	return sum
}

// Longest returns the last of a sorted list; 0 for an empty one.
func Longest(rising []time.Duration) time.Duration {
	if len(rising) == 0 {
		return 0
	}
	return rising[len(rising)-1]
}
