package upgrade

import (
	"bufio"
	"net"
	"net/http"

	"github.com/pires/go-proxyproto"
)

// introduced reads what a proxy says of its client before the first request, in the PROXY protocol.
// If it returns false, the guest has been sent away.
func (a *Acceptor) introduced(g *guest) bool {
	in := &guestReader{acceptor: a, guest: g}
	r := bufio.NewReaderSize(in, firstRead) // which also bounds the header
	header, err := proxyproto.Read(r)
	switch {
	case in.lost:
		a.lose(g)
		return false
	case err != nil:
		a.turnAway(g, &rejection{refusedMalformed, http.StatusBadRequest,
			"proxies of this server must begin with a header of the PROXY protocol, as its --proxy-header says", ""})
		return false
	}
	if client, is := header.SourceAddr.(*net.TCPAddr); is && header.Command.IsProxy() { // else the proxy speaks for itself
		if address := client.AddrPort().Addr(); address.IsValid() {
			a.places.introduce(g, address.Unmap())
		}
	}
	g.early, _ = r.Peek(r.Buffered())
	return true
}

// guestReader reads what a guest sends.
type guestReader struct {
	acceptor *Acceptor
	guest    *guest
	lost     bool
}

func (r *guestReader) Read(p []byte) (int, error) {
	n, err := r.acceptor.readMore(r.guest, p)
	r.lost = err != nil
	return n, err
}
