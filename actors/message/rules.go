package message

import "pixelplayground/actors/canvas"

// Messages between the rules actors (RulesName) of two pods. The pod that decides tells all others, and
// waits until they obey. A pod that misses the message finds the acts in the store. Acts are as they are stored.
type (
	// RulesDecided brings acts that are durable; answered with RulesObeyed once no batch that was begun
	// without them is on its way to the store from the receiver's pod.
	RulesDecided struct {
		First uint64   // number of the first act
		Acts  [][]byte // in order
		Held  bool     // asks for the regions that the pod owns
	}
	// RulesObeyed answers RulesDecided.
	RulesObeyed struct {
		Version uint64            // number of the last act that the pod obeys
		Open    []canvas.RegionID // regions with a batch on its way to the store that was begun under earlier rules
		Held    []canvas.RegionID // the pod's regions, as the store has confirmed since; none unless asked for
	}
	// AskRules asks for the acts after a number; answered with RulesKnown. A pod asks every
	// pod that it meets, since the store may have lost acts that others know.
	AskRules struct{ After uint64 }
	// RulesKnown answers AskRules.
	RulesKnown struct {
		First uint64
		Acts  [][]byte // none: no more are known; at most MaxActsKnown
	}
)

// MaxActsKnown bounds the acts in one message.
const MaxActsKnown = 64
