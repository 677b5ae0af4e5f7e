package record_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

// TestAdvance_NoFiles: what stands where a file was and is none (too long, a pipe) is as good as a
// damaged file: the rest is recorded, and what is there goes when it is not needed any more.
func TestAdvance_NoFiles(t *testing.T) {
	for _, kind := range []string{"latest", "tile", "pixels"} {
		t.Run(kind, func(t *testing.T) {
			w := begun(t)
			damaged := make(map[string]bool)
			for _, name := range w.names(kind) {
				damaged[name] = true
			}
			if kind != "latest" { // else nothing needs them
				damaged[w.names("latest")[0]] = true
			}
			w.files.OnCall(func(_ context.Context, call recordtest.Call) error {
				if call.Method == recordtest.Get && damaged[call.Name] {
					return fmt.Errorf("%w: no file", record.ErrDamaged)
				}
				return nil
			})
			w.draw(70)
			w.mustAdvance()
			if counts := w.writer.Counts(); counts.Damaged.Load() == 0 {
				t.Error("none was found damaged")
			}
			w.draw(70)
			w.mustAdvance()
		})
	}
}

// TestReader_ForeignNames: what is not named as the record's files are is no file of the record, and stays.
func TestReader_ForeignNames(t *testing.T) {
	w := begun(t)
	foreign := []string{"copy-0000000000000010-5.parquet", "-0000000000000010-5.parquet", "pixels-0000000000000000-9223372036854775807-1.0000000000000-0000000000000.parquet.part", "latest.parquet"}
	for _, name := range foreign {
		w.files.Set("region-0003/"+name, []byte("mine"))
	}
	w.draw(70)
	w.mustAdvance()
	w.check(w.fresh())
	all := strings.Join(w.files.Names(), " ")
	for _, name := range foreign {
		if !strings.Contains(all, "/"+name) {
			t.Errorf("%s was removed", name)
		}
	}
}

// TestAdvance_EndlessSegment: a name may promise any number of pixels, and nothing is reserved for them.
func TestAdvance_EndlessSegment(t *testing.T) {
	for _, to := range []string{"0000004294967296", "9223372036854775807"} {
		w := begun(t)
		w.files.Set("region-0003/pixels-0000000000000000-"+to+"-9.0000000000000-0000000000000.parquet", []byte("PAR1"))
		w.draw(70)
		w.mustAdvance()
		if missing := w.check(w.fresh()); missing > 0 {
			t.Errorf("%d pixels are in gaps: the log has them", missing)
		}
	}
}

// TestReader_ForeignTexts: a file that somebody else has made may name anybody anything. What can be no
// name comes as one that can, from every question.
func TestReader_ForeignTexts(t *testing.T) {
	w := begun(t)
	name := "a\u202Eb\x00" + strings.Repeat("long", 1000)
	b := w.d.Step()
	for i := range b.Ops {
		b.Ops[i].Name = name
	}
	w.log.Append(b)
	w.mustAdvance()
	r := record.NewReader(w.files, nil, w.cfg)
	pixels, _ := w.recorded(r)
	last := pixels[len(pixels)-1]
	found, ok, err := r.Latest(t.Context(), int(last.X), int(last.Y))
	if want := canvas.CleanName(name); last.Name != want || found.Name != want || !ok || err != nil {
		t.Errorf("%q and %q, want %q; %v %v", last.Name, found.Name, want, ok, err)
	}
}
