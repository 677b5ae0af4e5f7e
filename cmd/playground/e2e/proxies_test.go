//go:build e2e

package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"pixelplayground/codec"
)

// front is a proxy as the guide configures it, with a server behind it.
type front struct {
	t         *testing.T
	server    *server
	dir       string
	at        string // host and port of the proxy
	visitor   string // the address that people come from
	authority *x509.CertPool
}

// The proxies that are in Debian, and how each is started with a configuration in the foreground.
var proxies = []struct {
	program, file string
	// adapt puts the test's addresses and files in place of the guide's.
	adapt func(f *front, guide string) string
	args  func(config string) []string
}{
	{"nginx", "nginx.conf", func(f *front, guide string) string {
		guide = f.replace(guide, "listen 443 ssl", "listen "+f.at+" ssl", "/etc/ssl/canvas.pem", f.path("both.pem"), "/etc/ssl/canvas.key", f.path("both.pem"))
		return fmt.Sprintf("daemon off;\nuser root;\npid %s;\nworker_processes 1;\nevents { worker_connections 100; }\nhttp {\naccess_log off;\nclient_body_temp_path %[2]s;\nproxy_temp_path %[2]s;\nfastcgi_temp_path %[2]s;\nuwsgi_temp_path %[2]s;\nscgi_temp_path %[2]s;\n%[3]s\n}\n",
			f.path("pid"), f.path("temporary"), guide)
	}, func(config string) []string { return []string{"-c", config, "-e", "stderr"} }},
	{"haproxy", "haproxy.cfg", func(f *front, guide string) string {
		return f.replace(guide, "bind :443 ssl crt /etc/haproxy/canvas.pem", "bind "+f.at+" ssl crt "+f.path("both.pem"))
	}, func(config string) []string { return []string{"-db", "-f", config} }},
	{"caddy", "Caddyfile", func(f *front, guide string) string {
		const site = "{$CANVAS_SITE:canvas.example.org} {\n"
		guide = f.replace(guide, site, fmt.Sprintf("https://%s {\n\tbind %s\n\ttls %[3]s %[3]s\n", f.at, host(f.at), f.path("both.pem")))
		return "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + guide
	}, func(config string) []string { return []string{"run", "--adapter", "caddyfile", "--config", config} }},
}

func host(at string) string {
	h, _, _ := net.SplitHostPort(at)
	return h
}

func (f *front) path(name string) string { return filepath.Join(f.dir, name) }

// replace replaces pairs, each of which must be there.
func (f *front) replace(text string, pairs ...string) string {
	f.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			f.t.Fatalf("the guide does not say %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// certify makes a certificate for the proxy, which is its own authority.
func (f *front) certify() {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(host(f.at))}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		f.t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		f.t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	if err := os.WriteFile(f.path("both.pem"), both, 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.authority = x509.NewCertPool()
	f.authority.AppendCertsFromPEM(both)
}

// run starts the proxy, until the test ends.
func (f *front) run(program string, args []string) {
	f.t.Helper()
	at, err := exec.LookPath(program)
	if err != nil { // it is a server, and the user not root
		at = filepath.Join("/usr/sbin", program)
	}
	cmd := exec.Command(at, args...)
	cmd.Env = append(os.Environ(), "HOME="+f.dir, "XDG_DATA_HOME="+f.dir, "XDG_CONFIG_HOME="+f.dir)
	cmd.Stdout, cmd.Stderr = f.t.Output(), f.t.Output()
	cmd.WaitDelay = time.Second // its children have its output, too
	lead(cmd)
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	f.t.Cleanup(func() {
		_ = killGroup(cmd)
		<-ended
	})
	eventually(f.t, program+" answers", func() error {
		select {
		case err := <-ended:
			ended <- err
			f.t.Fatalf("%s has ended: %v", program, err)
		default:
		}
		_, err := f.get("/canvas/readyz")
		return err
	})
}

// client asks over HTTPS, from the visitor's address.
func (f *front) client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DialContext: f.dial, TLSClientConfig: &tls.Config{RootCAs: f.authority}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
}

func (f *front) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(f.visitor)}}
	return dialer.DialContext(ctx, network, address)
}

// get asks for a path, of which a status other than 200 and 308 is an error.
func (f *front) get(path string) (*http.Response, error) {
	answer, err := f.client().Get("https://" + f.at + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusPermanentRedirect {
		err = fmt.Errorf("%s: %s %s", path, answer.Status, text)
	}
	return answer, err
}

// connect opens a WebSocket below the path, as a browser that shows the page of a site would; it says who it pretends to be.
func (f *front) connect(origin string) (net.Conn, error) {
	header := http.Header{"Origin": {origin}, "X-Forwarded-For": {"192.0.2.66"}, "X-Real-Ip": {"192.0.2.66"}}
	dialer := ws.Dialer{
		Header: ws.HandshakeHeaderHTTP(header), Protocols: []string{codec.Subprotocol}, Timeout: 10 * time.Second,
		NetDial: f.dial, TLSConfig: &tls.Config{RootCAs: f.authority},
	}
	conn, _, _, err := dialer.Dial(f.t.Context(), "wss://"+f.at+"/canvas/ws")
	if err != nil {
		return nil, err
	}
	f.t.Cleanup(func() { conn.Close() })
	if err := wsutil.WriteClientBinary(conn, codec.AppendHello(nil, codec.Hello{})); err != nil {
		return nil, err
	}
	_, err = wsutil.ReadServerBinary(conn)
	return conn, err
}

// end reads on until a connection is closed, and returns with which code and why. gobwas/ws' own reader does not know 1012.
func end(conn net.Conn) (ws.StatusCode, string, error) {
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		header, err := ws.ReadHeader(conn)
		if err != nil {
			return 0, "", err
		}
		payload, err := io.ReadAll(io.LimitReader(conn, header.Length))
		if err != nil {
			return 0, "", err
		}
		if header.OpCode == ws.OpClose {
			code, why := ws.ParseCloseFrameData(payload)
			return code, why, nil
		}
	}
}

