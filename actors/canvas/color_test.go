package canvas

import "testing"

func TestParseColor(t *testing.T) {
	for _, test := range []struct {
		text  string
		want  Color
		valid bool
	}{
		{"#000000", 0, true},
		{"#FFFFFF", Background, true},
		{"#123456", 0x123456, true},
		{"#abcdef", 0xABCDEF, true},
		{"#aBcDeF", 0xABCDEF, true},
		{"", 0, false},
		{"#", 0, false},
		{"123456", 0, false},
		{"#12345", 0, false},
		{"#1234567", 0, false},
		{"0123456", 0, false},
		{"#12345g", 0, false},
		{"#12345G", 0, false},
		{"#12345/", 0, false}, // the characters next to the digits
		{"#12345:", 0, false},
		{"#12345@", 0, false},
		{"#12345`", 0, false},
		{"#-12345", 0, false},
		{"#1234é", 0, false}, // 7 bytes
		{" #12345", 0, false},
	} {
		got, err := ParseColor(test.text)
		if got != test.want || (err == nil) != test.valid {
			t.Errorf("%q: %v and error %v, want %v", test.text, got, err, test.want)
		}
	}
}

func TestColor_String(t *testing.T) {
	for c, want := range map[Color]string{0: "#000000", Background: "#FFFFFF", 0x0A0B0C: "#0A0B0C", 0x123ABC: "#123ABC"} {
		if got := c.String(); got != want {
			t.Errorf("%d: %s, want %s", c, got, want)
		}
		if back, err := ParseColor(want); back != c || err != nil {
			t.Errorf("%s: read as %v, error %v", want, back, err)
		}
	}
}

func TestColor_AppendTextAllocs(t *testing.T) {
	dst := make([]byte, 0, 16)
	if n := testing.AllocsPerRun(100, func() { dst = Color(0x123ABC).AppendText(append(dst[:0], '<')) }); n != 0 {
		t.Errorf("%v allocations, none wanted", n)
	}
	if string(dst) != "<#123ABC" {
		t.Errorf("%q, want <#123ABC", dst)
	}
}
