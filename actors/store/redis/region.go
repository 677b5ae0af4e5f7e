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

// keys are a region's meta, pixels and log.
func (s *Store) keys(region canvas.RegionID) []string {
	tag := s.cfg.Prefix + ":{" + strconv.FormatUint(uint64(region), 10) + "}:"
	return []string{tag + "meta", tag + "pixels", tag + "log"}
}

// read is a region as of one moment: its position, pixels and whole log.
func (s *Store) read(ctx context.Context, region canvas.RegionID) (*store.Claim, error) {
	var (
		keys     = s.keys(region)
		position *driver.SliceCmd
		pixels   *driver.StringCmd
		log      *driver.XMessageSliceCmd
	)
	_, err := s.client.TxPipelined(ctx, func(pipe driver.Pipeliner) error {
		position = pipe.HMGet(ctx, keys[0], "position_epoch", "position_seq")
		pixels = pipe.GetRange(ctx, keys[1], 0, -1) // as GET, and nothing for an absent key
		log = pipe.XRange(ctx, keys[2], "-", "+")
		return nil
	})
	if err != nil {
		return nil, err
	}
	c := &store.Claim{}
	if c.Position, err = positionOf(position.Val()); err != nil {
		return nil, err
	}
	if c.Tile, err = s.tileOf(region, pixels.Val()); err != nil {
		return nil, err
	}
	c.Recent, err = batchesOf(log.Val())
	return c, err
}

// log is a region's log after a sequence number: at most limit batches.
func (s *Store) log(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	if after == math.MaxUint64 || limit < 1 {
		return nil, nil
	}
	entries, err := s.client.XRangeN(ctx, s.keys(region)[2], strconv.FormatUint(after+1, 10), "+", int64(limit)).Result()
	if err != nil {
		return nil, err
	}
	return batchesOf(entries)
}

// positionOf reads an epoch and a sequence number; of a blank region both are absent.
func positionOf(fields []any) (p canvas.Position, err error) {
	for i, n := range []*uint64{&p.Epoch, &p.Seq} {
		text, ok := fields[i].(string)
		if !ok {
			continue
		}
		if *n, err = strconv.ParseUint(text, 10, 64); err != nil {
			return p, fmt.Errorf("position %q: %w", text, store.ErrCorrupt)
		}
	}
	return p, nil
}

func (s *Store) tileOf(region canvas.RegionID, stored string) (canvas.Tile, error) {
	_, _, width, height := s.cfg.Geometry.Bounds(region)
	tile := canvas.NewTile(width, height)
	if len(stored) > len(tile) {
		return nil, fmt.Errorf("%d bytes of pixels in a region of %d: %w", len(stored), len(tile), store.ErrCorrupt)
	}
	for i := range len(stored) {
		tile[i] ^= stored[i] // a new tile is background all over
	}
	return tile, nil
}

func batchesOf(entries []driver.XMessage) ([]*canvas.Batch, error) {
	batches := make([]*canvas.Batch, 0, len(entries))
	for _, entry := range entries {
		record, _ := entry.Values["batch"].(string)
		b, err := store.DecodeBatch([]byte(record))
		if err != nil {
			return nil, fmt.Errorf("log entry %s: %w", entry.ID, err)
		}
		batches = append(batches, b)
	}
	return batches, nil
}
