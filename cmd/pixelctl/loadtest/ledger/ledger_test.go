package ledger

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"pixelplayground/actors/canvas"
)

func TestSpans_AddAndRemove(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps func(*Spans) uint64 // returns the last step's result
		want  Spans
		count uint64
	}{
		{"first", func(s *Spans) uint64 { return s.Add(3, 5) }, Spans{{3, 5}}, 2},
		{"none", func(s *Spans) uint64 { return s.Add(5, 5) }, nil, 0},
		{"behind", func(s *Spans) uint64 { s.Add(3, 5); return s.Add(6, 7) }, Spans{{3, 5}, {6, 7}}, 1},
		{"touching", func(s *Spans) uint64 { s.Add(3, 5); return s.Add(5, 7) }, Spans{{3, 7}}, 2},
		{"before, touching", func(s *Spans) uint64 { s.Add(3, 5); return s.Add(1, 3) }, Spans{{1, 5}}, 2},
		{"inside", func(s *Spans) uint64 { s.Add(3, 9); return s.Add(4, 6) }, Spans{{3, 9}}, 0},
		{"bridging", func(s *Spans) uint64 { s.Add(1, 2); s.Add(4, 5); s.Add(7, 9); return s.Add(1, 8) }, Spans{{1, 9}}, 4},
		{"between", func(s *Spans) uint64 { s.Add(1, 2); s.Add(8, 9); return s.Add(4, 5) }, Spans{{1, 2}, {4, 5}, {8, 9}}, 1},
		{"remove all", func(s *Spans) uint64 { s.Add(1, 5); return s.remove(0, 9) }, Spans{}, 4},
		{"remove the middle", func(s *Spans) uint64 { s.Add(1, 9); return s.remove(3, 5) }, Spans{{1, 3}, {5, 9}}, 2},
		{"remove across", func(s *Spans) uint64 { s.Add(1, 4); s.Add(6, 9); return s.remove(3, 7) }, Spans{{1, 3}, {7, 9}}, 2},
		{"remove none", func(s *Spans) uint64 { s.Add(1, 4); return s.remove(4, 7) }, Spans{{1, 4}}, 0},
	} {
		var s Spans
		if count := test.steps(&s); count != test.count || !reflect.DeepEqual(s, test.want) {
			t.Errorf("%s: %d and %v, want %d and %v", test.name, count, s, test.count, test.want)
		}
	}
}

// TestSpans_AreASet compares random steps with a set of single numbers.
func TestSpans_AreASet(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		var s Spans
		var set [40]bool
		for range 30 {
			from := random.Uint64N(38)
			to := from + random.Uint64N(40-from)
			put, want := random.IntN(3) > 0, uint64(0)
			for i := from; i < to; i++ {
				if set[i] != put {
					want++
				}
				set[i] = put
			}
			change := s.remove
			if put {
				change = s.Add
			}
			if got := change(from, to); got != want {
				t.Fatalf("(%d, %d] changed %d, want %d", from, to, got, want)
			}
		}
		var want Spans
		total := uint64(0)
		for i, in := range set {
			if in {
				want.Add(uint64(i), uint64(i)+1)
				total++
			}
		}
		if s.size() != total || len(s)+len(want) > 0 && !reflect.DeepEqual(s, want) {
			t.Fatalf("%v, want %v", s, want)
		}
	}
}

// frame is a step of an account: PIXELS, or with snapshot a SNAPSHOT at (epoch, from).
type frame struct {
	epoch, from, count, pixels uint64
	snapshot                   bool
}

func px(from, count uint64) frame { return frame{epoch: 1, from: from, count: count, pixels: count} }

