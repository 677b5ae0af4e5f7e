package moderation

import "pixelplayground/actors/canvas"

// userID is a public id as JSON has it: 12 hexadecimal digits.
type userID canvas.Author

// MarshalText implements encoding.TextMarshaler.
func (u userID) MarshalText() ([]byte, error) { return []byte(canvas.Author(u).Text()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *userID) UnmarshalText(text []byte) error {
	user, err := canvas.ParseAuthor(string(text))
	*u = userID(user)
	return err
}
