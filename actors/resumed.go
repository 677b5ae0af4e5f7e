package actors

import "time"

// resumed says which ops of a connection may be repetitions: those that the client may have sent on
// an earlier connection of the session. The zero value: none.
type resumed struct {
	sent    uint64 // the highest op number sent before
	guesses int    // for clients of earlier versions, which don't say: how many of the next ops may be repetitions,
	until   int64  // and until when, in Unix nanoseconds; 0: nothing was heard yet
}

// resendTime is how long a client may take to send its unanswered ops again, from its first message
// after HELLO on. It sends nothing else before them, and a client that sends nothing at all for a
// minute is disconnected.
const resendTime = time.Minute

func resume(m Hello) resumed {
	if m.Sent != nil {
		return resumed{sent: *m.Sent}
	}
	return resumed{guesses: Window} // no more ops can be unanswered
}

// heard notes that the client of a resumed session has read its WELCOME.
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
