package redis

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/actors/store/storetest"
)

func testConfig(url string) Config {
	return Config{URL: url, Prefix: "test", Geometry: storetest.Geometry(), LogPixels: storetest.LogPixels}
}

func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// contract runs the suite of all stores; each of its tests has keys of its own.
func contract(t *testing.T, url string) {
	canvases := 0
	storetest.Run(t, storetest.Harness{
		Blank: func(t *testing.T) func(int) store.Store {
			canvases++
			cfg := testConfig(url)
			cfg.Prefix = fmt.Sprintf("contract:%d", canvases)
			return func(buffer int) store.Store {
				cfg := cfg
				cfg.Buffer = buffer
				s, err := Open(cfg)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
		},
		Lasting: true,
		Shared:  true,
	})
}

func TestStore_Contract(t *testing.T) {
	t.Parallel() // as all tests here that mostly wait
	contract(t, redistest.Start(t).URL())
}

func TestStore_ContractOnACluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t)
	contract(t, redistest.ClusterURL(nodes))
	for _, node := range nodes {
		if node.Do("DBSIZE") == "0" {
			t.Errorf("node %s of the cluster got no keys", node.Addr)
		}
	}
}

// dot is a batch of one pixel.
func dot(region canvas.RegionID, epoch, from uint64) *canvas.Batch {
	return &canvas.Batch{Region: region, Epoch: epoch, From: from, To: from + 1, Ops: []canvas.Op{
		{ID: canvas.OpID{Author: 1, Num: from + 1}, Pixels: []canvas.Pixel{{Pos: uint16(from % 16), Color: canvas.Color(from)}}},
	}}
}

