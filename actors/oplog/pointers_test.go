package oplog

import (
	"testing"

	"pixelplayground/actors/canvas"
)

// However many beckon in an interval, few are shown, and no pointer is lost for it.
func TestPointers_FewBeckonAtOnce(t *testing.T) {
	p := NewPointers(10)
	if !p.Beckon(canvas.Pointer{Author: 1}) || p.Add(canvas.Pointer{Author: 2}) || p.Beckon(make([]canvas.Pointer, 1000)...) {
		t.Error("an interval begins with what comes first, and with nothing else")
	}
	moved, beckons, more := p.Take()
	if len(moved) != 1 || len(beckons) != BeckonsAtOnce || beckons[0].Author != 1 || more {
		t.Errorf("moved %v, beckons %v, more %v", moved, beckons, more)
	}
	if moved, beckons, _ := p.Take(); len(moved)+len(beckons) > 0 {
		t.Errorf("the next interval has %v and %v", moved, beckons)
	}
	if p.Beckon() || !p.Add(canvas.Pointer{Author: 2}) {
		t.Error("an interval begins with nobody, or with a pointer it does not")
	}
}
