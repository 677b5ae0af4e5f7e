package canvas

import (
	"errors"
	"fmt"
	"strconv"
)

// The texts in which colours, networks and roles stand in JSON. Public ids are numbers in some messages
// and texts in others, so they have none of their own.

// MarshalText is "#RRGGBB".
func (c Color) MarshalText() ([]byte, error) { return c.AppendText(nil), nil }

// UnmarshalText reads it, in either case.
func (c *Color) UnmarshalText(text []byte) (err error) {
	*c, err = ParseColor(string(text))
	return err
}

// ParseAuthor reads what Text wrote of a known id.
func ParseAuthor(text string) (Author, error) {
	n, err := parseID(text)
	if err != nil {
		return 0, fmt.Errorf("user %q: %w", text, err)
	}
	return Author(n), nil
}

// Text is how the id of a network is written: 12 hexadecimal digits, or nothing if it is not known.
func (n NetworkID) Text() string { return Author(n).Text() }

// MarshalText is Text.
func (n NetworkID) MarshalText() ([]byte, error) { return []byte(n.Text()), nil }

// UnmarshalText reads what Text wrote of a known id.
func (n *NetworkID) UnmarshalText(text []byte) error {
	id, err := parseID(string(text))
	if err != nil {
		return fmt.Errorf("network %q: %w", text, err)
	}
	*n = NetworkID(id)
	return nil
}

// parseID reads an id of 48 bits that is not 0.
func parseID(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 16, 48)
	if err != nil || len(text) != 12 || n == 0 {
		return 0, errors.New("must be 12 hexadecimal digits, for example 00c0ffee1234")
	}
	return n, nil
}

// MarshalText is String.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the name of a role, and no other.
func (r *Role) UnmarshalText(text []byte) error {
	named := RoleNamed(string(text))
	if named.String() != string(text) {
		return fmt.Errorf("role %q: must be guest, member, moderator or owner", text)
	}
	*r = named
	return nil
}
