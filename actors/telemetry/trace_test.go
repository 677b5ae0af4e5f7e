package telemetry

import (
	"testing"
	"time"

	"pixelplayground/actors/message"
)

func TestTrace_RemembersTypesNotMessages(t *testing.T) {
	now := time.Unix(100, 0)
	type submit struct{ n uint64 }
	type flush struct{}
	tr := newTrace(message.KindRegion, "region/1", nil, now)
	for i := range traced + 5 {
		tr.begin(&submit{uint64(i)}, now.Add(time.Duration(i)*time.Second))
		tr.end(3, now.Add(time.Duration(i)*time.Second+time.Millisecond))
	}
	tr.begin(flush{}, now.Add(time.Minute))
	list := tr.History(now.Add(time.Minute + 7*time.Second))
	first, last := list[0], list[len(list)-1]
	if len(list) != traced || first.Type != "submit" || first.At != now.Add(6*time.Second).UnixMilli() || first.Took != time.Millisecond {
		t.Errorf("%d, first %+v", len(list), first)
	}
	if last.Type != "flush" || last.Took != 7*time.Second {
		t.Errorf("what is under way: %+v", last)
	}
	tr.mark()
	if tr.Lately() != 3*(traced+5) {
		t.Errorf("%d messages, timed one in three", tr.Lately())
	}
	for range spanSeconds {
		tr.mark()
	}
	if tr.Lately() != 0 {
		t.Errorf("%d messages in a quiet span", tr.Lately())
	}
}
