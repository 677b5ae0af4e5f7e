package redis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
)

// harm is a way in which Redis loses a part of region 0, which had 8 commits of one pixel each.
type harm struct {
	name    string
	do      func(do func(...string) string, s *Store)
	unseen  bool   // a commit and Holds do not notice; the next claim does
	left    string // of the claim's damage; "": what is left is a blank region
	pixels  bool   // pixels are lost that the log does not have
	at      uint64 // sequence number that a claim knows of
	batches int    // that lead there
	last    bool   // a commit that follows is the first of them
}

func harms() []harm {
	const meta, pixels, log = "test:{0}:meta", "test:{0}:pixels", "test:{0}:log"
	return []harm{
		{name: "all", do: func(do func(...string) string, s *Store) { do("FLUSHALL") }},
		{name: "meta", do: func(do func(...string) string, s *Store) { do("DEL", meta) }, left: "its log ends at 8 and the region is at 0", at: 8, batches: 8},
		{name: "pixels", do: func(do func(...string) string, s *Store) { do("DEL", pixels) }, left: "its pixels", at: 8, batches: 8},
		{name: "log", do: func(do func(...string) string, s *Store) { do("DEL", log) }, left: "its log ends at 0 and the region is at 8", at: 8},
		{name: "meta and log", do: func(do func(...string) string, s *Store) { do("DEL", meta, log) }, left: "", at: 0},
		{name: "meta and pixels", do: func(do func(...string) string, s *Store) { do("DEL", meta, pixels) }, left: "its log ends at 8", at: 8, batches: 8},
		{name: "pixels and log", do: func(do func(...string) string, s *Store) { do("DEL", pixels, log) }, left: "its pixels, its log", at: 8, pixels: true},
		{name: "meta of another type", do: func(do func(...string) string, s *Store) { do("SET", meta, "x") }, left: "its log ends at 8", at: 8, batches: 8},
		{name: "pixels of another type", do: func(do func(...string) string, s *Store) { do("DEL", pixels); do("SADD", pixels, "x") }, left: "its pixels: WRONGTYPE", at: 8, batches: 8},
		{name: "log of another type", do: func(do func(...string) string, s *Store) { do("SET", log, "x") }, left: "its log: WRONGTYPE", at: 8},
		{name: "end of the log", do: func(do func(...string) string, s *Store) { do("XDEL", log, "8-0") }, unseen: true, left: "its log goes on at 8 after 7", at: 8, last: true},
		{name: "beginning of the log", do: func(do func(...string) string, s *Store) { do("XDEL", log, "1-0") }, unseen: true, left: "its log goes on at 1 after 0", at: 8, batches: 7},
		{name: "middle of the log", do: func(do func(...string) string, s *Store) { do("XDEL", log, "4-0") }, unseen: true, left: "its log goes on at 4 after 3", at: 8, batches: 4},
		{name: "position", do: func(do func(...string) string, s *Store) { do("HSET", meta, "position_seq", "many") }, left: `its position is "many"`, at: 8, batches: 8},
		{name: "position, by a failover", do: func(do func(...string) string, s *Store) { do("HSET", meta, "position_seq", "7", "last_from", "6") }, left: "its log ends at 8 and the region is at 7", at: 8, batches: 8},
		{name: "an entry", do: func(do func(...string) string, s *Store) { do("XADD", log, "9-0", "batch", "short") }, unseen: true, left: "log entry 9-0", at: 8, batches: 8},
		{name: "an entry of another region", do: func(do func(...string) string, s *Store) {
			s.client().XAdd(context.Background(), &driver.XAddArgs{Stream: log, ID: "9-0", Values: []any{"batch", store.AppendBatch(nil, dot(1, 5, 8))}})
		}, unseen: true, left: "1 batches in its log are not its own", at: 8, batches: 8},
		{name: "pixels too long", do: func(do func(...string) string, s *Store) { do("SETRANGE", pixels, "768", "more") }, unseen: true, left: "its pixels: 772 bytes in a region of 768", at: 8, batches: 8},
	}
}

