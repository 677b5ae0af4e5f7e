package message

import "pixelplayground/actors/canvas"

// Messages between the rules actors (RulesName) of two pods. Whoever decides tells all others, and waits
// until they obey. One that hears of nothing finds the acts in the store. Acts are as they are stored.
type (
	// RulesDecided brings acts that are durable; answered with RulesObeyed once no batch that was begun
	// without them is on its way to the store from the receiver's pod.
	RulesDecided struct {
		First uint64   // number of the first act
		Acts  [][]byte // in order
		Held  bool     // the answer shall say which regions the pod has
	}
	// RulesObeyed answers RulesDecided.
	RulesObeyed struct {
		Version uint64            // number of the last act that the pod obeys
		Open    []canvas.RegionID // into these, batches from before may still be on their way
		Held    []canvas.RegionID // these are the pod's, as the store has confirmed since; none unless asked
	}
	// AskRules asks for the acts after a number; answered with RulesKnown. A pod asks whoever it meets, since
	// the store may have lost what others know.
	AskRules struct{ After uint64 }
	// RulesKnown answers AskRules.
	RulesKnown struct {
		First uint64
		Acts  [][]byte // none: no more are known; at most MaxActsKnown
	}
)

// MaxActsKnown bounds the acts in one message.
const MaxActsKnown = 64
