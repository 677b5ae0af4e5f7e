package api

import (
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Work that strangers may cause, besides the pixels that they place. A unit is what one
// pixel of an image takes, about 15 ns.
const (
	workRate  = 8 << 20        // units per second that one network may cause: an eighth of a processor
	workBurst = maxImagePixels // units at once after a pause: the largest image
	// bodyWork is the units that reading a byte of JSON takes, whatever it says.
	bodyWork = 4

	// Expensive requests under way: of one network and in all. Each takes about 1.3 MB.
	networkJobs, allJobs = 4, 16
	// smallJobs of them are for requests of at most smallWork units, as the whole of a canvas
	// of the usual size: they don't wait for those of seconds.
	smallJobs, smallWork = 6, 2 << 20
	// jobYoung is how long a request is left alone that could be cut off for another.
	jobYoung = 10 * time.Second
)

// jobs are the expensive requests under way. When there are too many, the one that is taken
// most slowly by its client makes room.
type jobs struct {
	now func() time.Time

	mu  sync.Mutex // guards:
	all map[*job]struct{}
	of  map[netip.Prefix]int
}

// job is one of them.
type job struct {
	network netip.Prefix
	large   bool // of more than smallWork
	began   time.Time
	sent    atomic.Int64 // bytes that the client took
	cut     atomic.Bool  // it has to end
	stop    func()       // ends a write that waits for the client
}

func newJobs(now func() time.Time) jobs {
	return jobs{now: now, all: make(map[*job]struct{}), of: make(map[netip.Prefix]int)}
}

// begin admits a job, or says with which status it is refused.
func (j *jobs) begin(network netip.Prefix, units int, stop func()) (*job, int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.of[network] >= networkJobs {
		return nil, http.StatusTooManyRequests
	}
	large := units > smallWork
	if len(j.all) >= allJobs || large && j.large() >= allJobs-smallJobs {
		slowest := j.slowest(large)
		if slowest == nil {
			return nil, http.StatusServiceUnavailable
		}
		slowest.cut.Store(true)
		slowest.stop()
		j.remove(slowest)
	}
	one := &job{network: network, large: large, began: j.now(), stop: stop}
	j.all[one] = struct{}{}
	j.of[network]++
	return one, 0
}

// large counts the jobs of more than smallWork.
func (j *jobs) large() (n int) {
	for one := range j.all {
		if one.large {
			n++
		}
	}
	return n
}

// slowest is the job that is taken most slowly: of the large ones, if only they help.
func (j *jobs) slowest(large bool) (slowest *job) {
	least := 0.0
	for one := range j.all {
		if large && !one.large {
			continue
		}
		age := j.now().Sub(one.began)
		if pace := float64(one.sent.Load()) / age.Seconds(); age >= jobYoung && (slowest == nil || pace < least) {
			slowest, least = one, pace
		}
	}
	return slowest
}

func (j *jobs) end(one *job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.remove(one)
}

func (j *jobs) remove(one *job) {
	if _, ok := j.all[one]; !ok {
		return
	}
	delete(j.all, one)
	if j.of[one.network]--; j.of[one.network] == 0 {
		delete(j.of, one.network)
	}
}

// overloadError says that somebody has to come again later.
type overloadError struct {
	status int
	wait   time.Duration
}

func (e *overloadError) Error() string { return "too much work at once" }

// answer tells the client.
func (e *overloadError) answer(w http.ResponseWriter) {
	retryAfter(w, e.wait)
	if e.status == http.StatusTooManyRequests {
		fail(w, e.status, "Too many expensive requests from your address")
		return
	}
	fail(w, e.status, "The server is busy")
}

// jobRetry is when who was refused a job may come again.
const jobRetry = 2 * time.Second

// work begins an expensive request of so many units, if the client may cause them.
func (s *server) work(w http.ResponseWriter, r *http.Request, units int) (*job, *overloadError) {
	one, refused := s.job(w, r, units)
	if refused != nil {
		return nil, refused
	}
	if wait, ok := s.costs.take(clientOf(r), min(units, workBurst), s.Now()); !ok {
		s.jobs.end(one)
		return nil, &overloadError{http.StatusTooManyRequests, wait}
	}
	return one, nil
}

// job begins an expensive request whose units are taken later, if at all.
func (s *server) job(w http.ResponseWriter, r *http.Request, units int) (*job, *overloadError) {
	rc := http.NewResponseController(w)
	one, refused := s.jobs.begin(clientOf(r), units, func() { _ = rc.SetWriteDeadline(time.Now()) })
	if one == nil {
		return nil, &overloadError{refused, jobRetry}
	}
	return one, nil
}
