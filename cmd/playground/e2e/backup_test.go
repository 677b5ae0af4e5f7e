//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/transport/client"
)

// stripe makes one of four painters paint its quarter of the cluster tests' canvas, each pixel once
// and in a colour of its own.
func stripe(t *testing.T, urls []string, who int) *painter {
	t.Helper()
	return paintDots(t, dial(t, client.Config{URLs: urls}), time.Millisecond, func(n int) canvas.Dot { return stripeDot(who, n) })
}

const stripePixels = 256 * 64

func stripeDot(who, n int) canvas.Dot {
	n %= stripePixels
	return canvas.Dot{X: uint16(n % 256), Y: uint16(64*who + n/256), Color: canvas.Color(1 + who*stripePixels + n)}
}

// command runs a command of the program, which must succeed.
func command(t *testing.T, args ...string) string {
	t.Helper()
	said, err := exec.Command(filepath.Join(binaries, "playground"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, said)
	}
	t.Logf("%s", said)
	return string(said)
}

// drill is a canvas that is drawn on, backed up meanwhile, lost, and restored.
type drill struct {
	t        *testing.T
	urls     []string
	painters []*painter
	viewer   *client.Client // from before the loss: it has seen more than the backup has
	began    time.Time      // when the backup began
}

func startDrill(t *testing.T, urls []string) *drill {
	t.Helper()
	d := &drill{t: t, urls: urls, viewer: dial(t, client.Config{URLs: urls, Replica: true})}
	for who := range 4 {
		d.painters = append(d.painters, stripe(t, urls, who))
	}
	return d
}

func (d *drill) more(n int64) {
	d.t.Helper()
	for _, p := range d.painters {
		p.more(d.t, n)
	}
}

// backup takes a backup under load, and has more drawn afterwards.
func (d *drill) backup(args ...string) {
	d.t.Helper()
	d.more(200)
	d.began = time.Now()
	command(d.t, append([]string{"backup"}, args...)...)
	d.more(200)
	for _, p := range d.painters {
		p.halt()
		p.client.Close() // else it would send what was not answered again, to the restored canvas
		for _, fault := range p.faults {
			d.t.Errorf("a painter: %v", fault)
		}
	}
}

// check compares the restored canvas with what was acknowledged: it has everything from before the
// backup began, and nothing that was never placed.
func (d *drill) check() {
	d.t.Helper()
	newcomer := dial(d.t, client.Config{URLs: d.urls, Replica: true})
	before, later := 0, 0
	for who, p := range d.painters {
		for n := range stripePixels {
			dot := stripeDot(who, n)
			got, ok := newcomer.At(int(dot.X), int(dot.Y))
			_, acked := p.colors[n]
			switch {
			case !ok:
				d.t.Fatalf("the newcomer does not know (%d,%d)", dot.X, dot.Y)
			case acked && p.at[n].Before(d.began) && got != dot.Color:
				d.t.Fatalf("painter %d's pixel %d was acknowledged %v before the backup, and is %v", who, n, d.began.Sub(p.at[n]), got)
			case got != dot.Color && got != canvas.Background:
				d.t.Fatalf("(%d,%d) is %v, which nobody has placed", dot.X, dot.Y, got)
			case got == dot.Color && int64(n) > p.acked.Load()+p.refused.Load():
				d.t.Fatalf("painter %d's pixel %d is there, which was never sent", who, n)
			}
			if acked && p.at[n].Before(d.began) {
				before++
			} else if got == dot.Color {
				later++
			}
		}
	}
	d.t.Logf("%d pixels from before the backup, and %d from while it was made, are there", before, later)
	if before < 800 {
		d.t.Errorf("only %d pixels to compare", before)
	}
}

// goOn has the restored canvas drawn on until every region has had more pixels than before. Then it
// compares what the old viewer sees with what a newcomer sees: positions of the lost canvas must
// not be taken for positions of this one.
func (d *drill) goOn() {
	d.t.Helper()
	painter := dial(d.t, client.Config{URLs: d.urls})
	for y := 0; y < 256; y += 8 {
		var dots []canvas.Dot
		for i := range 8 * 256 {
			dots = append(dots, canvas.Dot{X: uint16(i % 256), Y: uint16(y + i/256), Color: canvas.Color(0xF00000 + i)})
		}
		if err := painter.Place(d.t.Context(), dots); err != nil {
			d.t.Fatal(err)
		}
	}
	newcomer := dial(d.t, client.Config{URLs: d.urls, Replica: true})
	eventually(d.t, "the viewer of before sees what is there", func() error {
		for i := range 256 * 256 {
			is, _ := newcomer.At(i%256, i/256)
			if seen, ok := d.viewer.At(i%256, i/256); !ok || seen != is || is < 0xF00000 {
				return errors.New(is.String() + " is seen as " + seen.String())
			}
		}
		return nil
	})
}

