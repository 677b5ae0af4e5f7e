//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pixelplayground/actors/canvas"
	"pixelplayground/k8s/manifest"
	"pixelplayground/transport/client"
)

// redisPod is a pod of the replicated Redis: both containers run the rendered scripts with
// the rendered configuration. Only where pod, volume and ConfigMap are is this machine's.
type redisPod struct {
	t    *testing.T
	name string
	ip   string
	dir  string   // its volume and its ConfigMap
	env  []string // of both containers

	running map[string]*exec.Cmd // by container, while the pod lives
	done    map[string]chan struct{}
}

// redisPods makes the pods of the StatefulSet, which do not run yet.
func (k *kube) redisPods() (pods []*redisPod) {
	k.t.Helper()
	w, _ := k.set.Workload("redis")
	var names []string
	for i := range w.Replicas {
		names = append(names, fmt.Sprintf("redis-%d", i), k.ip(lastPodIP+10+i))
	}
	k.names = strings.NewReplacer(names...)
	for i := range w.Replicas {
		p := &redisPod{t: k.t, name: names[2*i], ip: names[2*i+1], dir: k.t.TempDir()}
		process, err := k.set.Process(w, manifest.Pod{Name: p.name, IP: p.ip, Secrets: k.secrets()})
		if err != nil {
			k.t.Fatal(err)
		}
		p.env = append(p.env, "PATH="+os.Getenv("PATH"))
		for name, value := range process.Env {
			p.env = append(p.env, name+"="+k.names.Replace(value))
		}
		p.mount(k.set)
		k.t.Cleanup(p.kill)
		pods = append(pods, p)
	}
	return pods
}

