package bolt

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
)

// errNotThisTime says that a group of commits has to go to the tables.
var errNotThisTime = errors.New("the journal can't take it now")

// toJournal puts commits into the journal, and gives each its outcome. If it returns an error, it has
// done nothing, or nothing that counts.
func (s *Store) toJournal(group []*request, outcomes []error) error {
	commits, before, now, err := s.weigh(group, outcomes)
	if err != nil || len(commits) == 0 {
		return err
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	in, p, err := s.placed(commits)
	if err != nil {
		return err
	}
	j := s.back.journal
	if _, err = j.file.WriteAt(p, in.from); err == nil {
		err = j.flush(j.file)
	}
	if err != nil {
		s.abandon(len(commits))
		return fmt.Errorf("write %s: %w", j.path, err)
	}
	s.stats.Flushes.Add(1)
	large, first := s.back.add(commits, before, now, in)
	if first {
		notify(s.begun)
	}
	if large {
		notify(s.large)
	}
	return nil
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// weigh tells those that are refused so, and returns the others, with how their regions are before and
// after them. It returns an error if the tables have to tell.
func (s *Store) weigh(group []*request, outcomes []error) (commits []*commit, before, now map[canvas.RegionID]region, err error) {
	before, now = make(map[canvas.RegionID]region), make(map[canvas.RegionID]region)
	for i, r := range group {
		c, is := r.op.(*commit)
		switch {
		case r.ctx.Err() != nil:
			outcomes[i] = unavailable(r.ctx.Err())
			continue
		case !is:
			continue
		}
		id := c.batch.Region
		at, known := now[id]
		if !known {
			if at, err = s.current(id); err != nil {
				return nil, nil, nil, err
			}
			before[id] = at
		}
		again, refused := at.takes(c.batch, c.token)
		if outcomes[i] = refused; refused == nil && !again {
			at.position, at.lastFrom = c.batch.Position(), c.batch.From
			commits = append(commits, c)
		}
		now[id] = at
	}
	return commits, before, now, nil
}

// current returns how a region is. Its error means that the tables have to tell.
func (s *Store) current(id canvas.RegionID) (at region, err error) {
	if s.back.harm(id) != nil {
		return region{}, errNotThisTime
	}
	if at, ok := s.back.of(id); ok {
		return at, nil
	}
	err = s.view(func(tx *bbolt.Tx) (err error) {
		t := tablesOf(tx)
		if at, err = t.region(id); err == nil {
			err = t.endsWhereItIs(id, &at)
		}
		return err
	})
	return at, err
}

// placed returns where in the journal commits go, and in what form. It makes room if there is none.
func (s *Store) placed(commits []*commit) (in span, p []byte, err error) {
	if s.back.journal == nil || s.back.journal.failed {
		return in, nil, errNotThisTime
	}
	if err := s.back.journal.inPlace(); err != nil {
		s.abandon(0)
		return in, nil, err
	}
	p = s.back.journal.encode(commits)
	if len(p) > journalGroup {
		return in, nil, errNotThisTime
	}
	place := func() (at int64, ok bool) {
		s.back.mu.Lock()
		defer s.back.mu.Unlock()
		return s.back.journal.place(int64(len(p)))
	}
	at, ok := place()
	if !ok {
		s.transact(nil)
		if at, ok = place(); !ok {
			return in, nil, errNotThisTime
		}
	}
	return span{from: at, to: at + int64(len(p))}, p, nil
}

// abandon gives up the journal until it is renewed: entries may be in it of which nobody knows whether
// they are durable. Their numbers are not given again.
func (s *Store) abandon(entries int) {
	s.back.mu.Lock()
	defer s.back.mu.Unlock()
	s.back.journal.failed = true
	s.back.journal.next += uint64(entries)
}

// renewJournal makes another journal after the present one has failed, or is gone. The tables must have
// all that is in it: then it does not matter which of the two a server finds that is killed here.
func (s *Store) renewJournal() {
	if old := s.back.journal; !old.failed || s.doubt.why() != nil || time.Since(s.renewed) < probeEvery {
		return
	}
	s.renewed = time.Now()
	s.transact(nil)
	if s.behind() {
		return
	}
	s.tables.Lock()
	defer s.tables.Unlock()
	path := s.back.journal.path
	j, err := newJournal(path)
	if err == nil {
		if err = s.survive(func() error { return begin(s.db, s.cfg.Dir, j) }); err != nil {
			_ = j.file.Close() // it is in use by nobody
		}
	}
	if err != nil {
		if s.cfg.Log != nil {
			s.cfg.Log.Warn("there is no journal: all is written into the canvas at once, which takes longer", "file", path, "err", err)
		}
		return
	}
	s.back.mu.Lock()
	defer s.back.mu.Unlock()
	_ = s.back.journal.file.Close() // nothing in it counts any more
	s.back.journal = j
}
