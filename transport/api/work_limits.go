package api

import (
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/transport/api/answer"
)

// Limits on the work that strangers may cause, besides the pixels that they place. A unit is
// the work for one pixel of an image, about 15 ns.
const (
	workRate  = 8 << 20        // units per second that one network may cause: an eighth of a processor
	workBurst = maxImagePixels // units at once after a pause: the largest image
	// bodyWork is how many units reading a byte of JSON takes, whatever it says.
	bodyWork = 4

	// Expensive requests at the same time, of one network and in all. Each takes about 1.3 MB.
	networkJobs, allJobs = 4, 16
	// smallJobs of allJobs are reserved for requests of at most smallWork units, such as for the
	// whole of a canvas of the usual size. So they don't wait for requests that take seconds.
	smallJobs, smallWork = 6, 2 << 20
	// jobYoung is the age below which a request is never cut off to make room for another.
	jobYoung = 10 * time.Second
)

// jobs are the expensive requests in progress. If there are too many, the one whose client takes
// the answer most slowly is cut off to make room.
type jobs struct {
	now func() time.Time

	mu  sync.Mutex // guards:
	all map[*job]struct{}
	of  map[netip.Prefix]int
}

// job is an expensive request in progress.
type job struct {
	network netip.Prefix
	large   bool // of more than smallWork
	began   time.Time
	sent    atomic.Int64 // bytes that the client took
	cut     atomic.Bool  // it was cut off and has to end
	stop    func()       // ends a write that waits for the client
}

func newJobs(now func() time.Time) jobs {
	return jobs{now: now, all: make(map[*job]struct{}), of: make(map[netip.Prefix]int)}
}

// begin admits a job, or returns the status with which it is refused.
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

// slowest is the job whose client takes the answer most slowly; nil: none may be cut off. If
// large is set, only large jobs count, since only ending one of those makes room for another.
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

// overloadError says that a client has to try again later.
type overloadError struct {
	status int
	wait   time.Duration
}

func (e *overloadError) Error() string { return "too much work at once" }

// answer sends the error to the client.
func (e *overloadError) answer(w http.ResponseWriter) {
	answer.RetryAfter(w, e.wait)
	if e.status == http.StatusTooManyRequests {
		answer.Fail(w, e.status, "Too many expensive requests from your address")
		return
	}
	answer.Fail(w, e.status, "The server is busy")
}

// jobRetry is how long after a refusal to try again.
const jobRetry = 2 * time.Second

// work begins an expensive request and charges its units to the client, if the client may
// cause that much work.
func (s *server) work(w http.ResponseWriter, r *http.Request, units int) (*job, *overloadError) {
	one, refused := s.job(w, r, units)
	if refused != nil {
		return nil, refused
	}
	if wait, ok := s.costs.Take(answer.ClientOf(r), min(units, workBurst), s.Now()); !ok {
		s.jobs.end(one)
		return nil, &overloadError{http.StatusTooManyRequests, wait}
	}
	return one, nil
}

// job begins an expensive request whose units are charged later, if at all.
func (s *server) job(w http.ResponseWriter, r *http.Request, units int) (*job, *overloadError) {
	rc := http.NewResponseController(w)
	one, refused := s.jobs.begin(answer.ClientOf(r), units, func() { _ = rc.SetWriteDeadline(time.Now()) })
	if one == nil {
		return nil, &overloadError{refused, jobRetry}
	}
	return one, nil
}
