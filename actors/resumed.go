package actors

import "time"

// resumed says which ops of a connection may be repetitions: those that its session's
// client may have sent on a connection before. The zero value: none.
type resumed struct {
	sent    uint64 // the highest op number sent before
	guesses int    // clients of an earlier version don't say: how many ops to come may be repetitions,
	until   int64  // and until when, Unix nanoseconds; 0: nothing was heard yet
}

// resendTime is how long a client may take, from its first message behind HELLO on, to send its
// unanswered ops again. It sends nothing else before them, and who sends nothing
// at all for a minute is disconnected.
const resendTime = time.Minute

func resume(m Hello) resumed {
	if m.Sent != nil {
		return resumed{sent: *m.Sent}
	}
	return resumed{guesses: Window} // no more can be without an answer
}

// heard says that the client of a resumed session has read its WELCOME.
func (r *resumed) heard(now time.Time) {
	if r.guesses > 0 && r.until == 0 {
		r.until = now.Add(resendTime).UnixNano()
	}
}

// repeats reports whether an op may be a repetition.
func (r *resumed) repeats(num uint64, now time.Time) bool {
	if r.guesses == 0 {
		return num <= r.sent
	}
	r.heard(now)
	if r.guesses--; now.UnixNano() > r.until {
		r.guesses = 0
		return false
	}
	return true
}
