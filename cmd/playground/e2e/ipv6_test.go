//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/cluster/clustertest"
	"pixelplayground/transport/client"
)

// bothFamilies runs a DNS server at ::1 for one name. The name's addresses are ::1 and an IPv4
// address that nothing has (RFC 5737).
func bothFamilies(t *testing.T, name string) (address string) {
	t.Helper()
	packets, err := net.ListenPacket("udp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, request *dns.Msg) {
		answer := new(dns.Msg).SetReply(request)
		q := request.Question[0]
		header := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET, Ttl: 1}
		switch {
		case q.Name != name+".":
			answer.Rcode = dns.RcodeNameError
		case q.Qtype == dns.TypeA:
			answer.Answer = append(answer.Answer, &dns.A{Hdr: header, A: net.IPv4(192, 0, 2, 1)})
		case q.Qtype == dns.TypeAAAA:
			answer.Answer = append(answer.Answer, &dns.AAAA{Hdr: header, AAAA: net.IPv6loopback})
		}
		_ = w.WriteMsg(answer)
	})}
	done := make(chan struct{}) // closed when the server has ended
	go func() { defer close(done); _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown(); <-done })
	return packets.LocalAddr().String()
}

// Goal: a cluster without any IPv4 address works like any other. Method: Redis, DNS, two servers
// and clients, all at ::1; a server is killed while clients draw.
func TestIPv6_Cluster(t *testing.T) {
	beside(t)
	clustertest.NeedIPv6(t)
	const name = "pods.test"
	resolver := bothFamilies(t, name)
	redis := redistest.Start(t)
	redis.Do("CONFIG", "SET", "bind", "127.0.0.1 ::1")
	url := "redis://" + net.JoinHostPort("::1", redis.Port())
	gossip := redistest.FreePort(t)
	p := &pods{t: t, redis: redis, store: redis.URL()}
	for i := range 2 {
		port := gossip // the first server's, where the name leads
		if i > 0 {
			port = redistest.FreePort(t)
		}
		s := &server{t: t, args: []string{
			"--node", fmt.Sprintf("pod-%d", i), "--redis", url, "--join", "dns:" + name + ":" + gossip, "--resolver", resolver,
			"--gossip", net.JoinHostPort("::1", port), "--peer", net.JoinHostPort("::1", redistest.FreePort(t)),
			"--proxies", "::1/128", "--canvas", "256x256", "--region", "64", "--rate", "0",
		}}
		s.boot(net.JoinHostPort("::1", "0"))
		t.Cleanup(func() {
			if s.cmd != nil {
				s.kill()
			}
		})
		p.gateways = append(p.gateways, s)
		p.await(s)
	}
	p.settled(2)
	if !strings.HasPrefix(p.gateways[0].url, "http://[::1]:") {
		t.Errorf("it is at %s", p.gateways[0].url)
	}
	viewer := dial(t, client.Config{URLs: p.targets(1), Replica: true})
	painter := paintAs(t, dial(t, client.Config{URLs: p.targets(0)}), 0, time.Millisecond)
	painter.more(t, 300)
	p.gateways[0].kill()
	painter.more(t, 300)
	painter.halt()
	for _, fault := range painter.faults {
		t.Errorf("the painter: %v", fault)
	}
	eventually(t, "the other server shows all", func() error {
		for n, want := range painter.colors {
			at := (n * 40503) % (geometry.Width * geometry.Height) // as in paintAs
			if got, _ := viewer.At(at%geometry.Width, at/geometry.Width); got != want {
				return fmt.Errorf("pixel %d of %d is %v, want %v", n, len(painter.colors), got, canvas.Color(want))
			}
		}
		return nil
	})
	if said, err := exec.Command(filepath.Join(binaries, "playground"), "backup", "--redis", url, filepath.Join(t.TempDir(), "a")).CombinedOutput(); err != nil {
		t.Errorf("backup: %v: %s", err, said)
	}
}
