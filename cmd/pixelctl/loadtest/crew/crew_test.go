package crew

import (
	"reflect"
	"testing"
	"time"
)

func TestOutages(t *testing.T) {
	o := newOutages()
	o.acked(1, 1)
	o.lost(9, 2) // before any kill
	o.back(9, 4)
	if o.back(1, 5) {
		t.Error("client 1 was not away")
	}
	o.Kill()
	o.lost(1, 100)
	o.lost(1, 105) // an attempt that failed
	o.lost(2, 101)
	if got := o.away(); got != 2 {
		t.Errorf("%d are away", got)
	}
	o.acked(1, 109) // impossible: the client has no connection
	if !o.back(1, 110) {
		t.Error("client 1 was away")
	}
	o.acked(1, 130)
	o.acked(1, 140)
	o.lost(1, 150) // again
	o.back(1, 155)
	o.lost(1, 156) // before anything was acknowledged
	o.Kill()
	o.back(1, 159)
	o.lost(3, 200)
	o.back(3, 240)
	for kill, want := range map[int]Outage{
		-1: {Affected: 1, Last: 4, Reconnect: []time.Duration{2}},
		0:  {Affected: 2, Missing: 1, Last: 159, Reconnect: []time.Duration{3, 5, 10}, Ack: []time.Duration{30}},
		1:  {Affected: 1, Last: 240, Reconnect: []time.Duration{40}},
	} {
		if got := o.After(kill); !reflect.DeepEqual(got, want) {
			t.Errorf("kill %d: got %+v, want %+v", kill, got, want)
		}
	}
	if all := o.All(); all.Affected != 4 || all.Missing != 1 || len(all.Reconnect) != 5 || o.away() != 1 {
		t.Errorf("all: %+v, %d away", all, o.away())
	}
}
