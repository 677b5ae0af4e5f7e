package bolt

import (
	"errors"
	"log/slog"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	berrors "go.etcd.io/bbolt/errors"

	"pixelplayground/actors/store"
	"pixelplayground/actors/telemetry/logtest"
)

// logged opens a store whose log the test can read.
func logged(t *testing.T) (*Store, *logtest.Lines) {
	t.Helper()
	cfg, log := testConfig(t.TempDir()), &logtest.Lines{}
	cfg.Log = slog.New(slog.NewTextHandler(log, nil))
	return open(t, cfg), log
}

// Whatever is written to a file that nobody will find again is not acknowledged. When the file is
// put back, everything goes on.
func TestStore_FileGone(t *testing.T) {
	for name, take := range map[string]func(path string) error{
		"deleted": func(path string) error { return os.Rename(path, path+".away") },
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".away"), os.WriteFile(path, []byte("another"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := logged(t)
			claim := claimed(t, s, 0)
			path := s.db.Path()
			if err := take(path); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				err := s.Commit(t.Context(), dot(0, claim.Epoch, 0), claim.Token)
				if ping := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, errReplaced) || !errors.Is(ping, errReplaced) {
					t.Errorf("commit: %v, ping: %v; want ErrUnavailable because the file is gone", err, ping)
				}
			}
			if n := log.Count("level=ERROR"); n != 1 {
				t.Errorf("%d lines say it, want 1", n)
			}
			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Commit(t.Context(), dot(0, claim.Epoch, 0), claim.Token), s.Ping(t.Context())); err != nil || log.Count("is written again") != 1 {
				t.Errorf("after it was put back: %v", err)
			}
		})
	}
}

// If a disk loses pages of the open file, neither the process nor what is shown ends.
func TestStore_PagesLostWhileOpen(t *testing.T) {
	for name, harm := range map[string]func(file *os.File, size int64) error{
		"zeros": func(file *os.File, size int64) error {
			_, err := file.WriteAt(make([]byte, size-8192), 8192)
			return err
		},
		"cut": func(file *os.File, _ int64) error { return file.Truncate(4096) },
	} {
		t.Run(name, func(t *testing.T) {
			s, log := logged(t)
			claim := claimed(t, s, 0)
			file, err := os.OpenFile(s.db.Path(), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			info, _ := file.Stat()
			if err := errors.Join(harm(file, info.Size()), file.Close()); err != nil {
				t.Fatal(err)
			}
			_, history := s.History(t.Context(), 0, 0, 10)
			for name, err := range map[string]error{
				"commit": s.Commit(t.Context(), dot(0, claim.Epoch, 0), claim.Token), "history": history, "ping": s.Ping(t.Context()),
			} {
				if !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, errDamaged) || !strings.Contains(err.Error(), "backup") {
					t.Errorf("%s: %v", name, err)
				}
			}
			if n := log.Count("nothing is written any more"); n != 1 {
				t.Errorf("%d lines say it, want 1", n)
			}
		})
	}
}

// Ready means that a commit would succeed: after a failed one, and with little room on the disk,
// pings really write, but never more than one a second.
func TestPing_TriesWhenInDoubt(t *testing.T) {
	s, log := logged(t)
	transactions := func(pings int) int64 {
		before := s.stats.Transactions.Load()
		for range pings {
			if err := s.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return s.stats.Transactions.Load() - before
	}
	if n := transactions(5); n != 0 {
		t.Errorf("pings of a sound store made %d transactions", n)
	}
	claim := claimed(t, s, 0)
	setMaxSize(s, 1)
	big := dot(0, claim.Epoch, 0)
	big.Ops[0].Name = strings.Repeat("x", carryBytes)
	if err := s.Commit(t.Context(), big, claim.Token); err != nil { // the journal takes it, and then the tables can't
		t.Fatal(err)
	}
	eventually(t, "a transaction fails", func() bool { return s.doubt.why() != nil })
	failed := s.stats.Failed.Load()
	for range 20 {
		if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, berrors.ErrMaxSizeReached) {
			t.Fatalf("a ping when nothing can be written: %v", err)
		}
	}
	if n := s.stats.Failed.Load() - failed; n > 3 { // one of them is no ping's
		t.Errorf("20 pings tried %d times", n)
	}
	setMaxSize(s, 0)
	eventually(t, "a ping tries and succeeds", func() bool { return s.Ping(t.Context()) == nil })
	if n := transactions(5); n != 0 || log.Count("can't be written") != 1 || log.Count("is written again") != 1 {
		t.Errorf("afterwards 5 pings made %d transactions", n)
	}
	room := uint64(scarce - 1)
	s.room = func() uint64 { return room } // read by the writer after the next request
	s.doubt.probed = time.Time{}
	if n := transactions(5); n != 1 {
		t.Errorf("with little room 5 pings made %d transactions, want 1", n)
	}
	s.room = func() uint64 { return math.MaxUint64 }
}

// setMaxSize lets the tables grow no further, from the next transaction on; 0: they may.
func setMaxSize(s *Store, bytes int) {
	s.tables.Lock()
	defer s.tables.Unlock()
	s.db.MaxSize = bytes
}
