package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"pixelplayground/actors/canvas"
)

// Hash returns the hash of a stored act: the act after it has it as Before.
func Hash(stored []byte) string {
	sum := sha256.Sum256(stored)
	return hex.EncodeToString(sum[:])
}

// Encode is the form in which an act is stored, shown to those who verify the chain, and hashed. Only
// acts made by Draft are certain to have one.
func (a *Act) Encode() []byte {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false) // people read it
	if err := lines.Encode(a); err != nil {
		panic(fmt.Sprintf("encode act %d: %v", a.N, err))
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// Decode reads what Encode wrote, in this version or another. If only later versions can read what an act
// says, Decode returns its place in the chain, and the act is Ignored. Errors wrap ErrInvalid.
func Decode(stored []byte) (*Act, error) {
	var link link
	if err := link.read(stored); err != nil {
		return nil, err
	}
	a := new(Act)
	if json.Unmarshal(stored, a) != nil {
		a = &Act{N: link.N, Before: link.Before, Ignored: true}
	}
	return a, nil
}

// link is what makes an act a part of a chain, whatever else it says.
type link struct {
	N      uint64 `json:"n"`
	Before string `json:"before"`
}

func (l *link) read(stored []byte) error {
	if len(stored) > MaxAct {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrInvalid, len(stored), MaxAct)
	}
	if err := json.Unmarshal(stored, l); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// userText is a public id as JSON has it in acts: 12 hexadecimal digits.
type userText canvas.Author

func (u userText) MarshalText() ([]byte, error) { return []byte(canvas.Author(u).Text()), nil }

func (u *userText) UnmarshalText(text []byte) error {
	user, err := canvas.ParseAuthor(string(text))
	*u = userText(user)
	return err
}

func userTexts(users []canvas.Author) (texts []userText) {
	for _, user := range users {
		texts = append(texts, userText(user))
	}
	return texts
}

func usersOf(texts []userText) (users []canvas.Author) {
	for _, text := range texts {
		users = append(users, canvas.Author(text))
	}
	return users
}

// What follows are the forms of those that name users. The outer field stands for the inner of its name.

type actPlain Act

// actText is an act that also says so when a role is the least of all.
type actText struct {
	*actPlain
	Role *canvas.Role `json:"role,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (a Act) MarshalJSON() ([]byte, error) {
	text := actText{actPlain: (*actPlain)(&a)}
	if a.Do == SetRole || a.Do == SetPace {
		text.Role = &a.Role
	}
	return marshal(text)
}

type byPlain By

type byText struct {
	User userText `json:"user,omitempty"`
	*byPlain
}

// MarshalJSON implements json.Marshaler.
func (b By) MarshalJSON() ([]byte, error) { return marshal(byText{userText(b.User), (*byPlain)(&b)}) }

// UnmarshalJSON implements json.Unmarshaler.
func (b *By) UnmarshalJSON(text []byte) error {
	read := byText{byPlain: (*byPlain)(b)}
	err := json.Unmarshal(text, &read)
	b.User = canvas.Author(read.User)
	return err
}

type targetPlain Target

type targetText struct {
	User userText `json:"user,omitempty"`
	*targetPlain
}

// MarshalJSON implements json.Marshaler.
func (t Target) MarshalJSON() ([]byte, error) {
	return marshal(targetText{userText(t.User), (*targetPlain)(&t)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Target) UnmarshalJSON(text []byte) error {
	read := targetText{targetPlain: (*targetPlain)(t)}
	err := json.Unmarshal(text, &read)
	t.User = canvas.Author(read.User)
	return err
}

type areaPlain Area

type areaText struct {
	*areaPlain
	Users []userText `json:"users,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (a Area) MarshalJSON() ([]byte, error) {
	return marshal(areaText{(*areaPlain)(&a), userTexts(a.Users)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Area) UnmarshalJSON(text []byte) error {
	read := areaText{areaPlain: (*areaPlain)(a)}
	err := json.Unmarshal(text, &read)
	a.Users = usersOf(read.Users)
	return err
}

type selectionPlain Selection

type selectionText struct {
	Users []userText `json:"users,omitempty"`
	*selectionPlain
}

// MarshalJSON implements json.Marshaler.
func (s Selection) MarshalJSON() ([]byte, error) {
	return marshal(selectionText{userTexts(s.Users), (*selectionPlain)(&s)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Selection) UnmarshalJSON(text []byte) error {
	read := selectionText{selectionPlain: (*selectionPlain)(s)}
	err := json.Unmarshal(text, &read)
	s.Users = usersOf(read.Users)
	return err
}

// marshal is json.Marshal without the escaping for HTML.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	err := lines.Encode(value)
	return out.Bytes(), err
}
