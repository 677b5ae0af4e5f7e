package rules_test

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors/rules"
)

// all is acts as they come from a file or a server.
func all(stored [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, act := range stored {
			if !yield(act, nil) {
				return
			}
		}
	}
}

// history is a chain of five acts.
func history(t *testing.T) *court {
	c := newCourt(t)
	c.decide(rules.Act{Do: rules.SetFrozen, Why: "too many bots"})
	c.decide(rules.Act{Do: rules.Ban, By: grace, Target: &rules.Target{User: 7}})
	c.decide(rules.Act{Do: rules.SetOpen})
	c.undo(2)
	c.decide(rules.Act{Do: rules.Announce, Text: "Welcome <back> & enjoy"})
	return c
}

func TestVerify_WholeChain(t *testing.T) {
	c := history(t)
	head, err := rules.Verify(all(c.stored), rules.Head{})
	if err != nil || head != (rules.Head{N: 5, Hash: c.Head()}) {
		t.Errorf("%s, error %v", head, err)
	}
	for n := range c.stored {
		known := rules.Head{N: uint64(n + 1), Hash: rules.Hash(c.stored[n])}
		if parsed, err := rules.ParseHead(known.String()); err != nil || parsed != known {
			t.Errorf("%s is read as %s, error %v", known, parsed, err)
		}
		if head, err := rules.Verify(all(c.stored), known); err != nil || head.N != 5 {
			t.Errorf("against %s: %s, error %v", known, head, err)
		}
	}
	if head, err := rules.Verify(all(nil), rules.Head{}); err != nil || head != (rules.Head{}) {
		t.Errorf("no acts: %s, error %v", head, err)
	}
}

// TestVerify_NamesTheFirstBrokenLink: whatever is done to one act, verification says which it was.
func TestVerify_NamesTheFirstBrokenLink(t *testing.T) {
	c := history(t)
	known := rules.Head{N: 5, Hash: c.Head()}
	swapped := slices.Clone(c.stored)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	softened := slices.Clone(c.stored)
	softened[1] = bytes.Replace(softened[1], []byte("000000000007"), []byte("000000000008"), 1)
	last := slices.Clone(c.stored)
	last[4] = bytes.Replace(last[4], []byte("Welcome"), []byte("welcome"), 1)
	for name, test := range map[string]struct {
		acts  [][]byte
		known rules.Head
		n     uint64
		says  string
	}{
		"missing":                  {slices.Delete(slices.Clone(c.stored), 2, 3), rules.Head{}, 3, "it is missing, act 4 stands"},
		"the first is missing":     {c.stored[1:], rules.Head{}, 1, "it is missing, act 2 stands"},
		"reordered":                {swapped, rules.Head{}, 2, "it is missing, act 3 stands"},
		"twice":                    {slices.Insert(slices.Clone(c.stored), 2, c.stored[1]), rules.Head{}, 3, "a second time"},
		"changed":                  {softened, rules.Head{}, 3, "act 2 before it was changed"},
		"the last changed":         {last, known, 5, "its hash is"},
		"cut off":                  {c.stored[:3], known, 4, "all up to act 5"},
		"all gone":                 {nil, known, 1, "all up to act 5"},
		"another chain altogether": {history2(t).stored, known, 5, "its hash is"},
		"cut off and gone on":      {history2(t).stored[:5], rules.Head{N: 2, Hash: rules.Hash(c.stored[1])}, 2, "its hash is"},
	} {
		_, err := rules.Verify(all(test.acts), test.known)
		var broken *rules.Broken
		if !errors.As(err, &broken) || broken.N != test.n || !strings.Contains(broken.Why, test.says) {
			t.Errorf("%s: %v, want act %d: %s", name, err, test.n, test.says)
		}
	}
}

// history2 is a chain that somebody else could have made instead.
func history2(t *testing.T) *court {
	c := newCourt(t)
	for _, text := range []string{"1", "2", "3", "4", "5"} {
		c.decide(rules.Act{Do: rules.Announce, Text: text})
	}
	return c
}

// TestVerify_AnyByte: no byte can be changed, left out or added unnoticed by who knows the head.
func TestVerify_AnyByte(t *testing.T) {
	c := history(t)
	known := rules.Head{N: 5, Hash: c.Head()}
	changed := 0
	for n, act := range c.stored {
		for at := range act {
			for _, with := range [][]byte{nil, {act[at] ^ 1}, {act[at], act[at]}, {act[at], ' '}} {
				acts := slices.Clone(c.stored)
				acts[n] = slices.Concat(act[:at], with, act[at+1:])
				var broken *rules.Broken
				if _, err := rules.Verify(all(acts), known); !errors.As(err, &broken) || broken.N < uint64(n+1) || broken.N > uint64(n+2) {
					t.Fatalf("byte %d of act %d is %q: %v", at, n+1, with, err)
				}
				changed++
			}
		}
	}
	t.Logf("%d changes found", changed)
}

func TestVerify_ErrorsOfTheSource(t *testing.T) {
	gone := errors.New("connection reset")
	source := func(yield func([]byte, error) bool) { yield(nil, gone) }
	var broken *rules.Broken
	if _, err := rules.Verify(source, rules.Head{}); !errors.Is(err, gone) || errors.As(err, &broken) {
		t.Errorf("%v", err)
	}
}

func TestParseHead_Refused(t *testing.T) {
	for _, text := range []string{"", "5", "5:", "5:abc", "x:" + strings.Repeat("a", 64), "0:" + strings.Repeat("a", 64), "5:" + strings.Repeat("g", 64), "-1:"} {
		if head, err := rules.ParseHead(text); err == nil {
			t.Errorf("%q is read as %s", text, head)
		}
	}
}
