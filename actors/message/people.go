package message

import (
	"cmp"
	"time"

	"pixelplayground/actors/canvas"
)

// AskPeople is what an Inspect asks about the people of a pod.
type AskPeople struct {
	Most      int    // how many are in the report; 0: none, and the rest counts for nothing
	Search    string // only those with this in their name, id, network, kind or role, letter case ignored
	Addresses bool   // with whole addresses instead of networks
}

// JoinPeople adds up what is known of one person in two places. The first may be of nobody.
func JoinPeople(a, b PersonReport) PersonReport {
	if a.Connections == 0 {
		return b
	}
	b.Connections += a.Connections
	b.Since = min(a.Since, b.Since)
	if a.Viewer > b.Viewer {
		b.Viewer, b.Network, b.From = a.Viewer, a.Network, a.From
	}
	if b.Name == "" {
		b.Name = a.Name
	}
	if !b.Known {
		b.Known, b.Left, b.Next = a.Known, a.Left, a.Next
	}
	return b
}

// ComparePeople puts those with the most connections first, then those who came first.
func ComparePeople(a, b PersonReport) int {
	return cmp.Or(cmp.Compare(b.Connections, a.Connections), cmp.Compare(a.Since, b.Since), cmp.Compare(a.Subject, b.Subject))
}

// PersonReport is a person with connections to a pod.
type PersonReport struct {
	Subject     string        // in hexadecimal
	User        canvas.Author // public id; 0: each connection has its own
	Kind, Role  string
	Name        string           // of the account or key; else the one that they have given themselves
	Network     string           // of one of the connections: an address with all of its bits or some
	From        canvas.NetworkID // of the same; 0: not known
	Connections int
	Since       int64           // Unix milliseconds: when the oldest of them was opened
	Viewer      canvas.ViewerID // the newest

	Pace canvas.Pace // only within the pod

	// The allowance.
	Every time.Duration // until one more pixel is free; 0: there is no limit
	Burst int           // pixels
	Known bool          // whether the rest is
	Left  int           // pixels
	Next  int64         // Unix milliseconds: when one more is free; 0: it is full
}
