package redis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Redis can lose a part of a region: keys that an eviction policy drops or an operator deletes, the
// last writes in a failover, or everything if it starts with an empty memory. The commit script and
// Holds notice this, a claim says what is left, and Mend writes the region anew.

// mendScript: KEYS meta, pixels, log, ARGV term, its epoch, owner, token, position_epoch,
// position_seq, last_from, log_start, pixels, and for each batch of the log its id,
// record, origins, users and provenance. Returns the new epoch, or nothing when another owner has claimed the region.
//
// The keys may hold values of any type. SET comes first: a Redis that is out of memory refuses it,
// and then nothing has been written.
const mendScript = `
local meta, pixels, log = KEYS[1], KEYS[2], KEYS[3]
local claimed = '0'
if redis.call('TYPE', meta)['ok'] == 'hash' then
  claimed = redis.call('HGET', meta, 'epoch') or '0'
end
local token = ARGV[4]
local last, epoch = tonumber(string.match(claimed, '^%d+') or 0), tonumber(ARGV[2])
if claimed ~= ARGV[1] and last >= epoch then
  return ''
end` + nextEpoch + `
redis.call('SET', pixels, ARGV[9])
redis.call('DEL', meta, log)
for i = 10, #ARGV, 5 do
  redis.call('XADD', log, ARGV[i], 'batch', ARGV[i + 1], 'origins', ARGV[i + 2], 'users', ARGV[i + 3], 'provenance', ARGV[i + 4])
end
redis.call('HSET', meta, 'epoch', epoch .. '.' .. token, 'owner', ARGV[3], 'position_epoch', ARGV[5],
  'position_seq', ARGV[6], 'last_from', ARGV[7], 'log_start', ARGV[8])
return epoch`

// Mend implements store.Store.
func (s *Store) Mend(ctx context.Context, region canvas.RegionID, owner string, have *store.Claim) (store.Term, error) {
	term := store.Term{Token: store.NewToken()}
	args := mendArgs(owner, term.Token, have, s.cfg.keep().Tail(have.Recent))
	err := s.call(ctx, func() error {
		if err := s.sure(ctx, identityClaim); err != nil { // another Redis would lack the region as well
			return err
		}
		epoch, err := s.scripts.mend.Run(ctx, s.client(), s.keys(region), args...).Text()
		switch {
		case err != nil:
			return err
		case epoch == "":
			return fmt.Errorf("another has claimed it since: %w", store.ErrFenced)
		}
		if term.Epoch, err = strconv.ParseUint(epoch, 10, 64); err != nil {
			return err
		}
		return s.mark(ctx, term.Token)
	})
	if err != nil {
		return store.Term{}, fmt.Errorf("mend region %d: %w", region, err)
	}
	return term, nil
}

func mendArgs(owner string, token store.Token, have *store.Claim, recent []*canvas.Batch) []any {
	start, lastFrom := store.Ends(recent, have.Position)
	pixels := make([]byte, len(have.Tile))
	for i, c := range have.Tile {
		pixels[i] = c ^ 0xFF // every channel of the background is full
	}
	pixels = bytes.TrimRight(pixels, "\x00") // as if its end had never been painted
	args := []any{
		stored(have.Term), number(have.Epoch), owner, number(uint64(token)),
		number(have.Position.Epoch), number(have.Position.Seq), number(lastFrom), number(start), pixels,
	}
	for _, b := range recent {
		args = append(append(args, number(b.To)+"-0"), entryOf(b)...)
	}
	return args
}

// damaged turns an error into store.ErrDamaged if Redis returns it because a key is not what it
// was: it has another type, or the log is ahead of the region.
func damaged(err error) error {
	var said driver.Error
	if errors.As(err, &said) && (strings.Contains(said.Error(), "WRONGTYPE") || strings.Contains(said.Error(), "equal or smaller")) {
		return fmt.Errorf("%w: %w", store.ErrDamaged, err)
	}
	return err
}

// verdict turns what the commit script says about a batch that it refused into an error.
func verdict(said string) error {
	if lost, ok := strings.CutPrefix(said, lostPrefix); ok {
		return fmt.Errorf("%w: Redis has lost %s", store.ErrDamaged, lost)
	}
	return fmt.Errorf("%s: %w", said, store.ErrFenced)
}

// holds asks, in one round trip, what Holds needs: who the owner is, and whether everything is
// there. It takes no transaction, which would be five commands for each idle region instead of three.
// The owner is asked for first, so what is committed in between can't make anything look lost. Another
// owner could, by claiming and mending in between, and then the owner's own Mend is fenced.
func (s *Store) holds(ctx context.Context, keys []string, term store.Term, reached uint64) error {
	var meta *driver.SliceCmd
	var pixels, log *driver.StatusCmd
	_, err := s.client().Pipelined(ctx, func(pipe driver.Pipeliner) error {
		meta = pipe.HMGet(ctx, keys[0], "epoch", "owner", "position_seq", "log_start")
		pixels, log = pipe.Type(ctx, keys[1]), pipe.Type(ctx, keys[2])
		return nil
	})
	if err != nil {
		return err
	}
	is := meta.Val()
	claimed, _ := is[0].(string)
	whole, _, _ := strings.Cut(claimed, ".")
	epoch, _ := strconv.ParseUint(whole, 10, 64) // none is 0
	seq, start := orZero(is[2]), orZero(is[3])
	switch {
	case epoch < term.Epoch:
		return verdict(lostPrefix + "the claim of epoch " + number(term.Epoch))
	case claimed != stored(term) || is[1] == nil:
		return store.ErrFenced
	case behind(seq, reached):
		return verdict(lostPrefix + "commits: the region was at " + number(reached) + " and is at " + seq)
	case pixels.Val() != "string" && !(pixels.Val() == "none" && seq == "0"):
		return verdict(lostPrefix + "the pixels")
	case log.Val() != "stream" && !(log.Val() == "none" && seq == start):
		return verdict(lostPrefix + "the log")
	}
	return nil
}

