package telemetry

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/message"
)

func TestEvents_TheLatestAreRemembered(t *testing.T) {
	e := NewEvents("pod-1", time.Now)
	for i := range rememberedEvents + 30 {
		e.Note(message.Event{At: int64(i + 1)})
	}
	all := e.All()
	if len(all) != rememberedEvents || all[0].At != 31 || all[len(all)-1].At != rememberedEvents+30 || all[0].Node != "pod-1" {
		t.Errorf("%d, from %d to %d", len(all), all[0].At, all[len(all)-1].At)
	}
}

func TestMergeEvents_EachFactOnce(t *testing.T) {
	died := func(at int64, node string) message.Event {
		return message.Event{At: at, Kind: message.EventDied, Node: node, Subject: "c"}
	}
	merged := MergeEvents(
		[]message.Event{died(1000, "a"), {At: 1500, Kind: message.EventHandoff, Region: 1}, {At: 50_000, Kind: message.EventOutage, Node: "a", Subject: "store"}},
		[]message.Event{died(900, "b"), {At: 1500, Kind: message.EventHandoff, Region: 2}, {At: 52_000, Kind: message.EventOutage, Node: "b", Subject: "store"}},
		[]message.Event{died(1100, "d"), {At: 2000, Kind: message.EventJoined, Subject: "c"}, {At: 90_000, Kind: message.EventOutage, Node: "a", Subject: "store"}},
	)
	var got []string
	for _, e := range merged {
		got = append(got, fmt.Sprint(e.At, " ", e.Kind))
	}
	want := []string{"900 died", "1500 handoff", "1500 handoff", "2000 joined", "50000 outage", "90000 outage"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	many := make([]message.Event, 3*rememberedEvents)
	if n := len(MergeEvents(many)); n != rememberedEvents {
		t.Errorf("%d of many", n)
	}
}
