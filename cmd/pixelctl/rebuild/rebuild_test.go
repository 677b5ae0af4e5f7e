package rebuild

import (
	"image"
	"slices"
	"strings"
	"testing"

	"pixelplayground/cmd/pixelctl/dataset"
)

// TestAdd_Names: a dataset's names become such as people can have.
func TestAdd_Names(t *testing.T) {
	c, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"Ann", "  Ann ", "A\u202Enn\x00", strings.Repeat("long", 1000)} {
		if err := c.Add(&dataset.Row{Name: name}, image.Point{}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"Ann", "longlonglonglonglong"}; !slices.Equal(c.names, want) {
		t.Errorf("%q, want %q", c.names, want)
	}
}
