package canvas

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

func TestCleanName(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "Ada", "Ada"},
		{"empty", "", ""},
		{"inner space", "Ada  Lovelace", "Ada  Lovelace"},
		{"outer space", " \t\r\n Ada\u00a0\u2003 ", "Ada"},
		{"nothing but space", " \u3000 ", ""},
		{"control characters", "A\x00d\x1ba\x7f\u0085", "Ada"},
		{"space that a control character hid", "\x01 Ada \x01", "Ada"},
		{"line breaks", "Ada\nLovelace", "AdaLovelace"},
		{"not UTF-8", "A\xffd\xc3a\xe2\x82", "Ada"},
		{"half a surrogate pair, as UTF-8", "A\xed\xa0\xbdda", "Ada"},
		{"the replacement character", "Ad\uFFFDa", "Ada"},
		{"20 characters", "12345678901234567890", "12345678901234567890"},
		{"21 characters", "123456789012345678901", "12345678901234567890"},
		{"cut before a space", "1234567890123456789 1", "1234567890123456789"},
		{"trimmed before it is cut", "     12345678901234567890", "12345678901234567890"},
		{"20 of two bytes", strings.Repeat("é", 21), strings.Repeat("é", 20)},
		{"20 of three bytes", strings.Repeat("日", 21), strings.Repeat("日", 20)},
		{"10 of two units", strings.Repeat("🎨", 11), strings.Repeat("🎨", 10)},
		{"no half character", "1234567890123456789🎨", "1234567890123456789"},
		{"the last that fits", "123456789012345678🎨", "123456789012345678🎨"},
	} {
		if got := CleanName(test.text); got != test.want {
			t.Errorf("%s: %q becomes %q, want %q", test.name, test.text, got, test.want)
		}
	}
}

// TestCleanName_Random: whatever comes in, a display name comes out, and stays one.
func TestCleanName_Random(t *testing.T) {
	random := newRandom(t)
	pieces := []string{" ", "\t", "\n", "\x00", "\x7f", "a", "Z", "é", "日", "🎨", "\u200d", "\u00a0", "\uFFFD", "\xff", "\xf0\x9f", "\xed\xa0\x80"}
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

func TestRefusal(t *testing.T) {
	seen := map[string]bool{}
	for r := RefusedRate; r <= RefusedRegion; r++ {
		if name := r.String(); name == "invalid" || name == "none" || seen[name] {
			t.Errorf("refusal %d is called %q", r, name)
		} else {
			seen[name] = true
		}
		if r.Text() == "" {
			t.Errorf("refusal %v has no text", r)
		}
	}
	for _, r := range []Refusal{RefusedRegion + 1, 255} {
		if r.String() != "invalid" {
			t.Errorf("refusal %d is called %q, want invalid", r, r)
		}
	}
}
