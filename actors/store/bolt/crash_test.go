package bolt

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// crashDir tells the test binary that it is the child of TestStore_SurvivesKill, and where its data
// directory is.
const crashDir = "PIXELPLAYGROUND_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := drawUntilKilled(dir, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// crashConfig keeps the whole log, so that it can be compared with the pixels.
func crashConfig(dir string) Config {
	cfg := testConfig(dir)
	cfg.LogPixels = 1 << 30
	return cfg
}

// TestStore_SurvivesKill: a commit that was acknowledged is there after kill -9, whenever that
// comes. One that was not is there completely or not at all.
//
// A child process commits to all regions at once and writes a line for every acknowledged commit.
// It is killed after a random number of lines, or before the first. Then every region must have
// come at least as far as its lines say, by exactly the batches that the child made, and must have
// their pixels. All rounds draw on the same file.
func TestStore_SurvivesKill(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	total := 0
	for round := range 6 {
		lines := 0
		if round > 0 {
			lines = random.IntN(300)
		}
		acked := killAfter(t, dir, lines)
		for _, to := range acked {
			total += int(to)
		}
		s, err := Open(crashConfig(dir))
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkDocuments(t, s, acked[documentLines])
		for i := range s.cfg.Geometry.Regions() {
			checkSurvivor(t, s, canvas.RegionID(i), acked[canvas.RegionID(i)])
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if total == 0 {
		t.Error("no round acknowledged anything")
	}
}

// killAfter runs the child until it has written that many lines, kills it, and returns
// the last sequence number acknowledged in each region.
func killAfter(t *testing.T, dir string, lines int) map[canvas.RegionID]uint64 {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	child := exec.Command(program)
	child.Env = append(os.Environ(), crashDir+"="+dir)
	child.Stderr = &stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acked := make(map[canvas.RegionID]uint64)
	out := bufio.NewReader(stdout)
	for n := 0; ; n++ {
		if n == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		line, err := out.ReadString('\n')
		if err != nil {
			break // what is after the last line end was not acknowledged
		}
		var region canvas.RegionID
		var to uint64
		if _, err := fmt.Sscanf(line, "%d %d\n", &region, &to); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		acked[region] = to
	}
	if err := child.Wait(); err == nil || stderr.Len() > 0 {
		t.Fatalf("the child was not killed: %v, %s", err, stderr.String())
	}
	return acked
}

func checkSurvivor(t *testing.T, s *Store, region canvas.RegionID, acked uint64) {
	t.Helper()
	claim := claimed(t, s, region)
	if claim.Position.Seq < acked {
		t.Fatalf("region %d: at %d, but %d was acknowledged", region, claim.Position.Seq, acked)
	}
	_, _, width, height := s.cfg.Geometry.Bounds(region)
	tile, seq := canvas.NewTile(width, height), uint64(0)
	for _, b := range claim.Recent {
		if want := childBatch(region, b.Epoch, seq); !reflect.DeepEqual(b, want) {
			t.Fatalf("region %d: the log has %+v, want %+v", region, b, want)
		}
		tile.Apply(b)
		seq = b.To
	}
	if seq != claim.Position.Seq || !bytes.Equal(tile, claim.Tile) {
		t.Fatalf("region %d: the pixels at %d are not those of the log, which ends at %d", region, claim.Position.Seq, seq)
	}
}

// documentLines stands for a region in the lines about documents, of which one is written for each
// that was acknowledged.
const documentLines = canvas.MaxRegions

// checkDocuments expects the documents that were acknowledged, at most one more, and the count of
// them that is swapped after each.
func checkDocuments(t *testing.T, s *Store, acked uint64) {
	t.Helper()
	all, err := s.Documents(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	count, err := s.Document(t.Context(), "count", "keys")
	if err != nil {
		t.Fatal(err)
	}
	var counted int
	_, _ = fmt.Sscan(string(count), &counted) // none is 0
	if counted < int(acked) || len(all) < counted || len(all) > counted+1 {
		t.Fatalf("%d documents and a count of %d, but %d were acknowledged", len(all), counted, acked)
	}
	for i := range counted {
		if all[fmt.Sprint(i)] == nil {
			t.Fatalf("document %d of %d is not there", i, counted)
		}
	}
}

// keepDocuments is a part of the child.
func keepDocuments(s *Store, acks io.Writer) error {
	count, err := s.Document(context.Background(), "count", "keys")
	n := 0
	_, _ = fmt.Sscan(string(count), &n) // none is 0
	for err == nil {
		if err = s.PutDocument(context.Background(), "key", fmt.Sprint(n), []byte("value"), time.Now().Add(time.Hour)); err != nil {
			break
		}
		n++
		if count, err = s.SwapDocument(context.Background(), "count", "keys", count, fmt.Append(nil, n), time.Time{}); err == nil {
			_, err = fmt.Fprintf(acks, "%d %d\n", documentLines, n)
		}
	}
	return err
}

// childBatch is what the child commits at a position.
func childBatch(region canvas.RegionID, epoch, from uint64) *canvas.Batch {
	b := dot(region, epoch, from)
	for i := range from % 40 {
		b.Ops[0].Pixels = append(b.Ops[0].Pixels, canvas.Pixel{Pos: uint16((from + 3*i) % 16), Color: canvas.Color(from + i)})
	}
	b.Ops[0].Name = strings.Repeat("n", int(from%20))
	b.To = from + uint64(len(b.Ops[0].Pixels))
	return b
}

// drawUntilKilled is the child. It returns only when something fails.
func drawUntilKilled(dir string, acks io.Writer) error {
	s, err := Open(crashConfig(dir))
	if err != nil {
		return err
	}
	failed := make(chan error)
	go func() { failed <- keepDocuments(s, acks) }()
	for i := range s.cfg.Geometry.Regions() {
		region := canvas.RegionID(i)
		go func() {
			claim, err := s.Claim(context.Background(), region, "child")
			if err != nil {
				failed <- err
				return
			}
			for from := claim.Position.Seq; ; {
				b := childBatch(region, claim.Epoch, from)
				if err := s.Commit(context.Background(), b, claim.Token); err != nil {
					failed <- err
					return
				}
				from = b.To
				// One write: a line is there wholly or not at all.
				if _, err := fmt.Fprintf(acks, "%d %d\n", region, from); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}
