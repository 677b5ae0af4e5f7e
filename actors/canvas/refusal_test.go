package canvas

import (
	"testing"
)

func TestRefusal(t *testing.T) {
	seen := map[string]bool{}
	for r := RefusedRate; r <= LastRefusal; r++ {
		if name := r.String(); name == "invalid" || name == "none" || seen[name] {
			t.Errorf("refusal %d is called %q", r, name)
		} else {
			seen[name] = true
		}
		if r.Text() == "" {
			t.Errorf("refusal %v has no text", r)
		}
	}
	for _, r := range []Refusal{LastRefusal + 1, 255} {
		if r.String() != "invalid" {
			t.Errorf("refusal %d is called %q, want invalid", r, r)
		}
	}
}
