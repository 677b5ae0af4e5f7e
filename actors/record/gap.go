package record

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
)

// Why there are gaps.
const (
	whyBegun    = "drawn before the record was turned on"
	whyTrimmed  = "no longer in the store's log when it was to be recorded"
	whyRepaired = "lost by the store"
	whyMismatch = "what was recorded before does not lead to what the canvas has"
	whyMissing  = "a file of the record is gone"
	whyRemoved  = "removed, to keep the record within its bounds"
)

// gapFile is the file of a gap.
type gapFile struct {
	Format int             `json:"format"`
	Region canvas.RegionID `json:"region"`
	From   uint64          `json:"from"`
	To     uint64          `json:"to"`
	Epoch  uint64          `json:"epoch"` // at To
	Time   int64           `json:"time"`  // by when To had been reached, Unix milliseconds
	Why    string          `json:"why"`
	Noted  int64           `json:"noted"`
}

func newGap(f *file, why string, noted time.Time) gapFile {
	return gapFile{formatVersion, f.region, f.from, f.end.Seq, f.end.Epoch, f.last, why, noted.UnixMilli()}
}

// readGap reads why there is a gap.
func readGap(ctx context.Context, files Files, p *part) (Gap, error) {
	g := Gap{Region: p.region, From: p.after, To: p.to.Seq, Why: whyMissing}
	if p.kind == missing {
		return g, nil
	}
	content, err := files.Get(ctx, p.name())
	if err != nil {
		return g, fmt.Errorf("read a gap: %w", err)
	}
	var is gapFile
	if err := json.Unmarshal(content, &is); err != nil {
		return g, fmt.Errorf("%w: %s: %w", ErrDamaged, p.name(), err)
	}
	g.Why, g.Noted = is.Why, time.UnixMilli(is.Noted)
	return g, nil
}
