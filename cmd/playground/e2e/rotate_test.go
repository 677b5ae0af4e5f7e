//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/k8s/manifest"
)

// rotation holds the files with the secrets of a cluster of processes, and replaces them.
type rotation struct {
	t       *testing.T
	folders folders
	files   map[string]string // their present content, by name
	old     map[string]string // the first secrets, without the new ones
	new     map[string]string // the last secrets, without the old ones
}

// newRotation makes a secret of each kind, and its successor.
func newRotation(t *testing.T) *rotation {
	t.Helper()
	r := &rotation{t: t, folders: folders{t: t, dir: t.TempDir()}, files: make(map[string]string)}
	one := func() map[string]string {
		ca := newPeerAuthority(t)
		certificate, key := ca.pod(t)
		return map[string]string{
			"gossip-key": base64.StdEncoding.EncodeToString(randomBytes(t, 32)), "admin-token": rand.Text(), "redis-password": rand.Text(),
			"tls.crt": certificate, "tls.key": key, "ca.crt": ca.pem,
		}
	}
	r.old, r.new = one(), one()
	r.write(r.old)
	return r
}

func randomBytes(t *testing.T, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// write changes files, all at once as a kubelet does.
func (r *rotation) write(changes map[string]string) {
	r.t.Helper()
	for name, text := range changes {
		r.files[name] = text
	}
	r.folders.write([]manifest.Mount{{Path: "/secrets", Files: r.files}}, unedited)
}

func (r *rotation) file(name string) string {
	return filepath.Join(r.folders.dir, "secrets", name)
}

// certificates is the arguments about certificates, which every server of the cluster gets.
func (r *rotation) certificates() []string {
	return []string{"--peer-cert", r.file("tls.crt"), "--peer-key", r.file("tls.key"), "--peer-ca", r.file("ca.crt")}
}

// inFiles is the arguments of a server that reads all of its secrets anew.
func (r *rotation) inFiles(redis string) []string {
	return append(r.certificates(), "--redis", "redis://servers@"+redis, "--gossip-key-file", r.file("gossip-key"), "--admin-token-file", r.file("admin-token"), "--redis-password-file", r.file("redis-password"))
}

// settings says, by file, which setting the server logs when it has read the file.
var settings = map[string]string{
	"gossip-key": "gossip-key-file", "admin-token": "admin-token-file", "redis-password": "redis-password-file", "ca.crt": "peer-cert", "tls.crt": "peer-cert",
}

// step changes files, and waits until each server has read those that it uses.
func (r *rotation) step(servers []*server, changes map[string]string) {
	r.t.Helper()
	before := make(map[*server]map[string]int)
	for _, s := range servers {
		before[s] = make(map[string]int)
		for _, setting := range settings {
			before[s][setting] = s.heard.of(setting)
		}
	}
	r.write(changes)
	for _, s := range servers {
		for file := range changes {
			setting := settings[file]
			if setting == "" || !slices.Contains(s.args, "--"+setting) {
				continue
			}
			eventually(r.t, nameOf(s)+" has read "+file, func() error {
				if s.heard.of(setting) == before[s][setting] {
					return fmt.Errorf("not yet; faults: %q", s.heard.faults())
				}
				return nil
			})
		}
	}
}

// login returns an error unless the token lets its owner in.
func login(s *server, token string) error {
	client := http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	res, err := client.PostForm(s.url+"/admin/login", url.Values{"token": {token}})
	if err != nil {
		return err
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || strings.Contains(to, "#") {
		return fmt.Errorf("%s, to %s", res.Status, to)
	}
	return nil
}

// quiet is the longest time between two acknowledgements of one painter, within the time from from to to.
func (c *crowd) quiet(from, to time.Time) (longest time.Duration) {
	for _, p := range c.painters {
		var at []time.Time
		for _, acked := range p.at {
			if acked.After(from) && acked.Before(to) {
				at = append(at, acked)
			}
		}
		slices.SortFunc(at, time.Time.Compare)
		for i := 1; i < len(at); i++ {
			longest = max(longest, at[i].Sub(at[i-1]))
		}
	}
	return longest
}

// refused counts the refused pixels.
func (c *crowd) refused() (n int64) {
	for _, p := range c.painters {
		n += p.refused.Load()
	}
	return n
}

// late measures the longest time for which this process did not run, until most is called: while a
// machine stands still, so does drawing.
func late(t *testing.T) (most func() time.Duration) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan time.Duration)
	go func() {
		const every = 10 * time.Millisecond
		var worst time.Duration
		tick := time.NewTicker(every)
		defer tick.Stop()
		for last := time.Now(); ; last = time.Now() {
			select {
			case <-stop:
				done <- worst
				return
			case <-tick.C:
				worst = max(worst, time.Since(last)-every)
			}
		}
	}()
	return func() time.Duration { close(stop); return <-done }
}