func behind(seq string, reached uint64) bool {
	n, err := strconv.ParseUint(seq, 10, 64)
	return err != nil || n < reached
}

func orZero(field any) string {
	if text, ok := field.(string); ok {
		return text
	}
	return "0"
}

// examine reads a region, with as much of its log as keep says, and notes what is lost of it. If
// something is, it reads the whole log, where the pixels may be.
func (s *Store) examine(ctx context.Context, region canvas.RegionID, keep store.Keep) (*store.Remains, error) {
	from, err := s.tailFrom(ctx, region, keep)
	if err != nil {
		return nil, err
	}
	r, err := s.examineFrom(ctx, region, from)
	if err == nil && r.Missing != nil && from > 0 {
		return s.examineFrom(ctx, region, 0)
	}
	return r, err
}

// tailFrom returns the sequence number from which on a claim reads the log. Only where there is a
// record is a log ever longer than a claim needs.
func (s *Store) tailFrom(ctx context.Context, region canvas.RegionID, keep store.Keep) (uint64, error) {
	if keep.Buffer == 0 {
		return 0, nil
	}
	meta := s.client().HMGet(ctx, s.keys(region)[0], "position_epoch", "position_seq", "log_start")
	if err := meta.Err(); err != nil && !errors.Is(damaged(err), store.ErrDamaged) {
		return 0, err
	}
	r := &store.Remains{Region: region}
	s.placed(r, meta)
	if from := keep.TailFrom(r.LogStart, r.Position.Seq); from > r.LogStart {
		return from, nil
	}
	return 0, nil
}

// examineFrom reads a region as of one moment, with the log after a sequence number.
func (s *Store) examineFrom(ctx context.Context, region canvas.RegionID, from uint64) (*store.Remains, error) {
	var (
		keys   = s.keys(region)
		meta   *driver.SliceCmd
		pixels *driver.StringCmd
		exist  *driver.IntCmd
		log    *driver.XMessageSliceCmd
	)
	_, err := s.client().TxPipelined(ctx, func(pipe driver.Pipeliner) error {
		meta = pipe.HMGet(ctx, keys[0], "position_epoch", "position_seq", "log_start", "epoch", "recorded")
		pixels = pipe.GetRange(ctx, keys[1], 0, -1) // as GET, and nothing for an absent key
		exist = pipe.Exists(ctx, keys[1])
		log = pipe.XRange(ctx, keys[2], number(from)+"-1", "+")
		return nil
	})
	if err != nil && !errors.Is(damaged(err), store.ErrDamaged) {
		return nil, err
	}
	for _, cmd := range []driver.Cmder{meta, pixels, exist, log} {
		if err := cmd.Err(); err != nil && !errors.Is(damaged(err), store.ErrDamaged) {
			return nil, err
		}
	}
	r := &store.Remains{Region: region, ReadFrom: from}
	s.placed(r, meta)
	logged(r, log)
	s.painted(r, pixels, exist)
	return r, nil
}

// placed reads the position of a region; a blank one has none.
func (s *Store) placed(r *store.Remains, meta *driver.SliceCmd) {
	fields := meta.Val()
	for i, n := range []*uint64{&r.Position.Epoch, &r.Position.Seq, &r.LogStart, &r.Epoch, &r.Recorded} {
		if i >= len(fields) || fields[i] == nil {
			continue
		}
		text, _ := fields[i].(string)
		var err error
		if n == &r.Epoch {
			text, _, _ = strings.Cut(text, ".") // the token
		}
		if *n, err = strconv.ParseUint(text, 10, 64); err != nil {
			r.Lose("its position is %q", text)
		}
	}
	if meta.Err() != nil {
		r.Lose("its position: %v", meta.Err())
	}
}

// painted reads the pixels. If the string is shorter than the region, its end was never painted.
func (s *Store) painted(r *store.Remains, pixels *driver.StringCmd, exist *driver.IntCmd) {
	_, _, width, height := s.cfg.Geometry.Bounds(r.Region)
	r.Tile = canvas.NewTile(width, height)
	stored := pixels.Val()
	switch {
	case pixels.Err() != nil:
		r.Lose("its pixels: %v", pixels.Err())
	case len(stored) > len(r.Tile):
		r.Lose("its pixels: %d bytes in a region of %d", len(stored), len(r.Tile))
	case exist.Val() == 0 && (r.Position.Seq > 0 || len(r.Log) > 0):
		r.Lose("its pixels")
	default:
		for i := range len(stored) {
			r.Tile[i] ^= stored[i] // a new tile is background all over
		}
		return
	}
	r.Missing = func(uint16) bool { return true }
}

func logged(r *store.Remains, log *driver.XMessageSliceCmd) {
	if log.Err() != nil {
		r.Lose("its log: %v", log.Err())
	}
	for _, entry := range log.Val() {
		b, err := batchOf(entry)
		if err != nil {
			r.Lose("%v", err)
			continue
		}
		r.Log = append(r.Log, b)
	}
}
