//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/k8s/manifest"
)

// kube does with the manifests what a Kubernetes cluster does. It starts pods as processes, with
// the arguments and variables that a kubelet would give them, and probes them as a kubelet would.
// It answers for the headless Service as a DNS server, and sends people to the ready gateways as
// the Service does. It scales and rolls as the controllers do, and writes the Secret as files. Only
// the places of Redis and the DNS server do not come from the manifests.
type kube struct {
	t       *testing.T
	set     manifest.Set
	names   *strings.Replacer // replaces names of Redis' pods by their IPs
	redises []*redisPod
	network string // the first three numbers of all IPs
	dns     *dns.Server
	service net.Listener // what people connect to
	work    sync.WaitGroup
	halt    context.CancelFunc
	ctx     context.Context

	mu   sync.Mutex // guards:
	next int        // last number of the next IP
	pods []*kubePod // of all workloads, the oldest first
	turn int        // which gateway the Service uses next

	secret map[string]map[string]string // by name and key
}

// kubePod is one pod of a workload.
type kubePod struct {
	workload string
	ip       string
	name     string
	process  manifest.Process
	folders  folders
	heard    heard
	cmd      *exec.Cmd
	done     chan struct{} // closed when the process has ended

	ready   bool // under kube.mu: whether the last probes say so
	leaving bool // under kube.mu: it was deleted
}

const (
	lastPodIP = 200 // from here on the numbers are the test's own
	serviceIP = 201
	dnsIP     = 202
)

// startKube applies the base with components, and makes the Secret as the guide says.
func startKube(t *testing.T, components ...string) *kube {
	t.Helper()
	set, err := manifest.Load(os.DirFS("../../../k8s"), "base", components...)
	if err != nil {
		t.Fatal(err)
	}
	k := &kube{t: t, set: set, network: freeNetwork(t), next: 1, names: strings.NewReplacer(), secret: map[string]map[string]string{"playground": {
		"gossip-key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "admin-token": "a token for the rehearsal only", "redis-password": "any \"one\" line \\ at #all",
	}}}
	k.ctx, k.halt = context.WithCancel(context.Background())
	t.Cleanup(k.stop)
	k.serveDNS()
	k.serveService()
	return k
}

func (k *kube) ip(n int) string { return fmt.Sprintf("%s.%d", k.network, n) }

// stop ends the pods that are left.
func (k *kube) stop() {
	k.halt()
	for _, p := range k.running("") {
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	if k.dns != nil {
		_ = k.dns.Shutdown()
	}
	if k.service != nil {
		k.service.Close()
	}
	k.work.Wait()
}

// running lists the pods of a workload ("": of all) that have not been deleted.
func (k *kube) running(workload string) (pods []*kubePod) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.pods {
		if !p.leaving && (workload == "" || p.workload == workload) {
			pods = append(pods, p)
		}
	}
	return pods
}

// serveDNS answers for the headless Service: every pod that lives, ready or not.
func (k *kube) serveDNS() {
	packets, err := net.ListenPacket("udp", net.JoinHostPort(k.ip(dnsIP), "0"))
	if err != nil {
		k.t.Fatal(err)
	}
	k.dns = &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, request *dns.Msg) {
		answer := new(dns.Msg)
		answer.SetReply(request)
		if q := request.Question[0]; q.Qtype == dns.TypeA && strings.HasPrefix(q.Name, "peers.") {
			for _, p := range k.running("") {
				answer.Answer = append(answer.Answer, &dns.A{
					Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.ParseIP(p.ip),
				})
			}
		}
		_ = w.WriteMsg(answer) // the client will ask again
	})}
	k.work.Go(func() { _ = k.dns.ActivateAndServe() })
}

// serveService passes connections on to the ready gateways in turn.
func (k *kube) serveService() {
	l, err := net.Listen("tcp", net.JoinHostPort(k.ip(serviceIP), "0"))
	if err != nil {
		k.t.Fatal(err)
	}
	k.service = l
	k.work.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			k.work.Go(func() { k.forward(from.(*net.TCPConn)) })
		}
	})
}

func (k *kube) forward(from *net.TCPConn) {
	defer from.Close()
	var ready []*kubePod
	turn := 0
	for _, p := range k.running("gateway") {
		k.mu.Lock()
		if p.ready {
			ready = append(ready, p)
		}
		k.turn++
		turn = k.turn
		k.mu.Unlock()
	}
	if len(ready) == 0 {
		return
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(ready[turn%len(ready)].ip, "8080"))
	if err != nil {
		return
	}
	to := conn.(*net.TCPConn)
	defer to.Close()
	stop := context.AfterFunc(k.ctx, func() { from.Close(); to.Close() })
	defer stop()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(from, to)
		_ = from.CloseWrite()
	})
	_, _ = io.Copy(to, from)
	_ = to.CloseWrite()
	back.Wait()
}

