// Package backup writes what a store holds into one file, and reads it again. It copies one region
// at a time, each as it was at one moment between two commits, with its position and log, while
// drawing goes on in the others. It needs memory for one region with its log. The file belongs to
// no kind of store: a canvas can be moved from one to another. Stores do the reading and the
// filling (Source, Target), and cmd/playground handles files.
//
// A backup is a line of text, one zstd stream, and the SHA-256 (32 bytes) of both:
//
//	pixelplayground backup 3\n
//
// 3 is the version of the format; version 1 had no users and no documents, version 2 no provenance. The
// stream consists of sections: kind (1 byte), length of the body (uvarint), body. Numbers are uvarints.
//
//	A  about     JSON: see About. The first section
//	R  region    number, epoch of its last claim, epoch and seq of its position, seq at which its log
//	             begins, and red, green, blue of each pixel; no pixels: it is blank. All
//	             regions are there, in order
//	B  batch     a record of the log (see store.AppendWhole) of the region before it, oldest first
//	U  users     the users of the batch before it (see store.AppendUsers), if any are known
//	P  provenance  of the ops of that batch (see store.AppendProvenance), if any is known
//	D  document  length of its kind, kind, length of its id, id, and what it says. They follow the
//	             last region. When a document ends is not kept: those of the kinds that are backed up
//	             say it themselves
//	E  end       number of regions, number of batches, number of documents. Nothing follows
//
// A reader refuses a backup that is not complete to its end, or whose version it does not know.
package backup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// version is the version of the format that is written; older ones from oldest on are read as well.
const version, oldest = 3, 1

// heading begins the first line of a backup; the version follows.
const heading = "pixelplayground backup "

// Kinds of sections.
const (
	aboutSection      = 'A'
	regionSection     = 'R'
	batchSection      = 'B'
	usersSection      = 'U'
	provenanceSection = 'P'
	paperSection      = 'D'
	endSection        = 'E'
)

// maxSection bounds a section, in bytes: five times what the largest commit takes.
const maxSection = 16 << 20

// windowBytes is how far back compression looks, and so how much memory unpacking needs.
const windowBytes = 1 << 20

var (
	// ErrDamaged says that a backup is not, or no longer, what was written.
	ErrDamaged = errors.New("the backup is damaged")
	// ErrVersion says that the backup has a format that this program does not read.
	ErrVersion = errors.New("the backup has another format")
)

// About is what a backup says of itself.
type About struct {
	Began    time.Time `json:"began"` // no region's state is older
	Width    int       `json:"width"`
	Height   int       `json:"height"`
	Region   int       `json:"region"`
	Identity string    `json:"identity,omitempty"` // of the canvas in Redis
	Program  string    `json:"program"`            // its version
}

// Geometry returns the canvas's geometry.
func (a About) Geometry() canvas.Geometry {
	return canvas.Geometry{Width: a.Width, Height: a.Height, Region: a.Region}
}

// Summary counts what is in a backup.
type Summary struct {
	About
	Regions int
	Drawn   int // regions of them that are not blank
	Batches int
	Papers  int    // documents beside the pixels
	Pixels  uint64 // ever placed
	Epoch   uint64 // the highest
}

func (s *Summary) add(c *store.Claim) {
	s.Regions++
	s.Batches += len(c.Recent)
	s.Pixels += c.Position.Seq
	s.Epoch = max(s.Epoch, c.Epoch, c.Position.Epoch)
	if c.Position != (canvas.Position{}) {
		s.Drawn++
	}
}

// counts is what the last section says.
func (s *Summary) counts(version int) []byte {
	body := binary.AppendUvarint(nil, uint64(s.Regions))
	body = binary.AppendUvarint(body, uint64(s.Batches))
	if version > 1 {
		body = binary.AppendUvarint(body, uint64(s.Papers))
	}
	return body
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}
