package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
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

// sign makes a key and its certificate; without one of its own, the authority is itself signed.
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

// pod is a certificate as pods should have it.
func (a *authority) pod() *authority {
	a.t.Helper()
	return a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "pod"}, ExtKeyUsage: bothUsages})
}

// files writes the certificate (and those between it and the CA), its key and the CA's.
func (a *authority) files(ca *authority, between ...*authority) TLSFiles {
	a.t.Helper()
	dir := a.t.TempDir()
	f := TLSFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: filepath.Join(dir, "ca.pem")}
	a.write(f, ca, between...)
	return f
}

func (a *authority) write(f TLSFiles, ca *authority, between ...*authority) {
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

// handshake connects a client to a server and gives what either says.
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
	good := ours.pod().files(ours)
	for name, c := range map[string]struct {
		files TLSFiles
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
		if err := handshake(t, c.files.client(), good.server()); (err == nil) != c.ok {
			t.Errorf("a client %s: %v, want it accepted: %v", name, err, c.ok)
		}
		if err := handshake(t, good.client(), c.files.server()); (err == nil) != c.ok {
			t.Errorf("a server %s: %v, want it accepted: %v", name, err, c.ok)
		}
	}
	serves := ours.sign(&x509.Certificate{ExtKeyUsage: bothUsages[:1]}).files(ours)
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

// TestTLS_FilesMayBeReplaced uses the same configurations before and after.
func TestTLS_FilesMayBeReplaced(t *testing.T) {
	old, next := newAuthority(t), newAuthority(t)
	here, there := old.pod().files(old), old.pod().files(old)
	client, server := here.client(), there.server()
	if err := handshake(t, client, server); err != nil {
		t.Fatal(err)
	}
	next.pod().write(here, next)
	if handshake(t, client, server) == nil {
		t.Error("a certificate that was replaced is still used")
	}
	next.pod().write(there, next)
	if err := handshake(t, client, server); err != nil {
		t.Errorf("after both were replaced: %v", err)
	}
	if err := os.Remove(there.CA); err != nil {
		t.Fatal(err)
	}
	if handshake(t, client, server) == nil {
		t.Error("accepted without authorities")
	}
}

func TestPeers_MutualTLS(t *testing.T) {
	if !isolated(t) {
		return
	}
	ours, others := newAuthority(t), newAuthority(t)
	log := new(lines)
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
	if log.count("TLS with a peer failed") == 0 {
		t.Errorf("says nothing of it:\n%s", log)
	}
	if ask(p, friend.sink(), 10*time.Second) == nil {
		t.Error("no answer after strangers were refused")
	}
}
