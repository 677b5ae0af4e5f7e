package audit

import (
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
)

// entries is a true record of pixels that are shown one after the other.
func (w *world) entries(numbers ...int) (all []Entry) {
	seqs := slices.Clone(w.seqs)
	w.show(numbers...)
	for _, n := range numbers {
		d := w.plan.dot(n)
		id, _ := w.g.Locate(int(d.X), int(d.Y))
		seqs[id]++
		all = append(all, Entry{Region: id, Seq: seqs[id], X: d.X, Y: d.Y, Color: d.Color, User: testAuthor})
	}
	return all
}

func (w *world) now() (marks []canvas.Mark) {
	for id, seq := range w.seqs {
		marks = append(marks, canvas.Mark{Region: canvas.RegionID(id), Position: canvas.Position{Epoch: 1, Seq: seq}})
	}
	return marks
}

// A record passes only if it is exactly what was drawn.
func TestAudit_Record(t *testing.T) {
	for name, c := range map[string]struct {
		falsify func(all []Entry) []Entry
		want    string // "": it passes
	}{
		"true":                       {func(all []Entry) []Entry { return all }, ""},
		"with what was there before": {func(all []Entry) []Entry { return append([]Entry{{Region: 0, Seq: 99}}, all...) }, ""},
		"one is missing":             {func(all []Entry) []Entry { return slices.Delete(all, 3, 4) }, "goes on with number"},
		"the last is missing":        {func(all []Entry) []Entry { return all[:len(all)-1] }, "ends at"},
		"one is there twice": {func(all []Entry) []Entry {
			return slices.Insert(all, 3, all[3])
		}, "goes on with number"},
		"one in place of another": {func(all []Entry) []Entry {
			all[3].X, all[3].Y, all[3].Color = all[4].X, all[4].Y, all[4].Color
			return all
		}, "is recorded 2 times"},
		"two are exchanged": {func(all []Entry) []Entry {
			i := 3
			j := slices.IndexFunc(all[i+1:], func(e Entry) bool { return e.Region == all[i].Region }) + i + 1
			all[i].Seq, all[j].Seq = all[j].Seq, all[i].Seq
			all[i], all[j] = all[j], all[i]
			return all
		}, "is recorded with number"},
		"another user's": {func(all []Entry) []Entry { all[3].User++; return all }, "is recorded as user 8's"},
	} {
		w := newWorld(t)
		for _, e := range c.falsify(w.entries(w.put(20, Acked)...)) {
			w.Recorded(e)
		}
		v := w.JudgeRecord(w.now())
		if v.Passed != (c.want == "") || !strings.Contains(strings.Join(v.Detail, "\n"), c.want) {
			t.Errorf("%s: %+v", name, v)
		}
	}
	w := newWorld(t)
	for _, e := range w.entries(append(w.put(5, Acked), w.put(1, Refused)...)...) {
		w.Recorded(e)
	}
	if v := w.JudgeRecord(w.now()); v.Passed || !strings.Contains(strings.Join(v.Detail, "\n"), "was refused, and is recorded") {
		t.Errorf("refused and recorded: %+v", v)
	}
}
