package chaos

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/cmd/pixelctl/loadtest/audit"
	"pixelplayground/cmd/pixelctl/loadtest/crew"
	"pixelplayground/cmd/pixelctl/loadtest/recorded"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/transport/client"
)

// noticedPause is how long a region must stand still to be counted: people notice that much.
const noticedPause = 100 * time.Millisecond

// finals asks every target what it shows now, each with a new client. It fails if none can be
// reached.
func (t *Test) finals(ctx context.Context) (finals []audit.Final, unreachable []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.Settle)
	defer cancel()
	if err := t.watcher.Synced(ctx); err != nil {
		return nil, nil, err
	}
	var failed error
	for _, target := range slices.Compact(slices.Sorted(slices.Values(t.cfg.Fleet.Targets))) {
		final, err := t.final(ctx, target)
		if err != nil {
			failed = errors.Join(failed, err)
			unreachable = append(unreachable, fmt.Sprintf("not compared: %v", err))
			continue
		}
		finals = append(finals, final)
	}
	if len(finals) == 0 {
		return nil, nil, fmt.Errorf("audit: %w", failed)
	}
	return finals, unreachable, nil
}

// final waits until a server and the watcher have got equally far.
func (t *Test) final(ctx context.Context, target string) (audit.Final, error) {
	fresh, err := synced(ctx, client.Config{URLs: []string{target}, Regions: client.AllRegions, Replica: true})
	if err != nil {
		return audit.Final{}, err
	}
	defer fresh.Close()
	// This server may be behind the watcher's. Then its colours are wrong, and the audit finds
	// that.
	_ = fresh.WaitFor(ctx, t.watcher.Positions()...)
	if err := t.watcher.WaitFor(ctx, fresh.Positions()...); err != nil {
		return audit.Final{}, fmt.Errorf("watcher is behind %s: %w", target, err)
	}
	return audit.Final{Server: target, At: fresh.At}, nil
}

// judgeRecord compares the record with what was drawn. It asks the servers in turn until one answers:
// all have the same record.
func (t *Test) judgeRecord(ctx context.Context) report.Verdict {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.Settle)
	defer cancel()
	var failed error
	for _, url := range t.cfg.Fleet.Targets {
		all := image.Rect(0, 0, t.geometry.Width, t.geometry.Height)
		var pixels []record.Pixel // a server that fails midway must not count
		err := recorded.Pixels(ctx, url, t.geometry, all, t.began, func(p record.Pixel) {
			pixels = append(pixels, p)
		})
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		for _, p := range pixels {
			e := audit.Entry{Region: p.Region, Seq: p.Seq, X: p.X, Y: p.Y, Color: p.Color, User: p.User}
			t.audit.Recorded(e)
			if n, ours := t.audit.Number(e); ours && t.court != nil {
				t.court.book.Recorded(n, p.Region, p.Seq, p.Time)
			}
		}
		return t.audit.JudgeRecord(t.watcher.Positions())
	}
	return report.Verdict{Name: "record", Text: failed.Error()}
}

// describe adds what happened to the report.
func (t *Test) describe(r *report.Report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.judgePauses(r)
	t.judgeKills(r)
	r.Latencies = []report.Latency{t.crew.Acks.Summary("place to ack"), t.sights.Summary("place to seen by another")}
	if t.court != nil {
		r.Latencies = append(r.Latencies, t.court.obeyed.Summary("act to obeyed by all"))
	}
	r.Series, r.Pods = t.crew.Samples.Series, t.crew.Pods()
	table := report.Table{Title: "Kills", Header: []string{"kill", "at", "clients affected", "back", "away, median", "away, longest",
		"to first ack, median", "to first ack, longest", "longest pause", "in region", "regions that paused"}}
	table.Rows = append(table.Rows, killRow("before", "", t.crew.Outages.After(-1), t.calm))
	for n, k := range t.kills {
		o := t.crew.Outages.After(n)
		at := report.Round(k.at.Seconds())
		r.Events = append(r.Events, report.Event{At: at, Kind: "kill", Text: k.text})
		if k.err != nil {
			r.Events = append(r.Events, report.Event{At: at, Kind: "failed", Text: k.err.Error()})
		}
		if o.Affected > 0 && o.Missing == 0 {
			r.Events = append(r.Events, report.Event{At: report.Round(o.Last.Seconds()), Kind: "back", Text: fmt.Sprintf("%s of %s clients are connected again: median %s, longest %s",
				report.Number(o.Affected), report.Number(o.Affected), report.Span(report.Median(o.Reconnect)), report.Span(crew.Longest(o.Reconnect)))})
		}
		table.Rows = append(table.Rows, killRow(fmt.Sprint(n+1), report.Clock(at), o, k.pauses))
	}
	r.Tables = append(r.Tables, table)
}

// killRow is a line of the table.
func killRow(name, at string, o crew.Outage, pauses []time.Duration) []string {
	row := []string{name, at, report.Number(o.Affected), report.Number(o.Affected - o.Missing)}
	for _, times := range [][]time.Duration{o.Reconnect, o.Ack} {
		if len(times) == 0 {
			row = append(row, "–", "–")
		} else {
			row = append(row, report.Span(report.Median(times)), report.Span(crew.Longest(times)))
		}
	}
	region, pause := worstPause(pauses)
	paused := 0
	for _, d := range pauses {
		if d >= noticedPause {
			paused++
		}
	}
	return append(row, report.Span(pause), fmt.Sprint(region), fmt.Sprintf("%d of %d", paused, len(pauses)))
}

func worstPause(pauses []time.Duration) (region canvas.RegionID, pause time.Duration) {
	for id, d := range pauses {
		if d > pause {
			region, pause = canvas.RegionID(id), d
		}
	}
	return region, pause
}

// judgePauses checks that no region stood still for too long. The caller holds t.mu.
func (t *Test) judgePauses(r *report.Report) {
	v := r.Judge("pause", true, "")
	worst, where := time.Duration(0), ""
	for n, k := range t.kills {
		region, pause := worstPause(k.pauses)
		if pause > worst {
			worst, where = pause, fmt.Sprintf(" (region %d after kill %d)", region, n+1)
		}
		if t.cfg.MaxPause > 0 && pause > t.cfg.MaxPause {
			v.Passed = false
			v.Detail = append(v.Detail, fmt.Sprintf("kill %d: region %d stood still for %s", n+1, region, report.Span(pause)))
		}
	}
	_, calm := worstPause(t.calm)
	v.Text = fmt.Sprintf("no region that was drawn on stood still for more than %s%s, before the first kill %s", report.Span(worst), where, report.Span(calm))
	if t.cfg.MaxPause > 0 {
		v.Text += fmt.Sprintf("; %s are allowed", report.Span(t.cfg.MaxPause))
	}
}

// judgeKills checks that there was something to survive. The caller holds t.mu.
func (t *Test) judgeKills(r *report.Report) {
	v := r.Judge("kills", true, "%s", report.Counted(len(t.kills), "kill"))
	for n, k := range t.kills {
		if k.err != nil {
			v.Detail = append(v.Detail, fmt.Sprintf("kill %d: %v", n+1, k.err))
		}
	}
	v.Passed = len(t.kills) > 0 && len(v.Detail) == 0
	if failed := len(v.Detail); failed > 0 {
		v.Text += fmt.Sprintf(", of which %d failed", failed)
	}
}
