package canvas

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// TestCleanName uses the same table as the page's tests.
func TestCleanName(t *testing.T) {
	text, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	type entry struct{ What, Text, Name string }
	var table []entry
	if err := json.Unmarshal(text, &table); err != nil || len(table) < 50 {
		t.Fatalf("%d entries, %v", len(table), err)
	}
	// Cases that JSON can't express.
	table = append(table, entry{"not UTF-8", "A\xffd\xc3a\xe2\x82", "Ada"}, entry{"half a surrogate pair, as UTF-8", "A\xed\xa0\xbdda", "Ada"})
	for _, test := range table {
		if got := CleanName(test.Text); got != test.Name {
			t.Errorf("%s: %+q becomes %+q, want %+q", test.What, test.Text, got, test.Name)
		}
	}
}

// TestCleanName_EveryCharacter shows that each character, alone and between letters, either shows
// something or is removed.
func TestCleanName_EveryCharacter(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		alone, within := CleanName(string(r)), CleanName("A"+string(r)+"z")
		if isUnseen(r) && (alone != "" || within != "Az") {
			t.Fatalf("%U: %+q, %+q", r, alone, within)
		}
		if unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !isUnseen(r) && r != utf8.RuneError && alone != string(r) {
			t.Fatalf("%U: %+q", r, alone)
		}
	}
}

// TestCleanName_Random shows that any text becomes a display name, and that cleaning a name does
// not change it.
func TestCleanName_Random(t *testing.T) {
	random := newRandom(t)
	pieces := []string{" ", "\t", "\n", "\x00", "\x7f", "a", "Z", "é", "日", "🎨", "\u200d", "\u200c", "\ufe0f", "क", "م", "🏽", "\u0301", "\u202e", "\u3164", "\u00a0", "\uFFFD", "\xff", "\xf0\x9f", "\xed\xa0\x80"}
	for range 5000 {
		var text strings.Builder
		for range random.IntN(40) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		name := CleanName(text.String())
		switch {
		case !utf8.ValidString(name):
			t.Fatalf("%q becomes %q, not UTF-8", text.String(), name)
		case len(utf16.Encode([]rune(name))) > MaxName:
			t.Fatalf("%q becomes %q, too long", text.String(), name)
		case strings.ContainsFunc(name, unicode.IsControl):
			t.Fatalf("%q becomes %q, with a control character", text.String(), name)
		case strings.TrimSpace(name) != name:
			t.Fatalf("%q becomes %q, not trimmed", text.String(), name)
		case CleanName(name) != name:
			t.Fatalf("%q becomes %q, and then %q", text.String(), name, CleanName(name))
		}
	}
}
