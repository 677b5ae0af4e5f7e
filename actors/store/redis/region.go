package redis

import (
	"context"
	"fmt"
	"math"
	"strconv"

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

// log returns a region's log after a sequence number: at most limit batches.
func (s *Store) log(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	if after == math.MaxUint64 || limit < 1 {
		return nil, nil
	}
	entries, err := s.client().XRangeN(ctx, s.keys(region)[2], strconv.FormatUint(after+1, 10), "+", int64(limit)).Result()
	if err != nil {
		return nil, err
	}
	return batchesOf(entries)
}

func batchesOf(entries []driver.XMessage) ([]*canvas.Batch, error) {
	batches := make([]*canvas.Batch, 0, len(entries))
	for _, entry := range entries {
		record, _ := entry.Values["batch"].(string)
		origins, _ := entry.Values["origins"].(string) // this and the next are absent if an earlier version wrote it
		users, _ := entry.Values["users"].(string)
		b, err := store.DecodeBatch([]byte(record))
		if err == nil {
			err = store.DecodeOrigins([]byte(origins), b.Ops)
		}
		if err == nil {
			err = store.DecodeUsers([]byte(users), b.Ops)
		}
		if err != nil {
			return nil, fmt.Errorf("log entry %s: %w", entry.ID, err)
		}
		batches = append(batches, b)
	}
	return batches, nil
}