// Goal: every secret of a cluster is replaced while people draw, and nobody notices. Servers that
// have gossip key and Redis' password in their settings, which can't change, work beside servers
// that have them in files, as long as the old secrets are accepted. Method: there are two gateways
// and two canvas pods. One of each has its secrets from the environment, as in earlier manifests.
// The new secrets are added, those two pods are replaced, the new secrets are used, the old ones
// go. Each step waits until all pods have read the one before.
func TestCluster_RotatesItsSecrets(t *testing.T) {
	r := newRotation(t)
	p := newPods(t)
	password := func(rules ...string) { p.redis.Do(append([]string{"ACL", "SETUSER", "servers"}, rules...)...) }
	password("on", "~*", "&*", "+@all", ">"+r.old["redis-password"])
	before := append(r.certificates(), "--gossip-key", r.old["gossip-key"], "--admin-token", r.old["admin-token"],
		"--redis", "redis://servers:"+r.old["redis-password"]+"@"+p.redis.Addr)
	p.canvases = append(p.canvases, p.start("canvas", before...), p.start("canvas", r.inFiles(p.redis.Addr)...))
	p.gateways = append(p.gateways, p.start("gateway", before...), p.start("gateway", r.inFiles(p.redis.Addr)...))
	p.await(p.all()...)
	p.settled(4)
	c := p.gather(20, pace)
	c.more(20)

	stalled, began := late(t), time.Now()
	both := func(first, second map[string]string) map[string]string {
		lines := make(map[string]string)
		for _, name := range []string{"gossip-key", "admin-token", "ca.crt"} {
			lines[name] = first[name] + "\n" + second[name] + "\n"
		}
		return lines
	}
	password(">" + r.new["redis-password"])
	r.step(p.all(), both(r.old, r.new))
	c.more(20)
	known, refused := time.Now(), c.refused()

	// A roll: the pods that can't read secrets anew are replaced by pods that can.
	p.canvases[0] = p.replace(p.canvases[0], "canvas", r.inFiles(p.redis.Addr)...)
	p.gateways[0] = p.replace(p.gateways[0], "gateway", r.inFiles(p.redis.Addr)...)
	c.more(20)

	rolled := time.Now() // what a roll costs is measured elsewhere
	refused -= c.refused()
	use := both(r.new, r.old)
	for _, name := range []string{"redis-password", "tls.crt", "tls.key"} {
		use[name] = r.new[name]
	}
	r.step(p.all(), use)
	c.more(20)
	r.step(p.all(), map[string]string{"gossip-key": r.new["gossip-key"], "admin-token": r.new["admin-token"] + "\n", "ca.crt": r.new["ca.crt"]})
	password("resetpass", ">"+r.new["redis-password"])
	c.more(20)
	over, slow := time.Now(), stalled()
	refused += c.refused()

	// The old secrets are useless now. Pods that start now have only the new ones, and pods that
	// must reconnect to Redis use the new password.
	p.redis.Do("CLIENT", "KILL", "USER", "servers")
	p.canvases[1] = p.replace(p.canvases[1], "canvas", r.inFiles(p.redis.Addr)...)
	for _, s := range p.gateways {
		if err := login(s, r.new["admin-token"]); err != nil {
			t.Errorf("the new token at %s: %v", nameOf(s), err)
		}
		if err := login(s, r.old["admin-token"]); err == nil {
			t.Errorf("the old token still lets in at %s", nameOf(s))
		}
	}
	c.more(20)
	c.counts(20)
	for _, s := range p.all() {
		for _, fault := range s.heard.faults() {
			t.Errorf("%s: %s", nameOf(s), fault)
		}
	}
	c.audit()
	quiet := max(c.quiet(began, known), c.quiet(rolled, over))
	t.Logf("rotated in %v, no pixel acknowledged for %v at the longest, this process stood still for %v", over.Sub(began).Round(time.Millisecond), quiet, slow)
	// At most half a second on a busy machine. If the machine did not let servers run for that
	// long, which they log, any time is accepted.
	starved := p.starved()
	if quiet > 2*time.Second+4*slow && !starved {
		t.Errorf("drawing paused for %v", quiet)
	}
	if refused > 0 && !starved {
		t.Errorf("%d pixels were refused", refused)
	}
}

// replace starts a server, and then stops the one that it replaces.
func (p *pods) replace(old *server, role string, args ...string) *server {
	p.t.Helper()
	s := p.start(role, args...)
	p.await(s)
	if code := old.terminate(); code != 0 {
		p.t.Errorf("%s ended with %d", nameOf(old), code)
	}
	return s
}

// peerAuthority signs the certificates of peers.
type peerAuthority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

func newPeerAuthority(t *testing.T) *peerAuthority {
	t.Helper()
	a := &peerAuthority{cert: &x509.Certificate{Subject: pkix.Name{CommonName: "peers"}, IsCA: true, BasicConstraintsValid: true}}
	a.pem, a.key = a.sign(t, a.cert, nil)
	return a
}

// pod makes a certificate as pods have it, and its key.
func (a *peerAuthority) pod(t *testing.T) (certificate, key string) {
	t.Helper()
	certificate, private := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "peer"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// sign makes a key and its certificate, which is self-signed if there is no signer.
func (a *peerAuthority) sign(t *testing.T, template *x509.Certificate, signer *ecdsa.PrivateKey) (string, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), key
}
