package moderation

import (
	"slices"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
)

// Many people report the same bot or the same place, so those are one report. Somebody may flood the queue
// to make it useless, so when it is full, a report of those who have made the most goes.

// mention is what somebody else has said of the same.
type mention struct {
	Time  int64  `json:"time"`
	By    userID `json:"by,omitempty"`
	Name  string `json:"name,omitempty"`
	X     int    `json:"x"`
	Y     int    `json:"y"`
	Words string `json:"words"`

	Subject string           `json:"subject,omitempty"` // as in report
	Network canvas.NetworkID `json:"network,omitempty"`
	Around  canvas.NetworkID `json:"around,omitempty"`
}

const (
	// near is how many pixels apart two places without a person may be to be the same.
	near = 8
	// maxOthers bounds the mentions of a report, and otherWords the bytes of each: a document holds 16 KB.
	maxOthers  = 7
	otherWords = 200
)

// same reports whether another report is about the same person or, if it is about nobody, the same place.
func (p report) same(other report) bool {
	if p.User != 0 || other.User != 0 {
		return p.User == other.User
	}
	apart := func(a, b int) int { return max(a-b, b-a) }
	return apart(p.X, other.X) <= near && apart(p.Y, other.Y) <= near
}

// join notes that another report says the same. Whoever says it again counts once, as far as that is still known. Of those
// who may be one stranger one counts and is kept, so that no stranger makes a report look like many people's or keeps all others out.
func (p *report) join(other report) {
	if p.Subject == other.Subject || slices.ContainsFunc(p.Others, func(m mention) bool { return m.Subject == other.Subject }) {
		return
	}
	if p.around() == other.around() || slices.ContainsFunc(p.Others, func(m mention) bool { return m.around() == other.around() }) {
		return
	}
	p.Count = max(p.Count, 1) + 1
	if len(p.Others) < maxOthers {
		p.Others = append(p.Others, mention{
			Time: other.Time, By: other.By, Name: other.Name, X: other.X, Y: other.Y, Words: strings.ToValidUTF8(other.Words[:min(len(other.Words), otherWords)], ""),
			Subject: other.Subject, Network: other.Network, Around: other.Around,
		})
	}
}

// around is what those have in common who may be one stranger. Reports of earlier versions know only the network.
func (p report) around() canvas.NetworkID { return either(p.Around, p.Network) }

func (m mention) around() canvas.NetworkID { return either(m.Around, m.Network) }

func either(around, network canvas.NetworkID) canvas.NetworkID {
	if around != 0 {
		return around
	}
	return network
}

// anothers reports whether somebody else sees to a report at a time, in Unix ms.
func (p report) anothers(c caller, now int64) bool {
	return p.claimed(now) && p.Claim.User != userID(c.by.User)
}

func (p report) claimed(now int64) bool { return p.Claim != nil && p.Claim.Until > now }

// load is how many reports came from somewhere: from who may be one stranger, then from one network of theirs.
type load struct{ around, network int }

func (l load) less(other load) bool {
	return l.around < other.around || l.around == other.around && l.network < other.network
}

// heaviest finds which open report goes when there is no room: the oldest of those who have most. One that several have made
// counts as that of the one who has fewest, so a flood pulls nobody's report along. Nobody sees to it yet; -1: there is none.
func heaviest(all []report, now time.Time) int {
	around, network := make(map[canvas.NetworkID]int), make(map[canvas.NetworkID]int)
	count := func(a, n canvas.NetworkID) { around[a]++; network[n]++ }
	for _, one := range all {
		count(one.around(), one.Network)
		for _, m := range one.Others {
			count(m.around(), m.Network)
		}
	}
	found, most := -1, load{}
	for i, one := range all { // the oldest first
		weight := load{around[one.around()], network[one.Network]}
		for _, m := range one.Others {
			if w := (load{around[m.around()], network[m.Network]}); w.less(weight) {
				weight = w
			}
		}
		if !one.claimed(now.UnixMilli()) && most.less(weight) {
			found, most = i, weight
		}
	}
	return found
}

// lonely reports whether a report is open and may be one stranger's alone.
func (p report) lonely() bool { return p.Resolved == nil && p.around() != 0 && len(p.Others) == 0 }

// alike finds those that are lonely and of who may be one stranger.
func alike(all []report, of canvas.NetworkID) (found []report) {
	for _, one := range all {
		if one.lonely() && one.around() == of {
			found = append(found, one)
		}
	}
	return found
}
