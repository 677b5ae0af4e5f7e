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

	"pixelplayground/k8s/manifest"
)

// redisPod is a pod of the manifests' Redis. Its containers run the rendered scripts with the
// rendered configuration and the Secret's files. Only the places of pod, volume and folders are
// this machine's.
type redisPod struct {
	t        *testing.T
	kube     *kube
	workload manifest.Workload
	name     string
	ip       string
	folders  folders // of its volume, the ConfigMap and the Secret

	running map[string]*exec.Cmd // by container, while the pod lives
	done    map[string]chan struct{}
}

// redisPods makes the pods of the StatefulSet. They do not run yet.
func (k *kube) redisPods() (pods []*redisPod) {
	k.t.Helper()
	w, _ := k.set.Workload("redis")
	var names []string
	for i := range w.Replicas {
		p := &redisPod{t: k.t, kube: k, workload: w, name: fmt.Sprintf("redis-%d", i), ip: k.ip(lastPodIP + 10 + i), folders: folders{t: k.t, dir: k.t.TempDir()}}
		names = append(names, p.name, p.ip)
		k.t.Cleanup(p.kill)
		pods = append(pods, p)
	}
	k.names = strings.NewReplacer(append(names, "//redis:", "//"+pods[0].ip+":")...) // if there is only one, the Service's name
	for _, p := range pods {
		p.mount()
	}
	k.redises = pods
	return pods
}

// process is what a container runs.
func (p *redisPod) process(container string) manifest.Process {
	p.t.Helper()
	w, ok := p.workload.Of(container)
	if !ok {
		p.t.Fatalf("%s has no container %s", p.name, container)
	}
	process, err := p.kube.set.Process(w, manifest.Pod{Name: p.name, IP: p.ip, Secrets: p.kube.secrets()})
	if err != nil {
		p.t.Fatal(err)
	}
	return process
}

// mount writes the files, and makes both servers listen at the pod's address, as they would in a
// real pod.
func (p *redisPod) mount() {
	p.t.Helper()
	mounts := p.process("redis").Mounts
	here := p.here(mounts)
	for _, folder := range []string{"/data", "/run/redis"} {
		if err := os.MkdirAll(p.folders.dir+folder, 0o700); err != nil {
			p.t.Fatal(err)
		}
	}
	p.folders.write(mounts, func(name, text string) string {
		if strings.HasSuffix(name, ".conf") && name != "replication.conf" {
			text += "\nbind " + p.ip + "\n"
		}
		return here.Replace(text)
	})
}

func (p *redisPod) here(mounts []manifest.Mount) *strings.Replacer {
	return p.folders.here(mounts, "/data", "/run/redis")
}

func (p *redisPod) start() {
	p.t.Helper()
	p.running, p.done = make(map[string]*exec.Cmd), make(map[string]chan struct{})
	for _, w := range p.workload.Each() {
		container := w.Container().Name
		cmd, done := p.script(p.process(container).Command[1]), make(chan struct{})
		log, err := os.OpenFile(p.log(container), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			p.t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = log, log
		lead(cmd) // as a container ends with its first process
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

// log is the file with a container's output.
func (p *redisPod) log(container string) string {
	return filepath.Join(p.folders.dir, container+".log")
}

// script runs one of the ConfigMap's scripts, by its path in the pod.
func (p *redisPod) script(path string, args ...string) *exec.Cmd {
	process := p.process("redis")
	cmd := exec.Command("sh", append([]string{p.here(process.Mounts).Replace(path)}, args...)...)
	cmd.Dir, cmd.Env = p.folders.dir, []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range process.Env {
		cmd.Env = append(cmd.Env, name+"="+p.kube.names.Replace(value))
	}
	return cmd
}

func (p *redisPod) signal(signal syscall.Signal) {
	for _, cmd := range p.running {
		_ = cmd.Process.Signal(signal) // the process may have ended
	}
}

func (p *redisPod) wait() {
	for container, done := range p.done {
		<-done
		_ = killGroup(p.running[container]) // no process may be left
	}
	p.running, p.done = nil, nil
}

// kill does what the loss of the pod's node does.
func (p *redisPod) kill() {
	p.signal(syscall.SIGKILL)
	p.wait()
}

// remove is what the kubelet does with a pod that was deleted: preStop, then SIGTERM. The pod must
// have ended within its grace period.
func (p *redisPod) remove() {
	p.t.Helper()
	late := time.AfterFunc(p.process("redis").Grace, func() {
		p.t.Errorf("%s would have been killed: it takes longer than its grace period", p.name)
		p.signal(syscall.SIGKILL)
	})
	defer late.Stop()
	if out, err := p.script("/etc/redis/stop.sh").CombinedOutput(); err != nil {
		p.t.Errorf("stop.sh of %s: %v\n%s", p.name, err, out)
	}
	p.signal(syscall.SIGTERM)
	p.wait()
}

// ask has redis-cli ask Redis or Sentinel.
func (p *redisPod) ask(port string, command ...string) (string, error) {
	out, err := p.script("/etc/redis/cli.sh", append([]string{"-p", port}, command...)...).Output()
	return string(out), err
}

// stranger asks with another password, or none.
func (p *redisPod) stranger(port, password string) (string, error) {
	cli := exec.Command("redis-cli", "-e", "-h", p.ip, "-p", port, "PING")
	if password != "" {
		cli.Env = append(os.Environ(), "REDISCLI_AUTH="+password)
	}
	out, err := cli.CombinedOutput()
	return string(out), err
}

// startRedis starts the only Redis, and waits as the kubelet does until it is ready.
func (k *kube) startRedis() {
	k.t.Helper()
	only := k.redisPods()[0]
	only.start()
	probe := only.workload.Container().ReadinessProbe.Exec.Command
	eventually(k.t, "Redis is ready", func() error {
		if out, err := only.script(probe[1], probe[2:]...).CombinedOutput(); err != nil {
			log, _ := os.ReadFile(only.log("redis"))
			return fmt.Errorf("%w: %s\n%s", err, out, log)
		}
		return nil
	})
}
