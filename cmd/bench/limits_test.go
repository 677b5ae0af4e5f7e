//go:build linux

package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"pixelplayground/codec"
)

// Tags of flags can't name constants: they have these numbers.
func TestBounds_AreThoseOfTheProtocolAndTheCanvas(t *testing.T) {
	if codec.MaxPlacePixels != 4096 || geometry.Regions() != 16 || clockTick != 10*time.Millisecond {
		t.Errorf("a stroke may have %d pixels, the canvas %d regions, and CPU time comes in steps of %v", codec.MaxPlacePixels, geometry.Regions(), clockTick)
	}
}

func TestRun_RefusesWhatCantBeMeasured(t *testing.T) {
	for args, want := range map[string]string{
		"fanout --viewers=0":               "viewers 0",
		"fanout --rate=0":                  "rate 0",
		"fanout --rate=NaN":                `rate "NaN": must be a number`,
		"fanout --stroke=5000":             "stroke 5000",
		"fanout --time=1ms":                "time 1ms",
		"fanout --rounds=0":                "rounds 0",
		"table --viewers=5,0":              "viewers 0",
		"table --rates=5,-1":               "rates -1",
		"idle --connections=1":             "connections 1",
		"one --viewers=1":                  "viewers 1",
		"one --times=0":                    "times 0",
		"stalled --share=0.01 --viewers=9": "share 0.01",
		"stalled --share=1":                "share 1",
		"fanout --churn=-1":                "churn -1",
		"fanout --churn=NaN":               `churn "NaN": must be a number`,
		"fanout --churn=1 --viewers=1":     "viewers 1",
		"fanout --people=-1":               "people -1",
		"fanout --people=5 --viewers=4":    "people 5",
		"fanout --people=5 --churn=1":      "people 5",
		"ack --times=0":                    "times 0",
		"ack --pause=-1s":                  "pause -1s",
		"commits --regions=17":             "regions 17",
		"commits --regions=0":              "regions 0",
		"commits --placers=0":              "placers 0",
		"commits --stroke=5000":            "stroke 5000",
		"commits --time=1ms":               "time 1ms",
		"storm --clients=0":                "clients 0",
		"storm --within=0s":                "within 0s",
	} {
		if err := run(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", args, err)
		}
	}
}
