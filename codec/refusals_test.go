package codec

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// TestTold: a client that does not say what it knows gets no code that it may not know, and one to
// which trying again is of use is told when.
func TestTold(t *testing.T) {
	const all, later = canvas.LastRefusal, time.Minute
	for _, test := range []struct {
		why   canvas.Refusal
		retry time.Duration
		knows canvas.Refusal
		want  canvas.Refusal
	}{
		{canvas.RefusedFrozen, later, all, canvas.RefusedFrozen},
		{canvas.RefusedProtected, 0, all, canvas.RefusedProtected},
		{canvas.RefusedColor, 0, all, canvas.RefusedColor},
		{canvas.RefusedBanned, later, all, canvas.RefusedBanned},
		{canvas.RefusedBanned, later, 255, canvas.RefusedBanned},
		{canvas.RefusedFrozen, later, 0, canvas.RefusedUnavailable},
		{canvas.RefusedFrozen, 0, 0, canvas.RefusedRights},
		{canvas.RefusedProtected, later, 0, canvas.RefusedRights},
		{canvas.RefusedColor, 0, 0, canvas.RefusedRights},
		{canvas.RefusedBanned, later, 0, canvas.RefusedRights},
		{canvas.RefusedBanned, later, canvas.RefusedColor, canvas.RefusedRights},
		{canvas.RefusedFrozen, later, 3, canvas.RefusedUnavailable},
		{canvas.RefusedRights, 0, 3, canvas.RefusedRights},
		{canvas.RefusedRate, later, 0, canvas.RefusedRate},
		{canvas.RefusedUnsure, 0, 0, canvas.RefusedUnsure},
	} {
		if got := Told(test.why, test.retry, test.knows); got != test.want {
			t.Errorf("%s, again in %v, to who knows %d: %s, want %s", test.why, test.retry, test.knows, got, test.want)
		}
	}
	for why := canvas.Refusal(1); why <= canvas.LastRefusal; why++ {
		for knows := range canvas.LastRefusal {
			if got := Told(why, 0, knows); got > max(knows, canvas.RefusedRights) {
				t.Errorf("%s to who knows %d: %s", why, knows, got)
			}
		}
	}
}
