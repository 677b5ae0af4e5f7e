//go:build linux

package main

import (
	"io"
	"strings"
	"testing"
)

func TestRun_RefusesWhatCantBeMeasured(t *testing.T) {
	for args, want := range map[string]string{
		"fanout --viewers=0":               "viewers 0",
		"fanout --rate=0":                  "rate 0",
		"fanout --rate=NaN":                "rate NaN",
		"fanout --stroke=5000":             "stroke 5000",
		"fanout --time=1ms":                "time 1ms",
		"fanout --rounds=0":                "rounds 0",
		"table --viewers=5,0":              "viewers 0",
		"table --rates=5,-1":               "rate -1",
		"idle --connections=1":             "connections 1",
		"one --viewers=1":                  "viewers 1",
		"one --times=0":                    "times 0",
		"stalled --share=0.01 --viewers=9": "share 0.01",
		"stalled --share=1":                "share 1",
		"storm --clients=0":                "clients 0",
		"storm --within=0s":                "within 0s",
	} {
		if err := run(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", args, err)
		}
	}
}
