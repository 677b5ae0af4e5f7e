package settings

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRecord: where it is, and how much is kept.
func TestRecord(t *testing.T) {
	const buffer = 400_000
	for line, want := range map[string]Record{
		"":                             {Buffer: buffer},
		"--record off":                 {Buffer: buffer},
		"--record on --data d":         {Where: filepath.Join("d", "record"), Buffer: buffer},
		"--record here":                {Where: "here", Buffer: buffer},
		"--record s3://bucket/a/b/":    {Where: "s3://bucket/a/b/", Buffer: buffer},
		"--record s3://bucket":         {Where: "s3://bucket", Buffer: buffer},
		"--record a --record-keep 36h": {Where: "a", Buffer: buffer, Age: 36 * time.Hour},
		"--record a --record-keep 365d,100GB --record-buffer 7": {Where: "a", Buffer: 7, Age: 365 * 24 * time.Hour, Size: 100e9},
		"--record a --record-keep 2TB,1h":                       {Where: "a", Buffer: buffer, Age: time.Hour, Size: 2e12},
		"--record a --record-keep 5MB":                          {Where: "a", Buffer: buffer, Size: 5e6},
		"--record s3://bucket/a --redis redis://a:1":            {Where: "s3://bucket/a", Buffer: buffer},
	} {
		cfg, err := Read(strings.Fields(line), io.Discard)
		if err != nil || cfg.Record != want {
			t.Errorf("%s: %+v %v", line, cfg.Record, err)
		}
	}
	for line, want := range map[string]string{
		"--record on --redis redis://a:1":     "must name a place that all servers of the canvas have, since it is in Redis: a bucket, or a directory that they share, for example --record s3://my-bucket/record",
		"--record a --record-keep 59m":        "an age of 1h or more",
		"--record a --record-keep 999KB":      "a size of 1MB or more",
		"--record a --record-keep 0GB":        "a size of 1MB or more",
		"--record a --record-keep 9999999TB":  "a size of 1MB or more",
		"--record a --record-keep 99999d":     "an age of 1h or more",
		"--record a --record-keep 1d,1GB,2GB": "or both",
		"--record a --record-keep ,":          "or both",
		"--record-buffer x":                   "must be a whole number",
	} {
		if _, err := Read(strings.Fields(line), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
