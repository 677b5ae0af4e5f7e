package upgrade

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"pixelplayground/transport/quota"
	"pixelplayground/transport/upgrade/upgradetest"
)

// FuzzReadHead: whatever we accept, net/http accepts as well and reads in the same way. A proxy in
// front must not read another Host or Origin than we do.
func FuzzReadHead(f *testing.F) {
	f.Add([]byte(upgradetest.HandshakeRequest("Origin: https://canvas.test\r\n" + upgradetest.OfferBinary)))
	f.Add([]byte(strings.Replace(upgradetest.HandshakeRequest("Cookie: a=b\r\n"), "Upgrade: websocket", "Upgrade: h2c, websocket", 1)))
	f.Add([]byte(upgradetest.HandshakeRequest("Host: evil.test\r\nContent-Length: 0\r\n")))
	f.Fuzz(func(t *testing.T, head []byte) {
		head = append(head, "\r\n\r\n"...)
		head = head[:headEnd(head, 0)]
		r, refused := readHead(head, quota.XForwardedFor)
		if refused != nil {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
		if err != nil {
			t.Fatalf("%q is accepted, and to net/http %v", head, err)
		}
		if theirs.Host != r.host && theirs.URL.Host == "" || theirs.Header.Get("Origin") != r.origin || theirs.ContentLength > 0 {
			t.Fatalf("%q: Host %q and Origin %q, to net/http %q and %q", head, r.host, r.origin, theirs.Host, theirs.Header.Get("Origin"))
		}
	})
}
