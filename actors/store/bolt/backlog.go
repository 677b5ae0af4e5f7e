package bolt

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

const (
	// carryAt is how many entries of the backlog are carried into the tables without waiting: with each
	// transaction pages are written that many of them share. carryBytes is the same of their size.
	carryAt    = 2048
	carryBytes = 1 << 20
	// carryAge is how long the first of them waits at most. What a killed server has to carry when it
	// starts again is what came within that time.
	carryAge = time.Second
)

// backlog is what is in the journal and not yet in the tables. The writer adds to it, and whoever
// holds Store.tables takes from it.
type backlog struct {
	mu      sync.Mutex
	journal *journal
	regions map[canvas.RegionID]*behind
	entries int
	bytes   int

	// damaged are regions of which pixels can't be written in the tables. Their owners are told with
	// the next commit.
	damaged map[canvas.RegionID]error
}

// behind is a region of which the tables don't have everything.
type behind struct {
	at      region // as it is; its log and pixels are as in the tables
	stored  region // as the tables have it
	batches []waiting
}

// waiting is a batch that is not in the tables yet.
type waiting struct {
	number uint64 // of its entry; 0: it has none
	batch  *canvas.Batch
	entry  logEntry
}

// of returns how a region is, if the tables don't have everything of it.
func (b *backlog) of(id canvas.RegionID) (at region, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.regions[id]; r != nil {
		return r.at, true
	}
	return region{}, false
}

// tail returns what of a region's log after a sequence number is not in the tables.
func (b *backlog) tail(id canvas.RegionID, after uint64) (at region, log []logEntry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.regions[id]
	if r == nil {
		return region{}, nil
	}
	for _, w := range r.batches {
		if w.batch.To > after {
			log = append(log, w.entry)
		}
	}
	return r.at, log
}

// historyWith is batches with the end of the log, which is not in the table. It leaves out what will be
// trimmed when it is.
func (t *tables) historyWith(id canvas.RegionID, tail []logEntry, end, after uint64, limit int, keep store.Keep) ([]*canvas.Batch, error) {
	must, may := keep.Cuts(end)
	if keep.Buffer > 0 {
		may = min(may, t.recordedTo(id))
	}
	const straddles = 1 // batches that begin before must and end behind it
	log := t.batches(id, max(after, must, may), min(limit, math.MaxInt-straddles)+straddles)
	for _, e := range tail {
		if len(log) > limit {
			break
		}
		b, err := e.batch()
		if err != nil {
			return nil, err
		}
		if n := len(log); n == 0 || b.From == log[n-1].To {
			log = append(log, b)
		}
	}
	first := 0
	for first < len(log)-1 && (log[first].From < must || log[first].To <= may) {
		first++
	}
	log = log[first:]
	return log[:min(len(log), limit)], nil
}

// harm returns why a region's pixels can't be written.
func (b *backlog) harm(id canvas.RegionID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.damaged[id]
}

// heal forgets that: the region has been written anew, or its owner has been told.
func (b *backlog) heal(id canvas.RegionID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.damaged, id)
}

// add notes commits that the journal has, and how their regions are now.
func (b *backlog) add(commits []*commit, before, now map[canvas.RegionID]region, in span) (large, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	j := b.journal
	number := j.next
	for _, c := range commits {
		id := c.batch.Region
		r := b.regions[id]
		if r == nil {
			r = &behind{stored: before[id]}
			b.regions[id] = r
		}
		r.at = now[id]
		r.batches = append(r.batches, waiting{number, c.batch, c.entry})
		j.before = mark{id, c.batch.To}
		number++
	}
	first = b.entries == 0
	b.entries += len(commits)
	b.bytes += int(in.to - in.from)
	in.last = number - 1
	j.next, j.at, j.kept = number, in.to, append(j.kept, in)
	return b.entries >= carryAt || b.bytes >= carryBytes, first
}

// load is a part of the backlog on its way into the tables.
type load struct {
	nonce   uint64
	last    uint64 // number of the last entry that the tables have with it
	regions map[canvas.RegionID]*behind
}

// load returns all that waits now.
func (b *backlog) load() load {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := load{nonce: b.journal.nonce, last: b.journal.next - 1, regions: make(map[canvas.RegionID]*behind, len(b.regions))}
	for id, r := range b.regions {
		l.regions[id] = &behind{stored: r.stored, batches: slices.Clone(r.batches)}
	}
	return l
}

// carried takes off what the tables have.
func (b *backlog) carried(l load, harm map[canvas.RegionID]error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, done := range l.regions {
		r := b.regions[id]
		b.entries -= len(done.batches)
		if r.batches = r.batches[len(done.batches):]; len(r.batches) == 0 {
			delete(b.regions, id)
			continue
		}
		r.batches, r.stored = slices.Clone(r.batches), done.stored
	}
	j := b.journal
	for len(j.kept) > 0 && j.kept[0].last <= l.last {
		b.bytes -= int(j.kept[0].to - j.kept[0].from)
		j.kept = j.kept[1:]
	}
	maps.Copy(b.damaged, harm)
}

// carry writes a load into the tables. It returns what it has found damaged there.
func (t *tables) carry(l load, keep store.Keep) (harm map[canvas.RegionID]error) {
	for id, r := range l.regions {
		if err := t.carryRegion(id, r, keep); err != nil {
			if harm == nil {
				harm = make(map[canvas.RegionID]error)
			}
			harm[id] = err
		}
	}
	if l.nonce != 0 {
		t.setJournal(journalNote{l.nonce, l.last})
	}
	return harm
}

// carryRegion writes the batches of a region. Where a chunk can't be read, it stays as it is, so that
// whoever reads it finds that too: its pixels are in the log and with the region's owner.
func (t *tables) carryRegion(id canvas.RegionID, behind *behind, keep store.Keep) (harm error) {
	r, err := t.region(id)
	if err != nil || r.term != behind.stored.term || r.position != behind.stored.position {
		r = behind.stored // what is in the table is not what was read there when the first batch came
	}
	t.seal(id, &r)
	batches := make([]*canvas.Batch, len(behind.batches))
	for i, w := range behind.batches {
		batches[i] = w.batch
		t.appendLog(w.batch, w.entry)
	}
	last := batches[len(batches)-1]
	harm = t.paint(id, batches, &r, true)
	r.position, r.lastFrom = last.Position(), last.From
	r.logStart = t.trimLog(id, &r, keep)
	t.setRegion(id, &r)
	behind.stored = r
	return harm
}

// carryOn has the tables take what the journal has, and carries out requests that concern no region's
// pixels, until Close.
func (s *Store) carryOn() {
	defer close(s.carriedAll)
	due := time.NewTimer(carryAge)
	defer due.Stop()
	for {
		var group []*request
		select {
		case first, open := <-s.papers:
			if !open {
				return
			}
			group = gather(first, s.papers)
		case <-s.begun:
			due.Reset(carryAge)
			continue
		case <-s.large:
		case <-due.C:
		}
		if s.behind() || len(group) > 0 {
			s.transact(group)
		}
		if s.behind() {
			due.Reset(carryAge)
		}
	}
}

// behind reports whether there is a backlog.
func (s *Store) behind() bool {
	s.back.mu.Lock()
	defer s.back.mu.Unlock()
	return s.back.entries > 0
}
