package canvas

import "fmt"

// Color is 0xRRGGBB.
type Color uint32

// Background is the colour of a pixel that was never painted.
const Background Color = 0xFFFFFF

// ParseColor reads "#RRGGBB", in either case.
func ParseColor(s string) (Color, error) {
	if len(s) != 7 || s[0] != '#' {
		return 0, fmt.Errorf("colour %q: must be like #FF0000", s)
	}
	var c Color
	for i := 1; i < 7; i++ {
		digit, ok := hexDigit(s[i])
		if !ok {
			return 0, fmt.Errorf("colour %q: must be like #FF0000", s)
		}
		c = c<<4 | Color(digit)
	}
	return c, nil
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}

// String is "#RRGGBB" in upper case.
func (c Color) String() string { return string(c.AppendText(make([]byte, 0, 7))) }

// AppendText appends "#RRGGBB" without allocating.
func (c Color) AppendText(dst []byte) []byte {
	const digits = "0123456789ABCDEF"
	dst = append(dst, '#')
	for shift := 20; shift >= 0; shift -= 4 {
		dst = append(dst, digits[c>>shift&0xF])
	}
	return dst
}
