package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/disk"
)

// A transaction of bbolt waits for the disk twice and writes some ten pages for one pixel. So commits
// go to the journal first, a file beside the tables that is written from its beginning to its end and
// then again: one write and one flush for all that wait. They are acknowledged then, and carried into
// the tables together with many others (see backlog.go). Everything else goes to the tables at once.
//
// The journal exists while a store is open, or was killed. The tables say that they have one, so that
// an earlier version, which would not read it, refuses them; Close puts everything into the tables
// and removes it.
//
// An entry is a batch. Numbers are big-endian:
//
//	nonce u64               of the journal, never 0; the tables have it too. Pixels can't be made to look like
//	                        an entry by somebody who does not know it
//	number u64              one more than of the entry before
//	group u64               number of the first entry that was flushed together with this one
//	region u32, to u64      of the batch
//	region u32, to u64      of the entry before: so that one that can't be read has a name
//	length u32              of the contents
//	checksum u32            of the contents
//	checksum u32            of all that is before it
//	                        4 zero bytes
//	contents                see appendContents; zero bytes up to a multiple of 8
const (
	journalName = "canvas.journal"
	// journalBytes is the size of the file from the beginning, so that one which was cut is noticed.
	// Only as much of it takes room on the disk as was ever in use.
	journalBytes = 16 << 20
	// A group of commits that would fill more of the journal than this goes to the tables, where it
	// costs no more than here.
	journalGroup = journalBytes / 4

	journalHead  = 64
	journalAlign = 8
)

// journal is what is known about the file. Except for file, id and nonce, the backlog's lock guards
// it; only the writer appends.
type journal struct {
	path  string
	file  *os.File
	id    disk.FileID
	nonce uint64

	next   uint64 // number of the next entry
	at     int64  // where it goes
	kept   []span // what the tables don't have yet, oldest first
	before mark   // of the last entry
	failed bool   // an entry may be there that nobody was told of: no more are written before the journal is renewed

	buffer []byte
	flush  func(*os.File) error
}

// span is where a group of entries lies.
type span struct {
	from, to int64
	last     uint64 // number of its last entry
}

// mark says which batch an entry is.
type mark struct {
	region canvas.RegionID
	to     uint64
}

