package message

// RestShares is the number of sums between two pods, each over the regions whose ids leave the same
// remainder. If one differs, a 64th of the relays renew.
const RestShares = 64

// Messages between the inspectors of two pods about relays of one that rest at regions of the other.
type (
	// Resting asks whether the regions of a pod, to whose inspector it is sent, know the same of
	// the sender's relays that rest there as these relays do. The answer is Rested.
	Resting struct {
		N    uint64 // numbers the sender's questions
		Sums []uint64
	}
	// Rested answers Resting.
	Rested struct {
		N      uint64 // that of the Resting
		Differ uint64 // has a bit set for each sum that differs
	}
)