func TestAccount_CountsExactly(t *testing.T) {
	merged := func(from, count, pixels uint64) frame {
		return frame{epoch: 1, from: from, count: count, pixels: pixels}
	}
	snapshot := func(epoch, at uint64) frame { return frame{epoch: epoch, from: at, snapshot: true} }
	for _, test := range []struct {
		name    string
		frames  []frame
		end     uint64
		want    Tally
		missing Spans
	}{
		{"nothing happened", nil, 100, Tally{}, nil},
		{"in order", []frame{px(100, 3), px(103, 2)}, 105, Tally{Owed: 5, Delivered: 5}, nil},
		{"empty answer", []frame{px(100, 0), px(100, 1)}, 101, Tally{Owed: 1, Delivered: 1}, nil},
		{"more than others have", []frame{px(100, 3)}, 101, Tally{Owed: 3, Delivered: 3}, nil},
		{"last frame lost", []frame{px(100, 3)}, 107, Tally{Owed: 7, Delivered: 3, Missing: 4}, Spans{{103, 107}}},
		{"all lost", nil, 104, Tally{Owed: 4, Missing: 4}, Spans{{100, 104}}},
		{"one lost in between", []frame{px(100, 3), px(105, 2)}, 107, Tally{Owed: 7, Delivered: 5, Missing: 2}, Spans{{103, 105}}},
		{"twice", []frame{px(100, 3), px(100, 3), px(103, 1)}, 104, Tally{Owed: 4, Delivered: 4, Duplicates: 3}, nil},
		{"an older one again", []frame{px(100, 3), px(103, 3), px(101, 1)}, 106, Tally{Owed: 6, Delivered: 6, Duplicates: 1}, nil},
		{"partly known", []frame{px(100, 3), px(102, 3)}, 105, Tally{Owed: 5, Delivered: 5, Duplicates: 1}, nil},
		{"exchanged", []frame{px(103, 2), px(100, 3)}, 105, Tally{Owed: 5, Delivered: 2, Late: 3}, nil},
		{"exchanged, then twice", []frame{px(103, 2), px(100, 3), px(100, 3)}, 105, Tally{Owed: 5, Delivered: 2, Late: 3, Duplicates: 3}, nil},
		{"late in part", []frame{px(104, 1), px(101, 2)}, 105,
			Tally{Owed: 5, Delivered: 1, Late: 2, Missing: 2}, Spans{{100, 101}, {103, 104}}},
		{"merged", []frame{merged(100, 10, 4), px(110, 1)}, 111, Tally{Owed: 11, Delivered: 5, Merged: 6}, nil},
		{"merged to nothing", []frame{merged(100, 10, 0)}, 110, Tally{Owed: 10, Merged: 10}, nil},
		{"merged and partly late", []frame{px(105, 1), merged(100, 8, 7)}, 108, Tally{Owed: 8, Delivered: 3, Late: 5, Duplicates: 1}, nil},
		{"snapshot", []frame{px(100, 2), snapshot(1, 150), px(150, 1)}, 151, Tally{Owed: 51, Delivered: 3, Restored: 48}, nil},
		{"snapshot fills gaps", []frame{px(102, 1), snapshot(1, 103)}, 103, Tally{Owed: 3, Delivered: 1, Restored: 2}, nil},
		{"snapshot behind", []frame{px(100, 9), snapshot(1, 105), px(105, 5)}, 110, Tally{Owed: 14, Delivered: 14}, nil},
		{"history replaced", []frame{px(100, 9), snapshot(2, 90), {2, 90, 5, 5, false}}, 95, Tally{Owed: 14, Delivered: 14, Replaced: 1}, nil},
		{"new epoch, same history", []frame{px(100, 1), {2, 101, 1, 1, false}}, 102, Tally{Owed: 2, Delivered: 2}, nil},
	} {
		a := OpenAccount(canvas.Position{Epoch: 1, Seq: 100})
		var got Tally
		for _, f := range test.frames {
			if f.snapshot {
				a.Snapshot(canvas.Position{Epoch: f.epoch, Seq: f.from}, &got)
			} else {
				a.Pixels(f.epoch, f.from, f.count, f.pixels, &got)
			}
		}
		missing := a.Settle(test.end, &got)
		if got != test.want || len(missing)+len(test.missing) > 0 && !reflect.DeepEqual(missing, test.missing) {
			t.Errorf("%s: %+v, missing %v;\nwant %+v, missing %v", test.name, got, missing, test.want, test.missing)
		}
		if got.Owed != got.Got()+got.Missing {
			t.Errorf("%s: %+v does not add up", test.name, got)
		}
	}
}

func TestRoll_CountsExactly(t *testing.T) {
	for _, test := range []struct {
		name    string
		ids     []uint64
		end     uint64
		void    Spans
		want    Tally
		missing Spans
	}{
		{"all", []uint64{11, 13, 12, 14}, 14, nil, Tally{Owed: 4, Delivered: 4}, nil},
		{"came before", []uint64{9, 10, 11, 9}, 11, nil, Tally{Owed: 1, Delivered: 1}, nil},
		{"lost", []uint64{11, 14}, 15, nil, Tally{Owed: 5, Delivered: 2, Missing: 3}, Spans{{11, 13}, {14, 15}}},
		{"twice", []uint64{11, 12, 11}, 12, nil, Tally{Owed: 2, Delivered: 2, Duplicates: 1}, nil},
		{"beyond the end", []uint64{11, 12, 13}, 12, nil, Tally{Owed: 2, Delivered: 2}, nil},
		{"never taken", []uint64{11, 13}, 14, Spans{{11, 12}}, Tally{Owed: 3, Delivered: 2, Missing: 1}, Spans{{13, 14}}},
		{"ended at once", nil, 10, nil, Tally{}, nil},
	} {
		r := Roll{From: 10}
		var got Tally
		for _, id := range test.ids {
			r.Pixel(id, &got)
		}
		missing := r.Settle(test.end, test.void, &got)
		if got != test.want || len(missing)+len(test.missing) > 0 && !reflect.DeepEqual(missing, test.missing) {
			t.Errorf("%s: %+v, missing %v;\nwant %+v, missing %v", test.name, got, missing, test.want, test.missing)
		}
	}
}
