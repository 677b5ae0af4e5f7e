package wire

import (
	"errors"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

func TestRules(t *testing.T) {
	geometry := canvas.Geometry{Width: 40, Height: 32, Region: 16} // regions of 16x16, and of 8x16 in the last column
	pixel := func(pos uint16) []canvas.Op {
		return []canvas.Op{{ID: canvas.OpID{Author: 1, Num: 1}, Pixels: []canvas.Pixel{{Pos: pos}}}}
	}
	batch := func(id canvas.RegionID, from uint64, pos uint16) *canvas.Batch {
		return &canvas.Batch{Region: id, Epoch: 1, From: from, To: from + 1, Ops: pixel(pos)}
	}
	op := func(change func(*canvas.Op)) *message.Submit {
		ops := pixel(0)
		change(&ops[0])
		return &message.Submit{Ops: ops}
	}
	long := strings.Repeat("x", maxTold+1)
	somebody, limit := canvas.Subject{1}, canvas.Limit{Every: 5_000_000, Burst: 2000}
	for _, c := range []struct {
		region  canvas.RegionID // for messages that belong to one
		message any
		want    error
	}{
		{2, &message.Submit{Ops: pixel(127)}, nil},
		{2, &message.Submit{Ops: pixel(128)}, errPixel},
		{1, &message.Submit{Ops: pixel(255)}, nil},
		{1, op(func(o *canvas.Op) { o.Pixels = nil }), errOp},
		{1, op(func(o *canvas.Op) { o.Pixels = make([]canvas.Pixel, canvas.MaxBatchPixels+1) }), errOp},
		{1, op(func(o *canvas.Op) { o.ID.Author = 1 << 48 }), errAuthor},
		{1, op(func(o *canvas.Op) { o.Name = "\xFF" }), errName},
		{1, op(func(o *canvas.Op) { o.Name = long }), errName},
		{1, op(func(o *canvas.Op) { o.Spelling = "red" }), errSpelling},
		{1, op(func(o *canvas.Op) { o.Cause = strings.Repeat("x", canvas.MaxCause+1) }), errCause},
		{1, op(func(o *canvas.Op) { o.Cause = "\xFF" }), errCause},
		{1, op(func(o *canvas.Op) { o.Role = canvas.RoleOwner + 1 }), errRole},
		{1, &message.Point{Moved: []canvas.Pointer{{X: 40}}}, errPoint},
		{1, &message.Point{Moved: make([]canvas.Pointer, maxPointers+1)}, errCount},
		{1, &message.Point{Beckons: []canvas.Pointer{{X: 40}}}, errPoint},
		{2, &message.Pointed{Beckons: make([]canvas.Pointer, maxPointers+1)}, errCount},
		{1, &message.Point{Moved: []canvas.Pointer{{X: 39, Y: 31}, {X: canvas.PointerGone, Y: canvas.PointerGone}}}, nil},
		{2, &message.Committed{}, nil},
		{2, &message.Committed{Batch: batch(2, 7, 127)}, nil},
		{2, &message.Committed{Batch: batch(1, 7, 127)}, errRegion},
		{2, &message.Committed{Batch: batch(2, 7, 128)}, errPixel},
		{2, &message.Committed{Batch: &canvas.Batch{Region: 2, From: 1, To: 1}}, errSeq},
		{2, &message.Committed{Batch: &canvas.Batch{Region: 2, From: 1, To: 9, Ops: pixel(1)}}, errSeq},
		{2, &message.Attached{Base: &canvas.Snapshot{Region: 2, Tile: canvas.NewTile(8, 16)}, Recent: []*canvas.Batch{batch(2, 1, 1), batch(2, 2, 1)}}, nil},
		{2, &message.Attached{Base: &canvas.Snapshot{Region: 2, Tile: canvas.NewTile(16, 16)}}, errTile},
		{2, &message.Attached{Base: &canvas.Snapshot{Region: 2}}, errTile},
		{2, &message.Attached{Base: &canvas.Snapshot{Region: 1, Tile: canvas.NewTile(8, 16)}}, errRegion},
		{2, &message.Attached{Recent: []*canvas.Batch{batch(2, 1, 1), batch(2, 3, 1)}}, errChain},
		{2, &message.Rejected{Why: 200}, nil}, // of a later version: made RefusedUnknown
		{2, &message.Rejected{Why: 1, Retry: -1}, errCount},
		{2, &message.Pointed{Moved: []canvas.Pointer{{Author: 1 << 48}}}, errAuthor},
		{0, &message.PodUsers{Joined: []message.Member{{User: canvas.User{Name: "ada"}}}}, nil},
		{0, &message.PodUsers{Left: make([]canvas.ViewerID, maxPodUsers+1)}, errCount},
		{0, &message.PodUsers{Joined: []message.Member{{User: canvas.User{Name: long}}}}, errName},
		{0, &message.Shown{Count: 3}, nil},
		{0, &message.Shown{Count: -1}, errCount},
		{0, &message.Shown{Joined: make([]canvas.User, canvas.MaxListedUsers+1)}, errCount},
		{0, &message.Shown{Left: []canvas.Author{1 << 48}}, errAuthor},
		{0, &message.Resting{Sums: make([]uint64, message.RestShares)}, nil},
		{0, &message.Resting{Sums: make([]uint64, message.RestShares-1)}, errCount},
		{0, &message.Resting{Sums: make([]uint64, message.RestShares+1)}, errCount},
		{0, &message.Lease{Subject: somebody, Limit: limit, Least: 1, Want: 2}, nil},
		{0, &message.Lease{Subject: somebody, Limit: limit}, nil},
		{0, &message.Lease{Limit: limit, Least: 1, Want: 2}, errNobody},
		{0, &message.Lease{Subject: somebody, Limit: limit, Least: 3, Want: 2}, errCount},
		{0, &message.Lease{Subject: somebody, Limit: limit, Least: -1, Want: 2}, errCount},
		{0, &message.Lease{Subject: somebody, Limit: limit, Want: maxLease + 1}, errCount},
		{0, &message.Lease{Subject: somebody, Limit: limit, Unused: -1}, errCount},
		{0, &message.Lease{Subject: somebody}, errCount},
		{0, &message.Lease{Subject: somebody, Limit: canvas.Limit{Every: 5}}, errCount},
		{0, &message.Lease{Subject: somebody, Limit: canvas.Limit{Every: 1 << 62, Burst: 2}}, errCount},
		{0, &message.Leased{Subject: somebody, Not: 200}, nil}, // of a later version: made LeaseUnavailable
		{0, &message.Leased{Subject: somebody, Pixels: -1}, errCount},
		{0, &message.Leased{Subject: somebody, Wait: -1}, errCount},
		{0, &message.Leased{Subject: somebody, Full: -1}, errCount},
		{0, &message.Leased{}, errNobody},
		{0, &message.Unspent{Subject: somebody, Limit: limit, Pixels: -1}, errCount},
		{0, &message.Unspent{Subject: somebody, Limit: limit, Pixels: 1}, nil},
		{0, &message.YieldAllowance{}, nil}, // asks for the floor
		{0, &message.AllowanceYielded{Full: -1}, errCount},
		{0, &message.AllowanceYielded{Floor: -1}, errCount},
		{0, &message.MoveAllowance{Subject: somebody, Limit: limit, Full: -1}, errCount},
		{0, &message.MoveAllowance{Limit: limit}, errNobody},
		{0, &message.AllowanceMoved{}, errNobody},
		{0, &message.RulesDecided{First: 1, Acts: [][]byte{{'{', '}'}}}, nil},
		{0, &message.RulesDecided{First: 1, Acts: make([][]byte, message.MaxActsKnown+1)}, errCount},
		{0, &message.RulesDecided{Acts: [][]byte{{'{', '}'}}}, errCount},
		{0, &message.RulesDecided{First: 1, Acts: [][]byte{nil}}, errAct},
		{0, &message.RulesKnown{First: 1, Acts: [][]byte{make([]byte, maxStoredAct)}}, nil},
		{0, &message.RulesKnown{First: 1, Acts: [][]byte{make([]byte, maxStoredAct+1)}}, errAct},
		{0, &message.RulesKnown{First: 1}, nil},
		{0, &message.RulesObeyed{Version: 1, Open: []canvas.RegionID{5}, Held: []canvas.RegionID{0}}, nil},
		{0, &message.RulesObeyed{Version: 1, Open: []canvas.RegionID{6}}, errRegion},
		{0, &message.RulesObeyed{Version: 1, Held: make([]canvas.RegionID, 7)}, errCount},
		{0, &message.Inspect{Connections: 50}, nil},
		{0, &message.Inspect{Connections: -1}, errCount},
		{0, &message.Inspect{Connections: maxConnections + 1}, errCount},
		{0, &message.DescribeActor{Actor: long}, errText},
		{0, &message.Act{Text: "\xFF"}, errText},
		{0, &message.Act{Do: message.ActHandOver, Region: 6}, errRegion},
		{0, &message.Report{Viewers: []int{1}}, nil},
		{0, &message.Report{Viewers: []int{-1}}, errCount},
		{0, &message.Report{Regions: []message.RegionReport{{Region: 6}}}, errRegion},
	} {
		err := CheckRegion(geometry, c.region, c.message)
		if err == nil {
			err = CheckFields(geometry, c.message)
		}
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%T of region %d: %v, want %v", c.message, c.region, err, c.want)
		}
	}
}
