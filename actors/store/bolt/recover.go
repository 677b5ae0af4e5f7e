package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// journalKey is where the tables say which journal is theirs, in the bucket about the canvas. It is
// there while a store is open, or if it was killed: then the journal may have what the tables have not.
const journalKey = "journal"

// journalNote is what the tables know of their journal.
type journalNote struct {
	nonce uint64
	last  uint64 // number of the last entry that the tables have
}

func (t *tables) setJournal(n journalNote) {
	p := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, n.nonce), n.last)
	t.put(t.about, []byte(journalKey), binary.BigEndian.AppendUint32(p, checksum([]byte(journalKey), p)))
}

// journalNote returns false if there is no journal.
func (t *tables) journalNote() (n journalNote, ok bool, err error) {
	p := t.about.Get([]byte(journalKey))
	switch {
	case p == nil:
		return n, false, nil
	case len(p) != 16+sumBytes || checksum([]byte(journalKey), p[:16]) != binary.BigEndian.Uint32(p[16:]):
		return n, false, fmt.Errorf("%w: it says that its journal is %x", errDamaged, p)
	}
	return journalNote{binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(p[8:])}, true, nil
}

// salvaged is what was found in a journal.
type salvaged struct {
	entries int                        // that were found, sound or not
	taken   int                        // batches that the tables have now
	lost    []canvas.RegionID          // regions of which batches can't be read
	unknown int                        // batches that can't be read, of regions that can't be named
	torn    int                        // entries that were being written when the server was killed
	cut     bool                       // the file is shorter than it was
	ends    map[canvas.RegionID]uint64 // sequence numbers that lost regions had reached
}

// takeJournal puts into the tables what a killed server had only written into its journal. None may be
// missing, unless that is said of what was drawn last anyway.
func takeJournal(tx *bbolt.Tx, path string, cfg Config, said bool) (s salvaged, err error) {
	t := tablesOf(tx)
	note, there, err := t.journalNote()
	if err != nil || !there {
		return s, err
	}
	p, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && said {
		return s, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%s: it is not there, and may have what was drawn last before the server was killed: put it back, or create an empty file of that name to go on without", path)
	}
	if err != nil {
		return s, err
	}
	s.cut, s.ends = len(p) < journalBytes, make(map[canvas.RegionID]uint64)
	entries, unsound := scan(p, note.nonce, note.last)
	s.entries = len(entries) + unsound
	last, flushed := note.last, note.last
	for n, e := range entries {
		last, flushed = max(last, n), max(flushed, e.group-1)
	}
	regions := make(map[canvas.RegionID]*behind)
	for n := note.last + 1; n <= last; n++ {
		e, there := entries[n]
		b, err := e.batch(cfg.Geometry)
		switch {
		case there && err == nil:
			s.taken += s.take(t, regions, b, e.entry, n > flushed)
		case n > flushed: // of the last group, which need not have been flushed
			s.torn++
		case there:
			s.lose(e.is)
		default:
			if next, there := entries[n+1]; there {
				s.lose(next.before)
			} else {
				s.unknown++
			}
		}
	}
	if unsound > 0 && s.torn+s.unknown+len(s.ends) == 0 { // else it is one of those
		s.torn = unsound
	}
	for id, r := range regions {
		if len(r.batches) > 0 {
			_ = t.carryRegion(id, r, cfg.keep()) // what is damaged there is found when it is claimed
		}
	}
	for id, end := range s.ends {
		if t.markLost(id, end) {
			s.lost = append(s.lost, id)
		}
	}
	slices.Sort(s.lost)
	t.setJournal(journalNote{note.nonce, last})
	return s, t.failed
}

// batch returns what an entry says, if it may be of this canvas.
func (e *found) batch(g canvas.Geometry) (*canvas.Batch, error) {
	if e.err != nil {
		return nil, e.err
	}
	b, err := store.DecodeBatch(e.entry.record)
	if err != nil {
		return nil, err
	}
	if int(b.Region) >= g.Regions() || (mark{b.Region, b.To}) != e.is {
		return nil, corrupt("it is another batch")
	}
	_, _, width, height := g.Bounds(b.Region)
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			if int(p.Pos) >= width*height {
				return nil, corrupt("pixel %d out of region %d", p.Pos, b.Region)
			}
		}
	}
	return b, nil
}

// take adds a batch to those that are to be carried, and returns how many that are. perhaps says that
// it may never have been acknowledged.
func (s *salvaged) take(t *tables, regions map[canvas.RegionID]*behind, b *canvas.Batch, entry logEntry, perhaps bool) int {
	r := regions[b.Region]
	if r == nil {
		stored, err := t.region(b.Region)
		if err != nil { // then its position is that of its log
			t.appendLog(b, entry)
			return 1
		}
		r = &behind{at: stored, stored: stored}
		regions[b.Region] = r
	}
	switch at := r.at.position.Seq; {
	case b.To <= at || b.From < at: // it was carried
		return 0
	case b.From > at && perhaps:
		return 0
	case b.From > at:
		s.lose(mark{b.Region, b.From})
	}
	r.at.position, r.at.lastFrom = b.Position(), b.From
	r.batches = append(r.batches, waiting{batch: b, entry: entry})
	return 1
}

func (s *salvaged) lose(m mark) { s.ends[m.region] = max(s.ends[m.region], m.to) }

// markLost makes a region one that has lost pixels, so that whoever claims it is told, unless it has
// all of them up to a sequence number.
func (t *tables) markLost(id canvas.RegionID, end uint64) bool {
	r, err := t.region(id)
	if err != nil || r.term.Epoch == 0 {
		return err != nil
	}
	if whole := r.position.Seq >= end && t.wholeSince(id, r.logStart, r.position.Seq); whole {
		return false
	}
	t.seal(id, &r)
	r.sum ^= 1 << 63 // which no chunks add up to
	if end > r.position.Seq {
		r.position = canvas.Position{Epoch: r.term.Epoch, Seq: end}
		r.lastFrom = end
	}
	t.setRegion(id, &r)
	return true
}

// wholeSince reports whether a region's log has no holes.
func (t *tables) wholeSince(id canvas.RegionID, start, end uint64) bool {
	log := t.batches(id, start, -1)
	return start == end || len(log) > 0 && log[0].From == start && log[len(log)-1].To == end
}

// say tells what was found.
func (s *salvaged) say(log *slog.Logger, path string) {
	if log == nil {
		return
	}
	if s.taken > 0 {
		log.Info("the server was killed: what it had only in its journal is in the canvas now", "file", path, "batches", s.taken)
	}
	if s.cut {
		log.Error("the journal was cut short: what was drawn last before the server was killed may be lost", "file", path)
	}
	if len(s.lost) > 0 || s.unknown > 0 {
		log.Error("the journal is damaged: pixels that were drawn last before the server was killed are lost", "file", path, "regions", s.lost, "batches_of_unknown_regions", s.unknown)
	}
	if s.torn > 0 {
		log.Warn("what the journal was given last is not whole: it was not acknowledged, unless the file is damaged", "file", path, "batches", s.torn)
	}
}
