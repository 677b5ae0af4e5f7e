package message

import "pixelplayground/actors/canvas"

// Messages between a roster and presence. PodUsers and Shown are numbered by their sender. Whoever
// notices a gap asks for everything.
type (
	// PodUsers reports how the users of a pod have changed. N rises by one with each change. PodUsers
	// without a change repeat the last N and renew the lease.
	PodUsers struct {
		N      uint64
		Full   bool // Joined is everyone, or the first of them
		More   bool // more of the same change follow: they count when all are here
		Joined []Member
		Left   []canvas.ViewerID
		Shown  uint64 // N of the last Shown that the roster has received: a lost one is noticed by it
	}
	// Member is the user of one connection.
	Member struct {
		Viewer canvas.ViewerID
		User   canvas.User
		Named  int64 // when the connection gave the name, in Unix milliseconds; 0: not known
	}
	// ResyncUsers asks a roster for all users of its pod.
	ResyncUsers struct{}
	// Shown tells a roster who is on the whole canvas.
	Shown struct {
		N       uint64
		Counted uint64 // N of the last PodUsers of this roster that are counted in it
		Full    bool   // Joined is all who are listed
		Repeat  bool   // nothing has changed since the Shown with this N
		Count   int
		Joined  []canvas.User
		Left    []canvas.Author
		People  int // that Count are; 0: not known
	}
)
