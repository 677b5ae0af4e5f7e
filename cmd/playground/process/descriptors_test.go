package process

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"pixelplayground/transport"
)

func TestDescriptors_TooFewAreSaid(t *testing.T) {
	cfg := transport.DefaultConfig()
	cfg.MaxConnections, cfg.Shards = 20_000, 2
	for limit, warns := range map[uint64]bool{1024: true, 20_000: true, 24_000: true, 24_422: false, 1 << 20: false} {
		var log bytes.Buffer
		WarnOfDescriptors(limit, cfg.Descriptors(), slog.New(slog.NewTextHandler(&log, nil)))
		if strings.Contains(log.String(), "--max-connections") != warns {
			t.Errorf("with %d: %q", limit, log.String())
		}
	}
}