// mount writes the ConfigMap with this machine's folders in place of the pod's, and has
// both servers listen at the pod's address, as they would anyway in a pod.
func (p *redisPod) mount(set manifest.Set) {
	p.t.Helper()
	here := strings.NewReplacer("/etc/redis", p.dir+"/etc", "/data", p.dir+"/data")
	for _, folder := range []string{"etc", "data"} {
		if err := os.MkdirAll(filepath.Join(p.dir, folder), 0o700); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, m := range manifest.All[corev1.ConfigMap](set) {
		if !strings.HasPrefix(m.Name, "redis-") {
			continue
		}
		for name, text := range m.Data {
			if name == "redis.conf" || name == "sentinel.conf" {
				text += "\nbind " + p.ip + "\n"
			}
			if err := os.WriteFile(filepath.Join(p.dir, "etc", name), []byte(here.Replace(text)), 0o600); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

func (p *redisPod) start() {
	p.t.Helper()
	p.running, p.done = make(map[string]*exec.Cmd), make(map[string]chan struct{})
	for _, container := range []string{"redis", "sentinel"} {
		cmd, done := p.script(container+".sh"), make(chan struct{})
		log, err := os.OpenFile(filepath.Join(p.dir, container+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			p.t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Start(); err != nil {
			p.t.Fatal(err)
		}
		p.running[container], p.done[container] = cmd, done
		go func() {
			_ = cmd.Wait() // how it ended is in its log
			_ = log.Close()
			close(done)
		}()
	}
}

func (p *redisPod) script(name string) *exec.Cmd {
	cmd := exec.Command("sh", filepath.Join(p.dir, "etc", name))
	cmd.Env, cmd.Dir = p.env, p.dir
	return cmd
}

func (p *redisPod) signal(signal syscall.Signal) {
	for _, cmd := range p.running {
		_ = cmd.Process.Signal(signal) // it may have ended
	}
}

func (p *redisPod) wait() {
	for _, done := range p.done {
		<-done
	}
	p.running, p.done = nil, nil
}

// kill is the end of the pod's node.
func (p *redisPod) kill() {
	p.signal(syscall.SIGKILL)
	p.wait()
}

// remove is what the kubelet does with a pod that was deleted: preStop, then SIGTERM.
func (p *redisPod) remove() {
	p.t.Helper()
	if out, err := p.script("stop.sh").CombinedOutput(); err != nil {
		p.t.Errorf("stop.sh of %s: %v\n%s", p.name, err, out)
	}
	p.signal(syscall.SIGTERM)
	p.wait()
}

// ask has redis-cli ask one of the two.
func (p *redisPod) ask(port string, command ...string) (string, error) {
	cli := exec.Command("redis-cli", append([]string{"-e", "-h", p.ip, "-p", port}, command...)...)
	cli.Env = p.env
	out, err := cli.Output()
	return string(out), err
}

// readyAll waits until all are as a roll waits for them, and one is the master.
func readyAll(t *testing.T, pods []*redisPod) (master *redisPod) {
	t.Helper()
	// A master that was frozen is left alone for 10 s after it is back, before it is told.
	deadline := time.Now().Add(time.Minute)
	ready := func() error {
		master = nil
		for _, p := range pods {
			if out, err := p.script("ready.sh").CombinedOutput(); err != nil {
				log, _ := os.ReadFile(filepath.Join(p.dir, "redis.log"))
				return fmt.Errorf("%s: %v %s\n%s", p.name, err, out, log[max(0, len(log)-1000):])
			}
			if known, _ := p.ask("26379", "SENTINEL", "REPLICAS", "canvas"); strings.Count(known, "\nrunid\n") != 2 {
				return fmt.Errorf("the Sentinel of %s does not know both replicas", p.name)
			}
			info, _ := p.ask("6379", "INFO", "replication")
			if !strings.Contains(info, "role:master") {
				continue
			}
			if master != nil {
				return fmt.Errorf("%s and %s are masters", master.name, p.name)
			}
			if master = p; !strings.Contains(info, "connected_slaves:2") {
				return fmt.Errorf("not all follow %s", p.name)
			}
		}
		if master == nil {
			return fmt.Errorf("there is no master")
		}
		return nil
	}
	for err := ready(); err != nil; err = ready() {
		if time.Now().After(deadline) {
			t.Fatalf("one Redis should be the master, and the others have what it has: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // between polls, each of which is six processes
	}
	return master
}

// strokes is what eight painters have placed in one phase of the rehearsal.
type strokes struct {
	phase    int
	painters []*painter
}

func (s *strokes) dot(who, n int) canvas.Dot {
	const rows = 128 // of pixels, to each painter: a row of regions
	return canvas.Dot{
		X: uint16(n * 131 % 1024), // an odd factor: each place once, all over the row's regions
		Y: uint16(who*rows + s.phase), Color: canvas.Color(1 + s.phase<<16 + who<<12 + n%4096),
	}
}

func beginStrokes(t *testing.T, phase int, target string) *strokes {
	t.Helper()
	s := &strokes{phase: phase}
	for who := range 8 {
		c := dial(t, client.Config{URLs: []string{target}})
		s.painters = append(s.painters, paintDots(t, c, pace, func(n int) canvas.Dot { return s.dot(who, n) }))
	}
	s.more(t)
	return s
}

// more waits until everybody has drawn on.
func (s *strokes) more(t *testing.T) {
	t.Helper()
	for _, p := range s.painters {
		p.more(t, 20)
	}
}

// end stops the painters, and tells how many of their acknowledged pixels are not there, when
// the first of these was acknowledged, and for how long nobody's pixel was.
func (s *strokes) end(t *testing.T, target string) (acked, lost int, first time.Time, pause time.Duration) {
	t.Helper()
	newcomer := dial(t, client.Config{URLs: []string{target}, Replica: true})
	for who, p := range s.painters {
		p.halt()
		for _, fault := range p.faults {
			t.Errorf("a painter: %v", fault)
		}
		for n, color := range p.colors {
			d := s.dot(who, n)
			var got canvas.Color
			eventually(t, "the newcomer has the region", func() (err error) {
				var ok bool
				if got, ok = newcomer.At(int(d.X), int(d.Y)); !ok {
					err = fmt.Errorf("not yet")
				}
				return err
			})
			acked++
			if at := p.at[n]; got != color {
				lost++
				if first.IsZero() || at.Before(first) {
					first = at
				}
			}
		}
		for n, at := range p.at {
			if before, ok := p.at[n-1]; ok {
				pause = max(pause, at.Sub(before))
			}
		}
		p.client.Close()
	}
	return acked, lost, first, pause
}

// Goal: with three Redises a master that goes is replaced in seconds, a planned way loses
// nothing, and an unplanned one only what was acknowledged a moment before.
// Method: the manifests' scripts and configuration run with real Redises and Sentinels, and
// the manifests' servers with the URL that they are given, while eight painters draw.
func TestKubernetes_RedisFailover(t *testing.T) {
	k := startKube(t, "components/redis-sentinel")
	pods := k.redisPods()
	each := func(do func(*redisPod)) {
		for _, p := range pods {
			do(p)
		}
	}
	each((*redisPod).start)
	master := readyAll(t, pods)
	if master != pods[0] {
		t.Errorf("%s is the first master", master.name)
	}
	k.scale("canvas", 2)
	k.scale("gateway", 2)
	target := "ws://" + k.service.Addr().String() + "/ws"

	var drawn []*strokes
	missing := make(map[int]int) // by phase
	const moment = time.Second   // before the fault: what may be lost was acknowledged within it
	for phase, fault := range []struct {
		name  string
		does  func(*redisPod)
		loses bool
	}{
		{"the master is rolled", func(p *redisPod) { p.remove(); p.start() }, false},
		{"the master's node is lost", func(p *redisPod) {
			p.kill()
			eventuallyOther(t, pods, p)
			p.start()
		}, true},
		{"the master is frozen for longer than it is missed", func(p *redisPod) {
			p.signal(syscall.SIGSTOP)
			eventuallyOther(t, pods, p)
			p.signal(syscall.SIGCONT)
		}, true},
		{"the master comes back with an empty volume", func(p *redisPod) {
			p.kill()
			if err := os.RemoveAll(filepath.Join(p.dir, "data")); err != nil {
				t.Error(err)
			}
			p.mount(k.set)
			p.start()
		}, true},
		{"all end at once", func(*redisPod) { each((*redisPod).kill); each((*redisPod).start) }, false},
	} {
		s := beginStrokes(t, phase, target)
		at := time.Now()
		fault.does(master)
		s.more(t)
		now := readyAll(t, pods)
		acked, lost, first, pause := s.end(t, target)
		drawn, missing[phase] = append(drawn, s), lost
		t.Logf("%s: %s, then %s is the master; %d pixels acknowledged, %d of them lost; drawing paused for %v", fault.name, master.name, now.name, acked, lost, pause.Round(time.Millisecond))
		switch {
		case lost > 0 && !fault.loses:
			t.Errorf("%s: %d of %d acknowledged pixels are lost", fault.name, lost, acked)
		case lost > 0 && first.Before(at.Add(-moment)):
			t.Errorf("%s: a pixel is lost that was acknowledged %v before", fault.name, at.Sub(first))
		}
		master = now
	}
	for _, s := range drawn { // no fault has taken what an earlier one had left
		if _, lost, _, _ := s.end(t, target); lost != missing[s.phase] {
			t.Errorf("of phase %d %d pixels are lost now, %d were at its end", s.phase, lost, missing[s.phase])
		}
	}
}

// eventuallyOther waits until the Sentinels have another master.
func eventuallyOther(t *testing.T, pods []*redisPod, than *redisPod) {
	t.Helper()
	eventually(t, "another master than "+than.name, func() error {
		for _, p := range pods {
			if p == than {
				continue
			}
			if out, err := p.ask("26379", "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "canvas"); err != nil || strings.HasPrefix(out, than.ip+"\n") {
				return fmt.Errorf("%s says %s %v", p.name, out, err)
			}
		}
		return nil
	})
}
