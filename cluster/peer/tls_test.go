package peer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/telemetry/logtest"
)

// authority signs certificates of a test.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var bothUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	return (&authority{t: t}).sign(&x509.Certificate{Subject: pkix.Name{CommonName: t.Name()}, IsCA: true, BasicConstraintsValid: true})
}

// sign makes a key and its certificate. If a has no certificate of its own, the new one is signed by
// itself.
func (a *authority) sign(template *x509.Certificate) *authority {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, _ = rand.Int(rand.Reader, big.NewInt(1<<62))
	template.NotBefore = time.Now().Add(-time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return &authority{a.t, cert, key}
}

// pod makes a certificate as pods should have it.
func (a *authority) pod() *authority {
	a.t.Helper()
	return a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "pod"}, ExtKeyUsage: bothUsages})
}

// files writes the certificate (and those between it and the CA), its key and the CA's.
func (a *authority) files(ca *authority, between ...*authority) Files {
	a.t.Helper()
	dir := a.t.TempDir()
	f := Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: filepath.Join(dir, "ca.pem")}
	a.write(f, ca, between...)
	return f
}

func (a *authority) write(f Files, ca *authority, between ...*authority) {
	a.t.Helper()
	chain := encodePEM("CERTIFICATE", a.cert.Raw)
	for _, b := range between {
		chain = append(chain, encodePEM("CERTIFICATE", b.cert.Raw)...)
	}
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	for name, content := range map[string][]byte{f.Cert: chain, f.Key: encodePEM("PRIVATE KEY", key), f.CA: encodePEM("CERTIFICATE", ca.cert.Raw)} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
}

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// loaded returns what a pod reads from files.
func loaded(t *testing.T, f Files) *certificates {
	t.Helper()
	c, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// handshake connects a client to a server and returns the errors of both.
func handshake(t *testing.T, client, server *tls.Config) error {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			defer conn.Close()
			_, err = tls.Server(conn, server).Write([]byte{1})
		}
		served <- err
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = tls.Client(conn, client).Read(make([]byte, 1)) // the client hears of a refusal no sooner
	return errors.Join(err, <-served)
}

func TestTLS_PeersAreWhoTheirAuthoritySigned(t *testing.T) {
	ours, others := newAuthority(t), newAuthority(t)
	between := ours.sign(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, Subject: pkix.Name{CommonName: "between"}})
	good := loaded(t, ours.pod().files(ours))
	for name, c := range map[string]struct {
		files Files
		ok    bool
	}{
		"signed by the CA":        {ours.pod().files(ours), true},
		"signed by one it signed": {between.pod().files(ours, between), true},
		"without usages":          {ours.sign(&x509.Certificate{}).files(ours), true},
		"signed by another":       {others.pod().files(ours), false},
		"believes another":        {ours.pod().files(others), false},
		"with the link left out":  {between.pod().files(ours), false},
		"expired":                 {ours.sign(&x509.Certificate{ExtKeyUsage: bothUsages, NotAfter: time.Now().Add(-time.Minute)}).files(ours), false},
		"for something else":      {ours.sign(&x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}}).files(ours), false},
		"an authority of its own": {others.files(others), false},
	} {
		if err := handshake(t, loaded(t, c.files).client(), good.server()); (err == nil) != c.ok {
			t.Errorf("a client %s: %v, want it accepted: %v", name, err, c.ok)
		}
		if err := handshake(t, good.client(), loaded(t, c.files).server()); (err == nil) != c.ok {
			t.Errorf("a server %s: %v, want it accepted: %v", name, err, c.ok)
		}
	}
	serves := loaded(t, ours.sign(&x509.Certificate{ExtKeyUsage: bothUsages[:1]}).files(ours))
	if err := handshake(t, good.client(), serves.server()); err != nil {
		t.Errorf("a server that may only serve: %v", err)
	}
	if handshake(t, serves.client(), good.server()) == nil {
		t.Error("a client that may only serve is accepted")
	}
	if handshake(t, &tls.Config{InsecureSkipVerify: true}, good.server()) == nil {
		t.Error("a client without a certificate is accepted")
	}
}

