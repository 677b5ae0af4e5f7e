package crew

import (
	"slices"
	"sync"
	"time"
)

// Outages keeps who lost the connection, when they were back, and when the first pixel of theirs
// was acknowledged again. Each loss belongs to the last kill before it. Its methods may be called
// from any goroutine; times are since the test began.
type Outages struct {
	mu       sync.Mutex
	kills    int
	absences []*absence
	current  map[int]*absence // by client: away, or back without an acknowledgement
}

// absence is one time that a client was away.
type absence struct {
	client int
	kill   int // from 0; -1: there had been none
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

// lost says that a client has no connection. While it has none, it may be said again.
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

// back says that a client is connected, and reports whether it had been away.
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

// away counts those who have no connection.
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
	Missing   int             // of those, not back
	Last      time.Duration   // when the last was back
	Reconnect []time.Duration // how long each absence was, rising
	Ack       []time.Duration // how long from each loss to the first acknowledgement, rising
}

// After sums up what followed a kill, from 0 on; -1: what was before the first.
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
	clients := make(map[int]bool) // back, the last time
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

// Longest is the last of a rising list; 0 of an empty one.
func Longest(rising []time.Duration) time.Duration {
	if len(rising) == 0 {
		return 0
	}
	return rising[len(rising)-1]
}
