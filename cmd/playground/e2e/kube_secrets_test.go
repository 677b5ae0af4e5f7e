//go:build e2e

package e2e

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
)

// redisSecrets is among the settings when the pods of Redis read something, too.
const redisSecrets = "/etc/redis-secrets"

// change sets keys of the Secret (empty: removes them), and has kubelets write the files of all
// pods, one half after the other. It waits until each half has read the settings.
func (k *kube) change(keys map[string]string, settings ...string) {
	k.t.Helper()
	k.mu.Lock()
	for key, text := range keys {
		if k.secret["playground"][key] = text; text == "" {
			delete(k.secret["playground"], key)
		}
	}
	k.mu.Unlock()
	servers := k.running("")
	for half := range 2 {
		var waits []func()
		for i, p := range servers {
			if i%2 == half {
				waits = append(waits, k.refresh(p, settings))
			}
		}
		if half == 0 {
			for _, p := range k.redises {
				waits = append(waits, p.refresh(settings))
			}
		}
		for _, wait := range waits {
			wait()
		}
	}
}

// refresh writes a server's files. wait waits until the server has read them.
func (k *kube) refresh(p *kubePod, settings []string) (wait func()) {
	k.t.Helper()
	w, _ := k.set.Workload(p.workload)
	before := make(map[string]int)
	for _, setting := range settings {
		if p.process.Env["PLAYGROUND_"+strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))] != "" {
			before[setting] = p.heard.of(setting)
		}
	}
	p.folders.write(k.process(w, p).Mounts, unedited)
	return func() {
		for setting, n := range before {
			eventually(k.t, p.name+" has read "+setting, func() error {
				if p.heard.of(setting) == n {
					return errors.New("not yet")
				}
				return nil
			})
		}
	}
}

// refresh is the same for a pod of Redis, which logs a single line for all that it reads.
func (p *redisPod) refresh(settings []string) (wait func()) {
	p.t.Helper()
	before := make(map[string]int)
	for container := range p.running {
		before[container] = linesWith(p.log(container), "secret read anew")
	}
	p.mount()
	return func() {
		if !slices.Contains(settings, redisSecrets) {
			return
		}
		for container, n := range before {
			eventually(p.t, p.name+" has read its password", func() error {
				if linesWith(p.log(container), "secret read anew") == n {
					return errors.New("not yet")
				}
				return nil
			})
		}
	}
}

// rotate replaces everything in the Secret as rotate.sh does, and checks that the old secrets are
// useless.
func (k *kube) rotate(t *testing.T) {
	t.Helper()
	old := k.secrets()["playground"]
	key, token, password := base64.StdEncoding.EncodeToString([]byte("fedcba9876543210fedcba9876543210"))+"\n", "another token for the rehearsal\n", "the \"other\" \\ one"
	k.change(map[string]string{
		"gossip-key": old["gossip-key"] + "\n" + key, "admin-token": old["admin-token"] + "\n" + token, "redis-password-other": password,
	}, "gossip-key-file", "admin-token-file", redisSecrets)
	for _, p := range k.redises {
		p.admits(t, old["redis-password"], password)
	}
	k.change(map[string]string{
		"gossip-key": key + old["gossip-key"] + "\n", "admin-token": token + old["admin-token"] + "\n", "redis-password": password, "redis-password-other": old["redis-password"],
	}, "gossip-key-file", "admin-token-file", "redis-password-file", redisSecrets)
	k.change(map[string]string{"gossip-key": key, "admin-token": token, "redis-password-other": ""}, "gossip-key-file", "admin-token-file", redisSecrets)
	for _, p := range k.redises {
		p.admits(t, password)
		if out, err := p.stranger("6379", old["redis-password"]); err == nil {
			t.Errorf("%s takes the old password: %s", p.name, out)
		}
	}
	k.mendWrong(t, "\n\n", password)
	for _, p := range k.running("") {
		if n := len(p.heard.faults()); n != 1 || !strings.Contains(p.heard.faults()[0], p.folders.dir+"/etc/playground/redis-password") {
			t.Errorf("%s: of one wrong file it says %q", p.name, p.heard.faults())
		}
	}
}

// admits waits until all servers in the pod let in clients with any of the passwords, and nobody
// without one.
func (p *redisPod) admits(t *testing.T, passwords ...string) {
	t.Helper()
	for _, w := range p.workload.Each() {
		port := map[string]string{"redis": "6379", "sentinel": "26379"}[w.Container().Name]
		for _, password := range passwords {
			eventually(t, p.name+" takes a password", func() error {
				out, err := p.stranger(port, password)
				if err != nil || !strings.HasPrefix(out, "PONG") {
					return errors.New(out)
				}
				return nil
			})
		}
		if out, err := p.stranger(port, ""); err == nil {
			t.Errorf("%s at port %s lets in without a password: %s", p.name, port, out)
		}
	}
}

// mendWrong makes all pods read an unusable Redis password, and then the good one again. They must
// go on with what they had, and log an error.
func (k *kube) mendWrong(t *testing.T, wrong, good string) {
	t.Helper()
	k.change(map[string]string{"redis-password": wrong})
	for _, p := range k.running("") {
		eventually(t, p.name+" says what is wrong", func() error {
			if len(p.heard.faults()) == 0 {
				return errors.New("not yet")
			}
			return nil
		})
	}
	for _, p := range k.redises {
		for container := range p.running {
			eventually(t, p.name+" says what is wrong", func() error {
				if linesWith(p.log(container), "ERROR secret can't be read anew") == 0 {
					return errors.New("not yet")
				}
				return nil
			})
		}
		if _, err := p.ask("6379", "PING"); err != nil {
			t.Errorf("a probe of %s fails: %v", p.name, err)
		}
	}
	k.change(map[string]string{"redis-password": good})
}