// TestTLS_FilesMayBeReplaced uses the same configurations before and after. The authority is
// replaced step by step, and peers understand each other at each step.
func TestTLS_FilesMayBeReplaced(t *testing.T) {
	old, next := newAuthority(t), newAuthority(t)
	files := [2]Files{old.pod().files(old), old.pod().files(old)}
	pods := [2]*certificates{loaded(t, files[0]), loaded(t, files[1])}
	config := [2][2]*tls.Config{{pods[0].client(), pods[0].server()}, {pods[1].client(), pods[1].server()}}
	understand := func(step string) {
		t.Helper()
		for i := range pods {
			if err := handshake(t, config[i][0], config[1-i][1]); err != nil {
				t.Errorf("%s: %d to %d: %v", step, i, 1-i, err)
			}
		}
	}
	understand("at first")
	bundle := func(authorities ...*authority) (pem []byte) {
		for _, a := range authorities {
			pem = append(pem, encodePEM("CERTIFICATE", a.cert.Raw)...)
		}
		return pem
	}
	for _, step := range []struct {
		name string
		do   func(f Files)
	}{
		{"both authorities", func(f Files) { write(t, f.CA, bundle(old, next)) }},
		{"the new certificates", func(f Files) { next.pod().write(f, next); write(t, f.CA, bundle(old, next)) }},
		{"the new authority alone", func(f Files) { write(t, f.CA, bundle(next)) }},
	} {
		for i, f := range files {
			step.do(f)
			if changed, err := pods[i].renew(); !changed || err != nil {
				t.Errorf("%s: %v, %v", step.name, changed, err)
			}
			if changed, err := pods[i].renew(); changed || err != nil {
				t.Errorf("%s, once more: %v, %v", step.name, changed, err)
			}
			understand(fmt.Sprintf("%s, %d", step.name, i))
		}
	}
	stranger := loaded(t, old.pod().files(old))
	if handshake(t, stranger.client(), config[0][1]) == nil {
		t.Error("a certificate of the authority that was dropped is accepted")
	}
}

// TestTLS_UnfitFilesChangeNothing: what was read before stays, and the error names the file.
func TestTLS_UnfitFilesChangeNothing(t *testing.T) {
	ours, others := newAuthority(t), newAuthority(t)
	there := loaded(t, ours.pod().files(ours))
	both := append(encodePEM("CERTIFICATE", others.cert.Raw), encodePEM("CERTIFICATE", ours.cert.Raw)...)
	for name, spoil := range map[string]func(f Files) (file string){
		"another's key": func(f Files) string {
			read := others.pod().files(others).Key
			copyFile(t, read, f.Key)
			return f.Key
		},
		"no certificate":    func(f Files) string { write(t, f.Cert, []byte("half")); return f.Cert },
		"an empty key":      func(f Files) string { write(t, f.Key, nil); return f.Key },
		"no authorities":    func(f Files) string { write(t, f.CA, nil); return f.CA },
		"half a second one": func(f Files) string { write(t, f.CA, both[:len(both)-100]); return f.CA },
		"garbage":           func(f Files) string { write(t, f.CA, encodePEM("CERTIFICATE", []byte("x"))); return f.CA },
		"the file is gone":  func(f Files) string { remove(t, f.CA); return f.CA },
		"the key is gone":   func(f Files) string { remove(t, f.Key); return f.Key },
	} {
		files := ours.pod().files(ours)
		here := loaded(t, files)
		file := spoil(files)
		changed, err := here.renew()
		if changed || err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, %v; want an error that names %s", name, changed, err, file)
		}
		if err := errors.Join(handshake(t, here.client(), there.server()), handshake(t, there.client(), here.server())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		ours.pod().write(files, ours)
		if changed, err := here.renew(); !changed || err != nil {
			t.Errorf("%s, mended: %v, %v", name, changed, err)
		}
	}
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, content)
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func TestPeers_MutualTLS(t *testing.T) {
	if !isolated(t) {
		return
	}
	ours, others := newAuthority(t), newAuthority(t)
	log := new(logtest.Lines)
	p := nearBy(t, Config{TLS: ours.pod().files(ours), Log: slog.New(slog.NewTextHandler(log, nil))})
	friend := startFar(t, farConfig{Peer: "127.0.0.1:0", TLS: ours.pod().files(ours)})
	if ask(p, friend.sink(), 10*time.Second) == nil {
		t.Fatal("no answer from a pod of the same CA")
	}
	if log.String() != "" {
		t.Errorf("warns:\n%s", log)
	}
	plain, foreign := startFar(t, farConfig{Peer: "127.0.0.1:0"}), startFar(t, farConfig{Peer: "127.0.0.1:0", TLS: others.pod().files(others)})
	for name, stranger := range map[string]*far{"without TLS": plain, "of another CA": foreign} {
		if ask(p, stranger.sink(), 500*time.Millisecond) != nil {
			t.Errorf("a pod %s answers", name)
		}
	}
	if log.Count("TLS with a peer failed") == 0 {
		t.Errorf("says nothing of it:\n%s", log)
	}
	if ask(p, friend.sink(), 10*time.Second) == nil {
		t.Error("no answer after strangers were refused")
	}
}
