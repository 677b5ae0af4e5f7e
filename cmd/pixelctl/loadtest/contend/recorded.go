package contend

import (
	"context"
	"fmt"
	"image"

	"pixelplayground/actors/record"
	"pixelplayground/cmd/pixelctl/loadtest/recorded"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// judgeRecord compares what every target's record has of the contended pixels with what was written:
// each acknowledged write once, under the number that it was shown with.
func (c *Test) judgeRecord(ctx context.Context, r *report.Report) {
	c.Enter("reading the record", 0)
	g, area := c.Welcome().Geometry, image.Rectangle{}
	for _, s := range c.spots {
		area = area.Union(image.Rect(s.x, s.y, s.x+1, s.y+1))
	}
	var wrong []string
	found := 0
	for i, url := range c.cfg.Fleet.Targets {
		have := make(map[*write][]uint64) // sequence numbers
		if err := recorded.Pixels(ctx, url, g, area, c.began, func(p record.Pixel) { c.enter(have, p) }); err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		for _, w := range c.done() {
			if fault := w.compare(have[w], !c.cfg.Fleet.JSON); fault != "" {
				s := c.spots[w.spot]
				wrong = append(wrong, fmt.Sprintf("%s: %v at %d,%d %s", c.sites[i], w.color, s.x, s.y, fault))
			}
			found += len(have[w])
		}
	}
	v := r.Judge("record", len(wrong) == 0 && found > 0, "%s found in the record of %s: %s", report.Counted(found, "write"),
		report.Counted(len(c.sites), "server"), report.Counted(len(wrong), "contradiction"))
	v.Detail = report.First(wrong, report.MaxDetail)
}

// enter adds a recorded pixel to what is known of its write.
func (c *Test) enter(have map[*write][]uint64, p record.Pixel) {
	region, pos := c.Welcome().Geometry.Locate(int(p.X), int(p.Y))
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ours := c.index[spotKey(region, pos)]
	if w := c.writes[p.Color]; ours && w != nil && w.spot == at {
		have[w] = append(have[w], p.Seq)
	}
}

// compare says what is wrong with the numbers under which a write is recorded; "": nothing. numbered:
// the protocol has them too.
func (w *write) compare(seqs []uint64, numbered bool) string {
	acked, refused := w.at > 0 && w.why == 0, w.at > 0 && w.why != 0
	switch {
	case len(seqs) > 1:
		return fmt.Sprintf("is recorded with the numbers %v", seqs)
	case len(seqs) == 0 && acked:
		return "was acknowledged, and is not recorded"
	case len(seqs) == 1 && refused:
		return "was refused, and is recorded"
	case numbered && len(seqs) == 1 && w.seq > 0 && w.seq != seqs[0]:
		return fmt.Sprintf("was shown with number %d and is recorded with %d", w.seq, seqs[0])
	}
	return ""
}