func claimed(t testing.TB, s *Store, region canvas.RegionID) *store.Claim {
	t.Helper()
	claim, err := s.Claim(context.Background(), region, "test")
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

// offer commits a batch as the current owner would.
func (s *Store) offer(ctx context.Context, b *canvas.Batch) error {
	term, err := s.client().HGet(ctx, s.keys(b.Region)[0], "epoch").Result()
	if err != nil && !errors.Is(err, driver.Nil) {
		return err
	}
	_, text, _ := strings.Cut(term, ".")
	token, _ := strconv.ParseUint(text, 10, 64) // 0 when there is none
	return s.Commit(ctx, b, store.Token(token))
}

// trips counts what is sent to Redis and waited for.
type trips struct{ atomic.Int64 }

func (n *trips) DialHook(next driver.DialHook) driver.DialHook { return next }

func (n *trips) ProcessHook(next driver.ProcessHook) driver.ProcessHook {
	return func(ctx context.Context, cmd driver.Cmder) error {
		n.Add(1)
		return next(ctx, cmd)
	}
}

func (n *trips) ProcessPipelineHook(next driver.ProcessPipelineHook) driver.ProcessPipelineHook {
	return func(ctx context.Context, cmds []driver.Cmder) error {
		n.Add(1)
		return next(ctx, cmds)
	}
}

// A commit is one round trip, whatever its size. A claim is three: one to take the region, one to
// mark it and one to read it. One more asks for Redis's identity if that has not been asked just
// now.
func TestStore_RoundTrips(t *testing.T) {
	s := open(t, testConfig(redistest.Start(t).URL()))
	for _, script := range []*driver.Script{s.scripts.claim, s.scripts.release, s.scripts.commit} {
		if err := script.Load(t.Context(), s.client()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	var count trips
	s.client().AddHook(&count)
	want := func(what string, want int64, err error) {
		t.Helper()
		if got := count.Swap(0); err != nil || got != want {
			t.Errorf("%s: %d round trips, %v; want %d", what, got, err, want)
		}
	}
	s.identity.checked.Store(-int64(time.Minute)) // long ago
	_, err := s.Claim(t.Context(), 5, "test")
	want("claim after a while", 4, err)
	s.identity.checked.Store(math.MaxInt64) // just now, for the rest of the test
	claim, err := s.Claim(t.Context(), 5, "test")
	want("claim", 3, err)
	want("one pixel", 1, s.Commit(t.Context(), dot(5, claim.Epoch, 0), claim.Token))
	large := dot(5, claim.Epoch, 1)
	for i := range 16<<10 - 1 {
		large.Ops[0].Pixels = append(large.Ops[0].Pixels, canvas.Pixel{Pos: uint16(i * 7 % 256), Color: canvas.Color(i)})
	}
	large.To = large.From + uint64(large.Pixels())
	want("a full batch", 1, s.Commit(t.Context(), large, claim.Token))
	want("release", 1, s.Release(t.Context(), 5, claim.Term))
	_, err = s.History(t.Context(), 5, 0, 10)
	want("history", 1, err)
	want("ping", 1, s.Ping(t.Context()))
}

// The log drops a batch only when it must: here the dot after each stroke of 10 pixels, the most
// that the log may hold, drops that stroke.
func TestStore_LogIsTrimmedExactly(t *testing.T) {
	cfg := testConfig(redistest.Start(t).URL())
	cfg.LogPixels = 10
	s := open(t, cfg)
	claim := claimed(t, s, 0)
	from := uint64(0)
	for i := range 60 {
		b := dot(0, claim.Epoch, from)
		if i%20 == 0 {
			b.Ops[0].Pixels = make([]canvas.Pixel, 10)
			b.To = from + 10
		}
		if err := s.offer(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		from = b.To
		log, err := s.History(t.Context(), 0, 0, 100)
		if want := max(1, min(i%20, 10)); err != nil || len(log) != want {
			t.Fatalf("%d batches after commit %d, %v; want %d", len(log), i, err, want)
		}
	}
}

// Sequence numbers stay exact where Lua writes numbers with an exponent.
func TestStore_LargeNumbers(t *testing.T) {
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	cfg.LogPixels = 3
	s := open(t, cfg)
	const start = 1<<53 - 100
	epoch := claimed(t, s, 0).Epoch
	server.Do("HSET", "test:{0}:meta", "position_epoch", "1", "position_seq", fmt.Sprint(start), "log_start", fmt.Sprint(start))
	server.Do("SETRANGE", "test:{0}:pixels", "0", "rgb")
	for from := uint64(start); from < start+50; from++ {
		if err := s.offer(t.Context(), dot(0, epoch, from)); err != nil {
			t.Fatal(err)
		}
	}
	claim := claimed(t, s, 0)
	if want := (canvas.Position{Epoch: epoch, Seq: start + 50}); claim.Position != want || len(claim.Recent) != 3 || claim.Recent[2].Position() != want {
		t.Errorf("at %v with %d batches, want %v with 3", claim.Position, len(claim.Recent), want)
	}
	server.Do("HSET", "test:{0}:meta", "epoch", fmt.Sprint(uint64(start)))
	if epoch := claimed(t, s, 0).Epoch; epoch <= start || epoch > start+1000 {
		t.Errorf("epoch %d after %d", epoch, uint64(start))
	}
}

// An epoch that Redis has lost must not go to another owner: both owners could believe that they
// have committed the same sequence numbers.
func TestStore_LostEpochIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	lost := claimed(t, s, 0).Epoch
	server.Do("FLUSHALL")
	redistest.Eventually(t, "the next second of Redis' clock", func() bool {
		seconds, _, _ := strings.Cut(server.Do("TIME"), "\n")
		return seconds > strconv.FormatUint(lost, 10)
	})
	if again := claimed(t, s, 0).Epoch; again <= lost {
		t.Errorf("epoch %d, want more than the lost %d", again, lost)
	}
	if err := s.offer(t.Context(), dot(0, lost, 0)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("commit under the lost epoch: %v, want ErrFenced", err)
	}
}

func TestStore_BlankCanvasTakesNoRoom(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	epoch := claimed(t, s, 5).Epoch
	if keys := server.Do("--scan"); strings.Contains(keys, "pixels") || strings.Contains(keys, "log") {
		t.Errorf("keys of a blank canvas: %s", keys)
	}
	b := dot(5, epoch, 0)
	b.Ops[0].Pixels[0] = canvas.Pixel{Pos: 9, Color: canvas.Background}
	if err := s.offer(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if got := server.Do("STRLEN", "test:{5}:pixels"); got != "30" {
		t.Errorf("%s bytes of pixels up to position 9, want 30", got)
	}
}

func TestCommitArgs_Runs(t *testing.T) {
	b := &canvas.Batch{To: 6, Ops: []canvas.Op{
		{Pixels: []canvas.Pixel{{Pos: 7, Color: 0xFFFFFE}, {Pos: 8, Color: 0xFFFDFF}}},
		{Pixels: []canvas.Pixel{{Pos: 9, Color: 0}}}, // goes on where the op before ended
		{Pixels: []canvas.Pixel{{Pos: 9, Color: 0xFEFFFF}, {Pos: 8, Color: 0}}},
		{Pixels: []canvas.Pixel{{Pos: 0xFFFF, Color: 0xFFFFFF}}},
	}}
	got := fmt.Sprint(appendRuns(nil, b))
	want := fmt.Sprint([]any{21, []byte{0, 0, 1, 0, 2, 0, 255, 255, 255}, 27, []byte{1, 0, 0}, 24, []byte{255, 255, 255}, 3 * 0xFFFF, []byte{0, 0, 0}})
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
