package message

import "pixelplayground/actors/canvas"

// Messages between a roster and presence. Rolls and Shown are numbered by their sender. Whoever
// notices a gap asks for everything.
type (
	// Roll reports how the users of a pod have changed. N rises by one with each change. A Roll
	// without a change repeats the last N and renews the lease.
	Roll struct {
		N      uint64
		Full   bool // Joined is everyone, or the first of them
		More   bool // more Rolls of the same change follow: it counts when all are here
		Joined []Member
		Left   []canvas.ViewerID
		Shown  uint64 // N of the last Shown that the roster has received: a lost one is noticed by it
	}
	// Member is the user of one connection.
	Member struct {
		Viewer canvas.ViewerID
		User   canvas.User
	}
	// Recall asks a roster for a full Roll.
	Recall struct{}
	// Shown tells a roster who is on the whole canvas.
	Shown struct {
		N      uint64
		Rolled uint64 // N of the last Roll of this roster that is counted in it
		Full   bool   // Joined is all who are listed
		Repeat bool   // nothing has changed since the Shown with this N
		Count  int
		Joined []canvas.User
		Left   []canvas.Author
	}
)