// create starts a pod.
func (k *kube) create(workload string) *kubePod {
	k.t.Helper()
	w, ok := k.set.Workload(workload)
	if !ok {
		k.t.Fatalf("there is no workload %s", workload)
	}
	k.mu.Lock()
	n := k.next
	if k.next++; n == lastPodIP {
		k.t.Fatal("out of addresses")
	}
	k.mu.Unlock()
	p := &kubePod{
		workload: workload, ip: k.ip(n), name: fmt.Sprintf("%s-%d", workload, n), done: make(chan struct{}),
		folders: folders{t: k.t, dir: k.t.TempDir()}, heard: heard{to: k.t.Output()},
	}
	p.process = k.process(w, p)
	if len(p.process.Command) > 0 {
		k.t.Fatalf("%s starts %q, not the image's server", workload, p.process.Command)
	}
	p.folders.write(p.process.Mounts, unedited)
	here := p.folders.here(p.process.Mounts)
	// A real pod has all addresses to itself; here it has only its own.
	for i, arg := range p.process.Args {
		p.process.Args[i] = strings.Replace(arg, "--listen=:", "--listen="+p.ip+":", 1)
	}
	p.cmd = exec.Command(filepath.Join(binaries, "playground"), p.process.Args...)
	for name, value := range p.process.Env {
		p.cmd.Env = append(p.cmd.Env, name+"="+here.Replace(value))
	}
	p.cmd.Env = append(p.cmd.Env, "PLAYGROUND_REDIS="+k.names.Replace(p.process.Env["PLAYGROUND_REDIS"]), "PLAYGROUND_RESOLVER="+k.dns.PacketConn.LocalAddr().String(), "HOSTNAME="+p.ip)
	p.cmd.Env = append(p.cmd.Env, "PLAYGROUND_RATE=0") // all painters are at one address, and so one person
	p.cmd.Stderr = &p.heard
	p.cmd.Dir = k.t.TempDir() // as empty as the image's
	if err := p.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.mu.Lock()
	k.pods = append(k.pods, p)
	k.mu.Unlock()
	k.work.Go(func() {
		_ = p.cmd.Wait()
		close(p.done)
		if k.ctx.Err() == nil && !k.isLeaving(p) {
			k.t.Errorf("%s at %s ended by itself: %v", p.workload, p.ip, p.cmd.ProcessState)
		}
	})
	k.work.Go(func() { k.probe(p) })
	return p
}

// process is what a server's pod runs, with the present Secrets.
func (k *kube) process(w manifest.Workload, p *kubePod) manifest.Process {
	k.t.Helper()
	process, err := k.set.Process(w, manifest.Pod{Name: p.name, IP: p.ip, Secrets: k.secrets()})
	if err != nil {
		k.t.Fatal(err)
	}
	return process
}

// secrets returns a copy of the present Secrets.
func (k *kube) secrets() map[string]map[string]string {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make(map[string]map[string]string)
	for name, keys := range k.secret {
		all[name] = maps.Clone(keys)
	}
	return all
}

// starved is for servers what that of pods is.
func (k *kube) starved() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.pods, func(p *kubePod) bool { return p.heard.starved() })
}

func (k *kube) isLeaving(p *kubePod) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return p.leaving
}

// probe does what the kubelet does, until the pod has ended. Readiness decides whether people are
// sent there; a failing liveness probe would restart the pod.
func (k *kube) probe(p *kubePod) {
	failed, dead := 0, 0
	for {
		ok := passes(p.process.Ready)
		failed++
		if ok {
			failed = 0
		}
		k.mu.Lock()
		p.ready = ok || p.ready && failed < p.process.Ready.Failures
		k.mu.Unlock()
		dead++
		if passes(p.process.Live) {
			dead = 0
		}
		every := p.process.Ready.Every
		if !ok {
			every = p.process.Started.Every
		}
		select {
		case <-p.done:
			return
		case <-time.After(every):
		}
		if dead > p.process.Live.Failures && !k.isLeaving(p) {
			k.t.Errorf("%s at %s would have been restarted: /healthz does not answer", p.workload, p.ip)
			return
		}
	}
}

func passes(c *manifest.Check) bool {
	client := http.Client{Timeout: c.Timeout}
	defer client.CloseIdleConnections()
	res, err := client.Get(c.URL)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode < 400
}