// Goal: the proxies' configurations in the guide do what it says of them. Method: the files themselves, with other addresses, run by
// Debian's nginx, HAProxy and Caddy before a server, with HTTPS and below a path: the page draws, the server knows who comes and
// from where whatever they pretend, other sites are refused, reasons of closing arrive, and a restart of the server is gone through.
func TestProxies(t *testing.T) {
	beside(t)
	for _, proxy := range proxies {
		t.Run(proxy.program, func(t *testing.T) {
			f := &front{t: t, dir: t.TempDir()}
			f.server = start(t, append(operators(), "--proxies", "127.0.0.1", "--rate", "0")...)
			network := strings.TrimSuffix(host(strings.TrimPrefix(f.server.url, "http://")), ".1")
			f.at, f.visitor = network+".2:8443", network+".77"
			f.certify()
			guide, err := os.ReadFile("../proxies/" + proxy.file)
			if err != nil {
				t.Fatal(err)
			}
			config := proxy.adapt(f, f.replace(string(guide), "127.0.0.1:8080", strings.TrimPrefix(f.server.url, "http://")))
			if err := os.WriteFile(f.path(proxy.file), []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			f.run(proxy.program, proxy.args(f.path(proxy.file)))
			f.servesPages()
			f.knowsWho()
			f.draws()
			f.goesThroughARestart()
		})
	}
}

func (f *front) servesPages() {
	f.t.Helper()
	for _, path := range []string{"/", "/canvas/"} {
		page, err := f.get(path)
		if err != nil {
			f.t.Fatal(err)
		}
		guest := slices.IndexFunc(page.Cookies(), func(c *http.Cookie) bool { return c.Secure })
		if guest < 0 {
			f.t.Errorf("%s: the server does not know that it is HTTPS: cookies %v", path, page.Cookies())
		}
	}
	if to, err := f.get("/canvas"); err != nil || to.StatusCode != http.StatusPermanentRedirect || !strings.HasSuffix(to.Header.Get("Location"), "/canvas/") {
		f.t.Errorf("/canvas: %+v, %v", to, err)
	}
}

func (f *front) knowsWho() {
	f.t.Helper()
	if _, err := f.connect("https://elsewhere.example"); !errors.Is(err, ws.StatusError(http.StatusForbidden)) {
		f.t.Errorf("the page of another site: %v", err)
	}
	conn, err := f.connect("https://" + f.at)
	if err != nil {
		f.t.Fatalf("its own page: %v", err)
	}
	var shown struct {
		People []struct{ Subject, Network string }
	}
	said, err := request("GET", f.server.url+"/admin/api/people?addresses=1", "", operatorHeader())
	if err == nil {
		err = json.Unmarshal([]byte(said.body), &shown)
	}
	if err != nil || len(shown.People) != 1 || shown.People[0].Network != f.visitor {
		f.t.Fatalf("who is there: %s, %v, want %s alone", said.body, err, f.visitor)
	}
	dismissed, err := request("POST", f.server.url+"/admin/api/dismiss", fmt.Sprintf(`{"subject":%q}`, shown.People[0].Subject), operatorHeader())
	if err != nil || dismissed.status != http.StatusOK {
		f.t.Fatalf("%+v, %v", dismissed, err)
	}
	if code, why, err := end(conn); code != 4004 || why == "" {
		f.t.Errorf("an operator has ended the connection: %d, %q, %v", code, why, err)
	}
}

func (f *front) draws() {
	f.t.Helper()
	p := open(f.t, "https://"+f.at+"/canvas/#512,400,8", "Ada", chromedp.Flag("ignore-certificate-errors", true))
	p.drag([2]int{480, 400}, [2]int{520, 400})
	p.until("all confirmed", `playground.pending === 0 && playground.confirmed(520, 400) !== "#FFFFFF"`)
	if pixel, err := get(f.server.url + "/api/pixel/500/400"); err != nil || strings.Contains(string(pixel), "#FFFFFF") {
		f.t.Errorf("the server has %s, %v", pixel, err)
	}
}

func (f *front) goesThroughARestart() {
	f.t.Helper()
	conn, err := f.connect("https://" + f.at)
	if err != nil {
		f.t.Fatal(err)
	}
	closes := make(chan string, 1)
	go func() {
		code, why, err := end(conn)
		closes <- fmt.Sprintln(code, why, err)
	}()
	if code := f.server.terminate(); code != 0 {
		f.t.Errorf("exit %d", code)
	}
	if said := <-closes; !strings.HasPrefix(said, "1012 ") {
		f.t.Errorf("the server restarts, and the connection ends with %s", said)
	}
	f.server.restart()
	eventually(f.t, "people come back", func() error {
		_, err := f.connect("https://" + f.at)
		return err
	})
}
