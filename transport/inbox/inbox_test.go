package inbox

import "testing"

func TestInbox_Bounds(t *testing.T) {
	var b Inbox[int]
	if b.Post(0) || b.OfferBatch(0, 3, 1) {
		t.Error("took a command before it was open")
	}
	woken := 0
	b.Open(8, func() { woken++ })
	for i := range 3 {
		if !b.OfferBatch(i, 1, maxFrames/3) {
			t.Errorf("refused number %d", i)
		}
	}
	if b.OfferBatch(3, 5, maxFrames/3) || b.OfferBatch(4, 2, maxFrames/3) || b.Offer(5, maxFrames/3) {
		t.Error("took more frames than fit")
	}
	if !b.Post(6) || woken != 1 {
		t.Errorf("refused what has no bound, or woke %d times", woken)
	}
	commands, lost := b.Take(nil)
	if len(commands) != 4 || len(lost) != 2 || lost[0] != 2 || lost[1] != 5 {
		t.Errorf("took %v, lost %v", commands, lost)
	}
	if !b.Offer(7, 2*maxFrames) || woken != 2 {
		t.Error("a frame that is larger than the bound never gets through")
	}
	if commands, lost = b.Take(commands); len(commands) != 1 || len(lost) != 0 {
		t.Errorf("took %v, lost %v", commands, lost)
	}
	b.Post(8)
	if left := b.Close(); len(left) != 1 || b.Post(9) {
		t.Errorf("left %v", left)
	}
}