// newJournal makes an empty journal in place of any other. It begins to count when the tables have
// its nonce.
func newJournal(path string) (*journal, error) {
	j := &journal{path: path, nonce: 1 + rand.Uint64N(math.MaxUint64), next: 1, flush: disk.Flush}
	unfinished := path + ".new"
	file, err := os.OpenFile(unfinished, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	j.file = file
	err = errors.Join(file.Truncate(journalBytes), file.Sync())
	if err == nil {
		j.id, err = disk.IDOfOpen(file)
	}
	if err == nil {
		err = os.Rename(unfinished, path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(unfinished))
	}
	return j, nil
}

// inPlace returns an error unless the file at the path is the one that is written.
func (j *journal) inPlace() error {
	now, err := disk.IDOf(j.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !now.Same(j.id) {
		return fmt.Errorf("%s: %w", j.path, errReplaced)
	}
	return nil
}

// place returns where a group of so many bytes goes; false: there is no room before something was
// carried into the tables.
func (j *journal) place(length int64) (at int64, ok bool) {
	if len(j.kept) == 0 {
		return 0, length <= journalBytes
	}
	oldest := j.kept[0].from
	switch {
	case j.at <= oldest:
		return j.at, j.at+length <= oldest
	case j.at+length <= journalBytes:
		return j.at, true
	}
	return 0, length <= oldest
}

// encode puts commits into the form in which the journal has them.
func (j *journal) encode(commits []*commit) []byte {
	p, group, before := j.buffer[:0], j.next, j.before
	for i, c := range commits {
		at := len(p)
		p = append(p, make([]byte, journalHead)...)
		p = appendContents(p, c.entry)
		contents := p[at+journalHead:]
		for len(p)%journalAlign != 0 {
			p = append(p, 0)
		}
		head := p[at : at : at+journalHead]
		head = binary.BigEndian.AppendUint64(head, j.nonce)
		head = binary.BigEndian.AppendUint64(head, group+uint64(i))
		head = binary.BigEndian.AppendUint64(head, group)
		is := mark{c.batch.Region, c.batch.To}
		for _, m := range [...]mark{is, before} {
			head = binary.BigEndian.AppendUint32(head, uint32(m.region))
			head = binary.BigEndian.AppendUint64(head, m.to)
		}
		head = binary.BigEndian.AppendUint32(head, uint32(len(contents)))
		head = binary.BigEndian.AppendUint32(head, checksum(contents))
		binary.BigEndian.AppendUint32(head, checksum(head))
		before = is
	}
	j.buffer = p
	return p
}

// appendContents appends what the log will have of a batch.
func appendContents(p []byte, e logEntry) []byte {
	for _, part := range [][]byte{e.record, e.users} {
		p = append(binary.AppendUvarint(p, uint64(len(part))), part...)
	}
	return append(p, e.provenance...)
}

func decodeContents(p []byte) (e logEntry, err error) {
	for _, part := range []*[]byte{&e.record, &e.users} {
		length, n := binary.Uvarint(p)
		if n <= 0 || length > uint64(len(p)-n) {
			return e, corrupt("contents of an entry")
		}
		*part, p = p[n:n+int(length)], p[n+int(length):]
	}
	e.provenance = p
	return e, nil
}

// found is an entry that was read.
type found struct {
	number, group uint64
	is, before    mark
	entry         logEntry
	err           error // why its contents can't be read
}

// readEntry returns the entry at the beginning of p, if its head is sound, and how long it is.
func readEntry(p []byte, nonce uint64) (e found, length int, ok bool) {
	const sumAt = journalHead - 8
	if len(p) < journalHead || binary.BigEndian.Uint64(p) != nonce || checksum(p[:sumAt]) != binary.BigEndian.Uint32(p[sumAt:]) {
		return e, 0, false
	}
	u32 := func(at int) uint32 { return binary.BigEndian.Uint32(p[at:]) }
	u64 := func(at int) uint64 { return binary.BigEndian.Uint64(p[at:]) }
	e.number, e.group = u64(8), u64(16)
	e.is = mark{canvas.RegionID(u32(24)), u64(28)}
	e.before = mark{canvas.RegionID(u32(36)), u64(40)}
	end := journalHead + int64(u32(48))
	if end > int64(len(p)) {
		e.err = corrupt("it ends early")
		return e, journalHead, true
	}
	contents := p[journalHead:end]
	if checksum(contents) != u32(52) {
		e.err = corrupt("it is not what was written")
	} else {
		e.entry, e.err = decodeContents(contents)
	}
	return e, int(end+journalAlign-1) / journalAlign * journalAlign, true
}

// scan returns all entries of a journal with numbers above those that the tables have, by number, and
// how many there are whose head is not sound. It looks everywhere: what is damaged hides nothing behind
// it.
func scan(p []byte, nonce, settled uint64) (all map[uint64]found, unsound int) {
	all = make(map[uint64]found)
	first := binary.BigEndian.AppendUint64(nil, nonce)
	for at := 0; ; {
		next := bytes.Index(p[at:], first)
		if next < 0 {
			break
		}
		at += next
		e, length, ok := readEntry(p[at:], nonce)
		if !ok {
			unsound++
			at += journalAlign
			continue
		}
		if e.err != nil { // its length may not be true
			length = journalHead
		}
		if e.number > settled && e.number < math.MaxUint64 {
			if there, twice := all[e.number]; !twice || there.err != nil {
				all[e.number] = e
			}
		}
		if at = min(at+length, len(p)); len(p)-at >= journalHead { // perhaps it is the nonce that was damaged
			if binary.BigEndian.Uint64(p[at:]) != nonce && binary.BigEndian.Uint64(p[at+8:]) == e.number+1 {
				unsound++
			}
		}
	}
	return all, unsound
}