// TestStore_Damage: whatever Redis loses of a region, its owner is told so (and not that another
// owner has claimed it). A claim says what is lost and returns what is left, both owners can mend
// the region, and other regions go on.
func TestStore_Damage(t *testing.T) {
	server := redistest.Start(t)
	for _, h := range harms() {
		t.Run(h.name, func(t *testing.T) {
			server.Do("FLUSHALL")
			s := open(t, testConfig(server.URL()))
			owner, drawn := drawnRegion(t, s)
			other := claimed(t, s, 3)
			h.do(server.Do, s)

			next := dot(0, owner.Epoch, 8)
			if err := s.Commit(t.Context(), next, owner.Token); !h.unseen && (!errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "lost") && !strings.Contains(err.Error(), "WRONGTYPE")) {
				t.Errorf("commit: %v, want ErrDamaged", err)
			} else if h.unseen && err == nil {
				drawn.Recent = append(drawn.Recent, next)
				drawn.Tile.Apply(next)
				drawn.Position = next.Position()
				h.at++
				if h.batches > 0 || h.last {
					h.batches++
				}
			}
			if h.name == "all" { // only then is nothing left of the other region
				if err := s.Holds(t.Context(), 0, owner.Term, 0); !errors.Is(err, store.ErrDamaged) {
					t.Errorf("holds: %v, want ErrDamaged", err)
				}
			} else if err := s.Commit(t.Context(), dot(3, other.Epoch, 0), other.Token); err != nil {
				t.Errorf("commit to a sound region: %v", err)
			}
			claim := claimed(t, s, 0)
			h.check(t, claim, drawn)
			if err := s.Commit(t.Context(), dot(0, claim.Epoch, claim.Position.Seq), claim.Token); claim.Damage != nil && !h.unseen && !errors.Is(err, store.ErrDamaged) {
				t.Errorf("commit to what is not mended: %v", err)
			}
			drawn.Term = claim.Term // as if the previous owner had been asked for what it has
			h.mend(t, s, drawn)
		})
	}
}

// An owner that is told mends the region at once, under the claim that was lost.
func TestStore_OwnerMends(t *testing.T) {
	server := redistest.Start(t)
	for _, h := range harms() {
		server.Do("FLUSHALL")
		s := open(t, testConfig(server.URL()))
		owner, drawn := drawnRegion(t, s)
		h.do(server.Do, s)
		drawn.Term = owner.Term
		h.mend(t, s, drawn)
	}
}

func (h *harm) check(t *testing.T, claim, drawn *store.Claim) {
	t.Helper()
	text := ""
	if claim.Damage != nil {
		text = claim.Damage.Error()
	}
	if (h.left == "") != (claim.Damage == nil) || !strings.Contains(text, h.left) || claim.Damage != nil && !errors.Is(claim.Damage, store.ErrDamaged) {
		t.Errorf("the claim says %q, want %q", text, h.left)
	}
	if claim.PixelsLost != h.pixels || claim.Position.Seq != h.at || len(claim.Recent) != h.batches {
		t.Errorf("at %v with %d batches, pixels lost %t; want %d with %d, %t", claim.Position, len(claim.Recent), claim.PixelsLost, h.at, h.batches, h.pixels)
	}
	if h.left != "" && h.batches > 1 && !bytes.Equal(claim.Tile, drawn.Tile) {
		t.Error("a pixel is lost that was there or in the log")
	}
}

func (h *harm) mend(t *testing.T, s *Store, have *store.Claim) {
	t.Helper()
	term, err := s.Mend(t.Context(), 0, "test", have)
	if err != nil {
		t.Fatalf("%s: mend: %v", h.name, err)
	}
	from := have.Position.Seq
	b := dot(0, term.Epoch, from)
	if err := errors.Join(s.Commit(t.Context(), b, term.Token), s.Holds(t.Context(), 0, term, 0)); err != nil {
		t.Errorf("%s: after mending: %v", h.name, err)
	}
	have.Tile.Apply(b)
	if got := claimed(t, s, 0); got.Damage != nil || got.Position != b.Position() || !bytes.Equal(got.Tile, have.Tile) || len(got.Recent) != len(have.Recent)+1 {
		t.Errorf("%s: mended to %v with %d batches: %v", h.name, got.Position, len(got.Recent), got.Damage)
	}
}

// drawnRegion draws 8 pixels and returns the claim and the region's state.
func drawnRegion(t *testing.T, s *Store) (owner, drawn *store.Claim) {
	t.Helper()
	owner = claimed(t, s, 0)
	drawn = &store.Claim{Tile: canvas.NewTile(16, 16)}
	for from := range uint64(8) {
		b := dot(0, owner.Epoch, from)
		b.Ops[0].Pixels[0].Color = canvas.Color(0xABCDEF + from)
		if err := s.Commit(t.Context(), b, owner.Token); err != nil {
			t.Fatal(err)
		}
		drawn.Tile.Apply(b)
		drawn.Recent, drawn.Position = append(drawn.Recent, b), b.Position()
	}
	return owner, drawn
}

// A mend that Redis refuses for lack of memory has changed nothing.
func TestStore_MendWithoutMemory(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	owner, drawn := drawnRegion(t, s)
	drawn.Term = owner.Term
	server.Do("CONFIG", "SET", "maxmemory", "1")
	if _, err := s.Mend(t.Context(), 0, "test", &store.Claim{Term: owner.Term, Tile: canvas.NewTile(16, 16)}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("mend: %v, want ErrUnavailable", err)
	}
	server.Do("CONFIG", "SET", "maxmemory", "0")
	if err := s.Holds(t.Context(), 0, owner.Term, 0); err != nil {
		t.Error(err)
	}
	if claim := claimed(t, s, 0); claim.Damage != nil || fmt.Sprint(claim.Position) != fmt.Sprint(drawn.Position) || !bytes.Equal(claim.Tile, drawn.Tile) {
		t.Errorf("at %v, want %v: %v", claim.Position, drawn.Position, claim.Damage)
	}
}