// await waits until pods are ready, as controllers do before they go on.
func (k *kube) await(pods ...*kubePod) {
	k.t.Helper()
	for _, p := range pods {
		eventually(k.t, p.workload+" at "+p.ip+" is ready", func() error {
			k.mu.Lock()
			defer k.mu.Unlock()
			if !p.ready {
				return fmt.Errorf("%s is not", p.ip)
			}
			return nil
		})
	}
}

// remove deletes pods, all at the same time. No more people are sent to them; after the pause of
// preStop they get SIGTERM, and each must have ended within its grace period.
func (k *kube) remove(pods ...*kubePod) {
	k.t.Helper()
	var all sync.WaitGroup
	for _, p := range pods {
		k.mu.Lock()
		p.leaving = true
		k.mu.Unlock()
		all.Go(func() {
			told := time.Now()
			time.Sleep(p.process.Pause) // what the manifests say, not a wait for something
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-p.done:
				if code := p.cmd.ProcessState.ExitCode(); code != 0 {
					k.t.Errorf("%s at %s ended with %d", p.workload, p.ip, code)
				}
			case <-time.After(p.process.Grace - time.Since(told)):
				k.t.Errorf("%s at %s would have been killed: it takes longer than its grace period", p.workload, p.ip)
				_ = p.cmd.Process.Kill()
			}
		})
	}
	all.Wait()
}

// scale brings a workload to n pods, and waits until that is done. The youngest pods go first.
func (k *kube) scale(workload string, n int) {
	k.t.Helper()
	var fresh []*kubePod
	for range n - len(k.running(workload)) {
		fresh = append(fresh, k.create(workload))
	}
	k.await(fresh...)
	if pods := k.running(workload); len(pods) > n {
		k.remove(pods[n:]...)
	}
}

// roll replaces every pod of a workload, one more at a time as the strategy says.
func (k *kube) roll(workload string) {
	k.t.Helper()
	for _, old := range k.running(workload) {
		k.await(k.create(workload))
		k.remove(old)
	}
}

// Goal: scaling, rolling and replacing all secrets by the manifests loses nothing and no client
// sees an error. Method: servers and Redis are started, probed, scaled and replaced as the
// manifests and the controllers say, and the Secret's files change. Meanwhile pixelctl test stress
// draws through the Service; its checks, exact delivery among them, must hold for the whole time.
// The extra seconds that a controller waits between the steps of a roll are left out.
func TestKubernetes_Rehearsal(t *testing.T) {
	t.Parallel() // without a lane
	k := startKube(t)
	k.startRedis()
	for _, name := range []string{"canvas", "gateway"} {
		w, _ := k.set.Workload(name)
		k.scale(name, w.Replicas)
	}
	target := "ws://" + k.service.Addr().String() + "/ws"
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	out := filepath.Join(t.TempDir(), "report.json")
	stress := exec.CommandContext(ctx, filepath.Join(binaries, "pixelctl"), "test", "stress", "--target", target,
		"--clients", "24", "--rate", "100", "--duration", "1h", "--out", out)
	var said bytes.Buffer
	stress.Stdout, stress.Stderr = &said, &said
	began := time.Now()
	if err := stress.Start(); err != nil {
		t.Fatal(err)
	}
	k.scale("canvas", 5)
	k.scale("gateway", 6)
	k.scale("canvas", 2)
	k.scale("gateway", 3)
	k.roll("canvas")
	k.roll("gateway")
	rolled := time.Since(began)
	k.rotate(t)
	t.Logf("scaled and rolled in %v, rotated after %v", rolled.Round(time.Second), time.Since(began).Round(time.Second))
	_ = stress.Process.Signal(os.Interrupt) // if it has ended, it was not interrupted
	ended := stress.Wait()
	t.Log(said.String())
	var r report.Report
	text, err := os.ReadFile(out)
	if err := errors.Join(err, json.Unmarshal(text, &r)); err != nil || r.Interrupted != "drawing" || len(r.Verdicts) == 0 {
		t.Errorf("stress ended with %v, interrupted while %q: %v", ended, r.Interrupted, err)
	}
	for _, v := range r.Verdicts {
		// A refused pixel has waited for 3 s, because the machine starves its processes.
		late := v.Name == "placing" && strings.HasSuffix(v.Text, " 0 without an answer") && k.starved()
		if !v.Passed && !late {
			t.Errorf("%s: %s", v.Name, v.Text)
		}
	}
	if n := len(slices.Concat(k.running("canvas"), k.running("gateway"))); n != 5 {
		t.Errorf("%d pods run, want 5", n)
	}
}
