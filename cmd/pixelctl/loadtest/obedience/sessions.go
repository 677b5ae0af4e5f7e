package obedience

import (
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// Key is a connection that may come back: whoever has it has one session at a time.
type Key any

// session is the time for which somebody was connected.
type session struct {
	user     canvas.Author
	from, to time.Time // to is zero: it has not ended
	told     bool      // that they are banned
}

// Connected is called when somebody has a session.
func (b *Book) Connected(key Key, user canvas.Author, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &session{user: user, from: now}
	b.sessions = append(b.sessions, s)
	b.open[key] = s
}

// Lost is called when the session has ended; told: its end said that they are banned.
func (b *Book) Lost(key Key, told bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.open[key]; s != nil {
		s.to, s.told = now, told
		delete(b.open, key)
	}
}

// Endings is what became of the sessions of those who were banned.
type Endings struct {
	Sessions int           // that they had when their ban was acknowledged, or got afterwards
	Told     int           // sessions that ended with the word that they are banned, before or after that
	Latest   time.Duration // the longest from a ban's acknowledgement to the end of a session
	Late     []string      // those that ended too late, or not at all
}

// JudgeSessions closes the book on sessions: limit after the acknowledgement of a ban, and until taking it
// back is asked for, none may be open.
func (b *Book) JudgeSessions(limit time.Duration) (found Endings) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.sessions {
		if s.told {
			found.Told++
		}
	}
	for _, a := range b.acts {
		if a.Kind != rules.Ban || a.obeyed.IsZero() {
			continue
		}
		for _, s := range b.sessions {
			if s.user != a.User || !before(s.from, a.undoAsked) || !before(a.obeyed, s.to) {
				continue
			}
			found.Sessions++
			end := s.to
			if end.IsZero() || !before(end, a.undoAsked) {
				end = a.undoAsked
			}
			if end.IsZero() {
				found.Late = append(found.Late, fmt.Sprintf("act %d bans %s, and a session of theirs did not end", a.n, a.User.Text()))
				continue
			}
			took := end.Sub(a.obeyed)
			found.Latest = max(found.Latest, took)
			if took > limit {
				found.Late = append(found.Late, fmt.Sprintf("act %d bans %s, and a session of theirs that began %s after that went on for %s", a.n, a.User.Text(),
					report.Span(max(s.from.Sub(a.obeyed), 0)), report.Span(took)))
			}
		}
	}
	return found
}
