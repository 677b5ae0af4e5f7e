package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/cmd/playground/process"
)

// TestExamine_Redis: settings with which a real Redis loses pixels or takes none are told with what to do; nothing in it is changed.
func TestExamine_Redis(t *testing.T) {
	good, bad := redistest.Start(t), redistest.Start(t, "--appendonly", "no", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	replica := redistest.Start(t, "--replicaof", "127.0.0.1 "+good.Port())
	locked, gone := redistest.Start(t), redistest.Start(t)
	locked.Do("CONFIG", "SET", "requirepass", "another")
	gone.Kill()
	size := []string{"--canvas", "64x64", "--region", "32"}

	exit, found := examined(t, append(size, "--redis", good.URL())...)
	has(t, found, redisCheck, Fine, good.Addr+", version ", "")
	has(t, found, redisCheck, Fine, `there is no canvas under "playground" yet`, "")
	has(t, found, "clock", Fine, "that of "+good.Addr+" is the same", "")
	if keys := good.Do("DBSIZE"); keys != "0" || exit != process.ExitStopped {
		t.Errorf("exit %d, %s keys", exit, keys)
	}
	good.Do("HSET", "playground:canvas", "format", "1", "geometry", "64x64/32", "identity", "x")
	_, found = examined(t, append(size, "--redis", good.URL())...)
	has(t, found, redisCheck, Fine, `the canvas 64x64/32 is under "playground"`, "")

	bad.Do("HSET", "playground:canvas", "format", "9", "geometry", "64x64/32")
	exit, found = examined(t, append(size, "--redis", bad.URL())...)
	has(t, found, redisCheck, Warning, "may evict parts of the canvas", "maxmemory-policy to noeviction")
	has(t, found, redisCheck, Warning, "keeps nothing on disk", "appendonly to yes")
	has(t, found, redisCheck, Fault, "a format of a later version of the program", "")
	if exit != process.ExitFailed {
		t.Errorf("exit %d", exit)
	}
	for url, said := range map[string]string{
		replica.URL(): "is a replica, which takes no writes", locked.URL(): "NOAUTH", gone.URL() + "?max_retries=-1": "refused",
	} {
		exit, found := examined(t, append(size, "--redis", url)...)
		has(t, found, redisCheck, Fault, said, "this computer reaches it")
		if exit != process.ExitFailed {
			t.Errorf("%s: exit %d", said, exit)
		}
	}
	_, found = examined(t, "--redis", good.URL())
	has(t, found, redisCheck, Fault, "is 64x64/32, and asked for is 1024x1024/256", "--canvas 64x64 --region 32")
}

// authority makes certificates for tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, ends time.Time) *authority {
	t.Helper()
	a := &authority{t: t}
	var der []byte
	der, a.key = a.make(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, ends)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a.cert = cert
	return a
}

func (a *authority) make(template *x509.Certificate, ends time.Time) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(1), pkix.Name{CommonName: "test"}
	template.NotBefore, template.NotAfter = ends.Add(-365*24*time.Hour), ends
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	return der, key
}

// files writes the certificate of a server that ends at a time, signed by a, and those of authorities, and returns the settings for them.
func (a *authority) files(ends time.Time, usages []x509.ExtKeyUsage, trusted *authority) []string {
	a.t.Helper()
	der, key := a.make(&x509.Certificate{ExtKeyUsage: usages, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, ends)
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	dir := a.t.TempDir()
	args := []string{"--redis", "redis://127.0.0.1:1?max_retries=-1", "--join", "127.0.0.1:1", "--gossip", "127.0.0.1:0", "--peer", "127.0.0.1:0"}
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "EC PRIVATE KEY", Bytes: private}, "ca": {Type: "CERTIFICATE", Bytes: trusted.cert.Raw}} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
		args = append(args, "--peer-"+name, path)
	}
	return args
}

