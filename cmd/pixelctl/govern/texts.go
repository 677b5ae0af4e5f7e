package govern

import (
	"fmt"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/cmd/commandline"
)

// somebody is whom an act is about, as command lines have it.
type somebody rules.Target

const networkMark = "network:"

// UnmarshalText reads it.
func (s *somebody) UnmarshalText(text []byte) error {
	given := string(text)
	if id, ok := strings.CutPrefix(given, networkMark); ok {
		return (*canvas.NetworkID)(&s.Network).UnmarshalText([]byte(id))
	}
	if strings.ContainsAny(given, ".:/") {
		s.CIDR = given // the server says what is wrong with it
		return nil
	}
	user, err := canvas.ParseAuthor(given)
	if err != nil {
		return fmt.Errorf("%q must be a user's id (12 hexadecimal digits), a network (network:00c0ffee1234) or addresses (203.0.113.0/24)", given)
	}
	s.User = user
	return nil
}

// who is the text that somebody reads.
func who(t rules.Target) string {
	switch {
	case t.User != 0:
		return t.User.Text()
	case t.Network != 0:
		return networkMark + t.Network.Text()
	}
	return t.CIDR
}

// place is a part of the canvas: "x,y,width,height"; or, where a mask says how large it is, "x,y".
type place struct{ x, y, width, height int }

// UnmarshalText reads it.
func (p *place) UnmarshalText(text []byte) error {
	n, err := commandline.Numbers(string(text), 2)
	if err == nil {
		*p = place{x: n[0], y: n[1]}
		return nil
	}
	if n, err = commandline.Numbers(string(text), 4); err != nil || n[2] == 0 || n[3] == 0 {
		return fmt.Errorf("%q must be x,y,width,height, for example 10,20,300,200 for 300x200 pixels from 10,20 on", text)
	}
	*p = place{n[0], n[1], n[2], n[3]}
	return nil
}

// moment is a time as flags take it: one of the clock, or so long from now, or ago.
type moment struct {
	clock time.Time
	apart time.Duration
}

// UnmarshalText reads it.
func (m *moment) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, string(text)); err == nil {
			*m = moment{clock: at}
			return nil
		}
	}
	apart, err := time.ParseDuration(string(text))
	if err != nil || apart <= 0 {
		return fmt.Errorf("%q must be a time, for example 2026-12-01T12:00:00Z, 2026-12-01 12:00 (UTC), or 24h", text)
	}
	*m = moment{apart: apart}
	return nil
}

// after is the time in Unix milliseconds, if it was given as a distance: from now on; 0: none was given.
func (m moment) after(now time.Time) int64 { return m.at(now.Add(m.apart)) }

// before is the same with a distance into the past.
func (m moment) before(now time.Time) int64 { return m.at(now.Add(-m.apart)) }

func (m moment) at(apart time.Time) int64 {
	switch {
	case m.apart != 0:
		return apart.UnixMilli()
	case m.clock.IsZero():
		return 0
	}
	return m.clock.UnixMilli()
}
