package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/store/redis/redistest"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		url  string
		want string // kind, or how the refusal begins
	}{
		{"redis://localhost:6379", "one"},
		{"redis://user:password@host:6379/3?pool_size=7", "one"},
		{"rediss://host", "one with TLS"},
		{"unix:///run/redis.sock?db=1", "one"},
		{"redis://a:1?addr=b:2&addr=c:3", "cluster"},
		{"rediss://:password@a:1/0?addr=b:2", "cluster with TLS"},
		{"redis://a:26379?master_name=m&addr=b:26379&password=secret", "one"},
		{"rediss://a:26379/2?master_name=m", "one with TLS"},

		{"", "invalid URL scheme: "},
		{"localhost:6379", "invalid URL scheme: localhost"},
		{"http://host", "invalid URL scheme: http"},
		{"redis://host:port", "it is no URL: in a user and password"},
		{"redis://host/canvas", `invalid database number: "canvas"`},
		{"redis://host?colour=red", "unexpected option: colour"},
		{"redis://a:1/3?addr=b:2", "a cluster has only database 0"},
		{"redis://a:1?addr=b", "unable to parse addr param: b"},
		{"redis://a:1?addr=b:2&read_only=true", "read_only: a replica may be behind"},
		{"redis://a:1?master_name=m&replica_only=true", "replica_only: a replica may be behind"},
		{"http://a:1?master_name=m", "invalid URL scheme: http"},
	} {
		connect, err := parse(test.url, "")
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			client := connect(func() {})
			got = kind(t, client)
			_ = client.Close()
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.url, got, test.want)
		}
	}
}

// kind reports what was made of a URL, and checks the limits that all kinds share.
func kind(t *testing.T, client driver.UniversalClient) (kind string) {
	switch client := client.(type) {
	case *driver.Client:
		o := client.Options()
		if o.DialTimeout != dialTimeout || o.ReadTimeout != readTimeout || o.WriteTimeout != readTimeout || !o.ContextTimeoutEnabled || o.DialerRetries != 1 {
			t.Errorf("limits of one: %+v", o)
		}
		if kind = "one"; o.TLSConfig != nil {
			kind += " with TLS"
		}
	case *driver.ClusterClient:
		o := client.Options()
		if o.DialTimeout != dialTimeout || o.ReadTimeout != readTimeout || o.WriteTimeout != readTimeout || !o.ContextTimeoutEnabled || o.DialerRetries != 1 {
			t.Errorf("limits of a cluster: %+v", o)
		}
		if kind = "cluster"; o.TLSConfig != nil {
			kind += " with TLS"
		}
	}
	return kind
}

// TestParse_Password: a password that is not in the URL is Redis's. Two passwords are refused, and
// neither is shown.
func TestParse_Password(t *testing.T) {
	const other = "another secret"
	for _, url := range []string{"redis://a:1", "redis://user@a:1", "redis://a:1?addr=b:2", "redis://a:1?master_name=m", "redis://:theirs@a:1?master_name=m"} {
		connect, err := parse(url, other)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		got, client := "", connect(func() {})
		switch client := client.(type) {
		case *driver.Client:
			got = client.Options().Password
		case *driver.ClusterClient:
			got = client.Options().Password
		}
		if got != other {
			t.Errorf("%s: its password is %q", url, got)
		}
		_ = client.Close()
	}
	for _, url := range []string{"redis://:secret@a:1", "redis://:secret@a:1?addr=b:2", "redis://a:1?master_name=m&password=secret"} {
		if _, err := parse(url, other); err == nil || !strings.Contains(err.Error(), "take it out") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want a refusal", url, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for url, want := range map[string]string{
		"redis://host:6379":                               "redis://host:6379",
		"redis://user:secret@host/1":                      "redis://***@host/1",
		"redis://user:s@cret@host":                        "redis://***@host",
		"user:secret@host":                                "***@host",
		"redis://host?master_name=m&password=secret&db=1": "redis://host?master_name=m&password=***&db=1",
		"redis://host?password=secret":                    "redis://***", // a parameter of Sentinel
		"redis://host?master_name=m&password=se@cret":     "redis://host?master_name=m&password=***",
		"redis://user:secret":                             "redis://***",
		"redis://host?colour=red":                         "redis://host?colour=red",
		"localhost:6379":                                  "localhost:6379",
		"://":                                             "***",
		"redis://user:secret@host:6379?colour=red":        "redis://***@host:6379?colour=red",
		"": "",
	} {
		if got := Redact(url); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}

func TestStore_TLS(t *testing.T) {
	cert, key := certificate(t)
	port := redistest.FreePort(t)
	redistest.Start(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
	s := open(t, testConfig("rediss://127.0.0.1:"+port+"?skip_verify=true"))
	if err := s.offer(t.Context(), dot(0, claimed(t, s, 0).Epoch, 0)); err != nil {
		t.Error(err)
	}
	distrustful := open(t, testConfig("rediss://127.0.0.1:"+port))
	if err := distrustful.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody has signed: %v", err)
	}
}

// certificate makes one for loopback, signed by itself, and its key.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}
