package canvas

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxName is the longest display name, in UTF-16 code units: what JavaScript counts.
const MaxName = 20

// CleanName makes a display name from untrusted text: valid UTF-8 that shows something, does not
// reach into the text around it, is trimmed, and has at most MaxName UTF-16 code units without
// cutting a character in half. web/js/people/name.js does the same; testdata/names.json has the cases for
// both.
//
// It removes control and format characters (bidirectional controls and tags among them), line
// breaks of all kinds, what Unicode calls ignorable, blank letters, and marks that nothing
// precedes. It keeps characters that join or separate the letters of a script that needs it
// (Persian, Hindi) or the parts of an emoji, where they do that.
//
// Names can still look alike, with other letters or in other scripts: a name is no proof of who
// someone is. The user's id is, and by it the page tells apart users whose names look the same.
func CleanName(s string) string {
	if isPlain(s) {
		return strings.Trim(s, " ")
	}
	return string(trimName(cutName(trimName(seen(s)))))
}

// seen returns a text without its invisible characters.
func seen(s string) []rune {
	var runes []rune
	for _, r := range s {
		if r != utf8.RuneError && (isJoiner(r) || !isUnseen(r)) {
			runes = append(runes, r)
		}
	}
	return joined(runes)
}

// CleanText removes from a line of text what CleanName removes from names, so that it reads as it is
// written. It does not shorten the text.
func CleanText(s string) string { return string(trimName(seen(s))) }

// isPlain reports whether a name is like almost all names: short, and made of visible ASCII
// characters and spaces.
func isPlain(s string) bool {
	if len(s) > MaxName {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Joiners stand between two characters and show only in how these look. The last two are not
// joiners: they show nothing by themselves.
const (
	nonJoiner   = '\u200C'
	joiner      = '\u200D'
	asEmoji     = '\uFE0F' // the character before it is to be shown as an emoji
	brailleNone = '\u2800'
	nullHead    = '\U0001D159' // of a musical note
)

func isJoiner(r rune) bool { return r == nonJoiner || r == joiner || r == asEmoji }

// isUnseen reports whether a character shows nothing of its own and is not a space.
func isUnseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		r == brailleNone || r == nullHead
}

// joined returns the runes without the joiners that join nothing.
func joined(runes []rune) []rune {
	kept := runes[:0:0]
	for i, r := range runes {
		var before, behind rune
		if len(kept) > 0 {
			before = kept[len(kept)-1]
		}
		if i+1 < len(runes) {
			behind = runes[i+1]
		}
		if !isJoiner(r) || joins(before, r, behind) {
			kept = append(kept, r)
		}
	}
	return kept
}

func joins(before, r, behind rune) bool {
	switch r {
	case asEmoji:
		return unicode.Is(unicode.So, before)
	case joiner:
		if unicode.Is(unicode.So, behind) && (unicode.Is(unicode.So, before) || before == asEmoji || isSkinTone(before)) {
			return true
		}
	}
	return needsJoiners(before) && needsJoiners(behind)
}

func isSkinTone(r rune) bool { return r >= 0x1F3FB && r <= 0x1F3FF }

// needsJoiners reports whether a letter or mark is of a script whose spelling has joiners.
func needsJoiners(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M) && unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari,
		unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada,
		unicode.Malayalam, unicode.Sinhala)
}

// trimName removes space around a name, marks at its beginning, which would attach to whatever
// stands before the name, and joiners at its end.
func trimName(runes []rune) []rune {
	for len(runes) > 0 && (unicode.IsSpace(runes[0]) || unicode.Is(unicode.M, runes[0])) {
		runes = runes[1:]
	}
	for len(runes) > 0 {
		last := runes[len(runes)-1]
		if !unicode.IsSpace(last) && last != joiner && last != nonJoiner {
			break
		}
		runes = runes[:len(runes)-1]
	}
	return runes
}

// cutName keeps the first characters, at most MaxName code units of them.
func cutName(runes []rune) []rune {
	units := 0
	for i, r := range runes {
		if units += utf16.RuneLen(r); units > MaxName {
			return runes[:i]
		}
	}
	return runes
}