// drillPods drills a canvas of servers, which end together with their Redis and go on with another
// one. It returns where the backup is.
func drillPods(t *testing.T, p *pods, end func(), empty string) (dir string) {
	t.Helper()
	d := startDrill(t, p.targets(0))
	dir = t.TempDir()
	d.backup("--redis", p.store, "--keep", "2", dir)
	for _, s := range p.all() {
		s.kill()
	}
	end()

	said := command(t, "restore", "--redis", empty, dir)
	if !strings.Contains(said, "canvas 256x256/64") {
		t.Errorf("it says %q", said)
	}
	for _, s := range p.all() {
		for i := range s.args {
			if s.args[i] == p.store {
				s.args[i] = empty
			}
		}
		s.boot(strings.TrimPrefix(s.url, "http://"))
	}
	p.await(p.all()...)
	d.check()
	d.goOn()
	return dir
}

// Goal: a backup that is taken while clients draw on a cluster holds everything that was
// acknowledged before it. Restored into another Redis, it is a canvas to go on with. Method: four
// painters; gateway and canvas pods are killed together with their Redis.
func TestBackup_DrillOfACluster(t *testing.T) {
	beside(t)
	p, empty := startPods(t, 1, 2), redistest.Start(t)
	dir := drillPods(t, p, p.redis.Kill, empty.URL())
	if exit := exec.Command(filepath.Join(binaries, "playground"), "restore", "--redis", empty.URL(), dir).Run(); exit == nil {
		t.Error("a canvas that is drawn on was replaced without a word")
	}
}

// Goal: the same when the canvas is spread over the nodes of a Redis Cluster.
func TestBackup_DrillOfARedisCluster(t *testing.T) {
	beside(t)
	nodes, empty := redistest.Cluster(t), redistest.Cluster(t)
	drillPods(t, newPodsOn(t, redistest.ClusterURL(nodes)).with(1, 2), func() {
		for _, node := range nodes {
			node.Kill()
		}
	}, redistest.ClusterURL(empty))
	for _, node := range empty { // else the drill has not shown much
		if node.Do("DBSIZE") == "0" {
			t.Error("a node of the cluster has nothing")
		}
	}
}

// Goal: the same with Sentinels, through which the backup finds the master that took over, and the
// restore the master to fill.
func TestBackup_DrillOfSentinels(t *testing.T) {
	beside(t)
	master, replica, sentinel := redistest.Replicated(t)
	_, follower, other := redistest.Replicated(t)
	p := newPodsOn(t, redistest.SentinelURL(sentinel)).with(1, 2)
	master.Kill()
	redistest.Eventually(t, "the replica is the master", func() bool {
		return strings.HasPrefix(replica.Do("ROLE"), "master")
	})
	drillPods(t, p, func() { replica.Kill(); sentinel.Kill() }, redistest.SentinelURL(other))
	redistest.Eventually(t, "the other replica has the canvas, too", func() bool { return follower.Do("DBSIZE") != "0" })
}

// Goal: the same for a server alone. Method: the running server is asked for the backup; then it is
// killed, and goes on from another data directory.
func TestBackup_DrillOfAServer(t *testing.T) {
	beside(t)
	s := start(t, "--canvas", "256x256", "--region", "64", "--rate", "0")
	data := s.args[1]
	d := startDrill(t, []string{s.ws()})
	file := filepath.Join(t.TempDir(), "a.backup")
	d.backup("--data", data, file)
	s.kill() // leaves its socket behind
	command(t, "backup", "--data", data, file+".later")
	s.restart() // and takes that socket over
	command(t, "backup", "--data", data, file+".later")
	s.kill()

	s.args[1] = filepath.Join(t.TempDir(), "restored")
	command(t, "restore", "--data", s.args[1], file)
	s.restart()
	d.check()
	d.goOn()

	// Nothing of a damaged backup is restored.
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(content)
	changed[len(changed)/2]++
	for name, bad := range map[string][]byte{
		"cut off": content[:len(content)-1], "changed": changed, "another version": append([]byte("pixelplayground backup 9"), content[24:]...),
	} {
		into := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := exec.Command(filepath.Join(binaries, "playground"), "restore", "--data", into, file).CombinedOutput()
		if err == nil || !strings.Contains(string(said), "nothing was restored") || bytes.Count(said, []byte("\n")) != 1 {
			t.Errorf("%s: %v: %s", name, err, said)
		}
		if _, err := os.Stat(into); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
