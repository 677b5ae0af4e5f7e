package message

import "pixelplayground/actors/canvas"

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

// RestSum is a hash of how far the stream of a relay that rests has come. Both ends of the stream must
// compute the same, in all versions. It is never 0. It is mixed as in SplitMix64 (Steele, Lea, Flood
// 2014), so that changes of several streams do not cancel out.
func RestSum(id canvas.RegionID, stream uint64, at canvas.Position, answers, submits uint64) (h uint64) {
	for _, v := range [...]uint64{uint64(id), stream, at.Epoch, at.Seq, answers, submits} {
		h += v + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return max(h, 1)
}
