// Package dataset is what was drawn as one file for other programs, by time: Parquet, or CSV in the shape
// in which the data of r/place was published. It writes and reads such files row by row; pixelctl
// export and import use it.
package dataset

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// Row is a pixel, or a rectangle of them that was filled at once.
type Row struct {
	Time          int64 // Unix milliseconds
	X, Y          int
	Right, Bottom int // the last column and row of the rectangle; X and Y for a pixel
	Color         canvas.Color
	User          string // a pseudonym
	Name          string // empty: none, or not in the file
	Line          int64  // in the file, from 1; for errors
}

// Writer writes rows in order of time.
type Writer interface {
	Write(p *record.Pixel) error
	// Close ends the file, and does not close what it is written to.
	Close() error
}

// pseudonyms replaces users by names that are the same within a file, and say nothing of who they are
// on the canvas: without the salt, which nobody keeps, nobody can tell that two files have the same
// user.
type pseudonyms struct {
	salt  [32]byte
	known map[canvas.Author]string
}

// mostKnown bounds the memory for pseudonyms that need not be worked out again: some 100 MB.
const mostKnown = 1_000_000

func newPseudonyms() *pseudonyms {
	p := &pseudonyms{known: make(map[canvas.Author]string)}
	rand.Read(p.salt[:]) // never fails: see crypto/rand
	return p
}

// of is a user's; empty for one that is not known.
func (p *pseudonyms) of(user canvas.Author) string {
	if user == 0 {
		return ""
	}
	if name, ok := p.known[user]; ok {
		return name
	}
	mac := hmac.New(sha256.New, p.salt[:])
	_, _ = io.WriteString(mac, user.Text())
	name := hex.EncodeToString(mac.Sum(nil)[:8])
	if len(p.known) >= mostKnown {
		clear(p.known)
	}
	p.known[user] = name
	return name
}
