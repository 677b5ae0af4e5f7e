package redis

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

const pixelBytes = 3 // of one position in the pixels' string

// about is the key of what concerns the whole canvas.
func (s *Store) about() string { return s.cfg.Prefix + ":canvas" }

// keys returns the keys of a region's meta, pixels and log.
func (s *Store) keys(region canvas.RegionID) []string {
	tag := s.cfg.Prefix + ":{" + strconv.FormatUint(uint64(region), 10) + "}:"
	return []string{tag + "meta", tag + "pixels", tag + "log"}
}

// log returns a region's log after a sequence number, up to the first hole: at most limit batches.
// What can't be read is a hole.
func (s *Store) log(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	for limit > 0 && after < math.MaxUint64 {
		entries, err := s.client().XRangeN(ctx, s.keys(region)[2], number(after+1), "+", int64(limit)).Result()
		if err != nil || len(entries) == 0 {
			return nil, err
		}
		if batches := untilHole(entries); len(batches) > 0 {
			return batches, nil
		}
		id, _, _ := strings.Cut(entries[len(entries)-1].ID, "-")
		if after, err = strconv.ParseUint(id, 10, 64); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func untilHole(entries []driver.XMessage) (batches []*canvas.Batch) {
	for _, entry := range entries {
		b, err := batchOf(entry)
		switch n := len(batches); {
		case err != nil && n == 0:
		case err != nil || n > 0 && b.From != batches[n-1].To:
			return batches
		default:
			batches = append(batches, b)
		}
	}
	return batches
}

func batchOf(entry driver.XMessage) (*canvas.Batch, error) {
	record, _ := entry.Values["batch"].(string)
	origins, _ := entry.Values["origins"].(string) // this and the next ones are absent if an earlier version wrote it
	users, _ := entry.Values["users"].(string)
	provenance, _ := entry.Values["provenance"].(string)
	b, err := store.DecodeBatch([]byte(record))
	if err == nil {
		err = store.DecodeOrigins([]byte(origins), b.Ops)
	}
	if err == nil {
		err = store.DecodeUsers([]byte(users), b.Ops)
	}
	if err == nil {
		err = store.DecodeProvenance([]byte(provenance), b.Ops)
	}
	if err != nil {
		return nil, fmt.Errorf("log entry %s: %w", entry.ID, err)
	}
	return b, nil
}
