package telemetry

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
)

func TestWatch_TimesAboutAsManyWhateverTheRate(t *testing.T) {
	for rate, want := range map[int64]int64{0: 1, 999: 1, 1000: 1, 5000: 5, 100_000: 101} {
		var w watch
		if w.pace(rate); w.stride.Load() != want {
			t.Errorf("at %d/s one in %d, want %d", rate, w.stride.Load(), want)
		}
	}
}

// Watching costs a connection one small allocation, and most messages none.
func TestObserver_Allocations(t *testing.T) {
	o := NewObserver(new(Stats), time.Now)
	o.watches[message.KindConnection].pace(1e6)
	m := o.Mailbox(mailbox.NewWorkers(), message.KindConnection, "")().(*watched)
	m.RegisterHandlers(discard{}, nil)
	type beat struct{}
	if n := testing.AllocsPerRun(1000, func() { m.InvokeUserMessage(beat{}) }); n > 0.01 {
		t.Errorf("a message allocates %v times", n)
	}
	m.InvokeSystemMessage(&actor.Stop{})
	if counted := o.watches[message.KindConnection].messages.Load(); counted != 1001 { // AllocsPerRun calls once more to warm up
		t.Errorf("%d messages counted", counted)
	}
	if m.own != nil || len(o.Traces()) != 0 {
		t.Error("a connection nobody looks at has a trace")
	}
}

// discard handles messages as fast as possible.
type discard struct{}

func (discard) InvokeSystemMessage(any)  {}
func (discard) InvokeUserMessage(any)    {}
func (discard) EscalateFailure(any, any) {}