// TestExamine_Certificates: those that have ended or end soon are told, and those that other servers would refuse.
func TestExamine_Certificates(t *testing.T) {
	now := time.Now()
	year, both := now.Add(365*24*time.Hour), []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	lasting, ended, other := newAuthority(t, year), newAuthority(t, now.Add(-time.Hour)), newAuthority(t, year)
	for name, test := range map[string]struct {
		args       []string
		state      State
		said, toDo string
	}{
		"sound":              {lasting.files(year, both, lasting), Fine, "counts until", ""},
		"ends soon":          {lasting.files(now.Add(3*24*time.Hour), both, lasting), Warning, "ends on", "replace it before"},
		"has ended":          {lasting.files(now.Add(-time.Minute), both, lasting), Fault, "has ended on", "replace it"},
		"authority":          {ended.files(year, both, ended), Fault, "--peer-ca", "replace it"},
		"of somebody else":   {lasting.files(year, both, other), Fault, "other servers refuse --peer-cert", "signed by an authority in --peer-ca"},
		"not for connecting": {lasting.files(year, both[:1], lasting), Fault, "other servers refuse --peer-cert", "both client and server"},
	} {
		t.Run(name, func(t *testing.T) {
			_, found := examined(t, test.args...)
			has(t, found, certificateCheck, test.state, test.said, test.toDo)
		})
	}
}

// TestExamine_Others: names that DNS does not know and servers that are not there are told, and a server that is.
func TestExamine_Others(t *testing.T) {
	there, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	nobody := redistest.FreePort(t)
	args := []string{"--redis", "redis://127.0.0.1:1?max_retries=-1", "--gossip", "127.0.0.1:0", "--peer", "127.0.0.1:0", "--resolver", "127.0.0.1:1", "--join"}
	_, found := examined(t, append(args, there.Addr().String()+",127.0.0.1:"+nobody+",dns:nowhere.invalid:7946")...)
	has(t, found, "join", Fine, there.Addr().String()+", where servers listen", "")
	has(t, found, "join", Warning, "nobody listens at 127.0.0.1:"+nobody, "let TCP and UDP of --gossip")
	has(t, found, "join", Warning, "dns:nowhere.invalid:7946", "DNS knows it")
	_, found = examined(t, append(args, "127.0.0.1:"+nobody)...)
	has(t, found, "join", Warning, "no other server was reached", "of the first server")
	has(t, found, portCheck, Fine, "--peer 127.0.0.1:0 (tcp) is free", "")
	args[3], args[5] = "0.0.0.0:0", "0.0.0.0:0"
	_, found = examined(t, append(args, "127.0.0.1:"+nobody)...)
	has(t, found, "settings", Warning, "is taken for a server", "--gossip-key")
}

// TestExamine_SignIn: a provider that answers is fine; one that calls itself otherwise, and keys that are not there, are faults.
func TestExamine_SignIn(t *testing.T) {
	var issuer string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/openid-configuration" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%[2]q,"jwks_uri":%[2]q,"id_token_signing_alg_values_supported":["RS256"]}`, issuer, site(r))
	}))
	defer site.Close()
	issuer = site.URL
	args := []string{"--data", t.TempDir(), "--oidc-client-id", "canvas", "--oidc-issuer"}
	_, found := examined(t, append(args, site.URL)...)
	has(t, found, signInCheck, Fine, "--oidc-issuer "+site.URL+" answers", "")
	exit, found := examined(t, append(args, site.URL+"/other")...)
	has(t, found, signInCheck, Fault, "--oidc-issuer "+site.URL+"/other", "nobody can sign in")
	if exit != process.ExitFailed {
		t.Errorf("exit %d", exit)
	}
	_, found = examined(t, "--data", t.TempDir(), "--jwt-issuer", "x", "--jwt-audience", "y", "--jwt-jwks", site.URL+"/keys")
	has(t, found, signInCheck, Fault, "it answers with 404", "no token is taken")
}

func site(r *http.Request) string { return "http://" + r.Host + "/there" }

// TestExamine_Record: a bucket whose keys are not accepted is a fault, a directory that can be written to is fine.
func TestExamine_Record(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>`)
	}))
	defer refusing.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	t.Setenv("AWS_REGION", "us-east-1")
	data := t.TempDir()
	_, found := examined(t, "--data", data, "--record", "s3://bucket/record", "--s3-endpoint", refusing.URL)
	has(t, found, "record", Fault, "--record s3://bucket/record", "its keys are right")
	_, found = examined(t, "--data", data, "--record", "on")
	has(t, found, "record", Fine, "can be written to", "")
}
