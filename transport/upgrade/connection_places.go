package upgrade

import (
	"container/list"
	"net"
	"net/netip"
	"sync"

	"pixelplayground/transport/quota"
)

// Bounds on the connections that are not WebSockets, or not yet: those whose request is being
// read, and all that net/http has, including the idle ones.
const (
	maxPlaces = 4096 // at about 20 KB each
	// SparePlaces are for connections that come when all places are taken by requests being
	// served. They get a WebSocket or the answer to a probe (see isProbe); everything else is
	// refused. The one that has been silent for longest makes room for the next.
	SparePlaces = 64
	// MaxPlaces is how many there are at most.
	MaxPlaces = maxPlaces + SparePlaces
)

// places is the guests that have a place. When no place is left, or a network has its share,
// a guest is closed to make room for the next: the one that has been idle for longest or, if
// none is idle, the one that has been sending its request for longest. So a flood of either
// kind pushes itself out, and a client that sends its request at once is served.
type places struct {
	all, each, spare int           // bounds: Config.Places, half of them for one network, SparePlaces
	proxies          quota.Proxies // they stand for many clients, so their share is not limited

	mu       sync.Mutex // guards:
	aborted  bool
	guests   map[*guest]struct{}
	spares   int // guests that are spare
	holds    map[netip.Prefix]*holding
	everyone holding // the waiting and idle guests that are not spare
	extra    list.List
}

// holding is the guests of one network, or of all (places.everyone). The lists begin with the
// guest that has been in them for longest.
type holding struct {
	places        int // of one network: its guests that are waiting, idle or being served
	waiting, idle list.List
}

// guest is a connection with a place.
type guest struct {
	tcp     *net.TCPConn
	from    netip.Addr // the peer or, once that is known, the client for whom the proxy has connected
	network netip.Prefix
	exempt  bool   // a proxy
	early   []byte // was read behind the header of the PROXY protocol
	spare   bool

	// Guarded by places.mu:
	phase phase
	gone  bool
	// Its elements in the lists of its phase: everyone's (or extra), and its network's.
	among, within *list.Element
}

// phase is what a guest is doing.
type phase uint8

const (
	fresh   phase = iota // nothing has been read from it yet
	waiting              // it has not sent a whole request
	served
	idle // between two requests
)

func newPlaces(proxies quota.Proxies, all int) places {
	return places{all: all, each: all / 2, spare: SparePlaces, proxies: proxies, guests: make(map[*guest]struct{}), holds: make(map[netip.Prefix]*holding)}
}

// enter gives a new connection a place; nil: there is none. If a guest that is not spare was
// closed to make room, evicted is what that guest did.
func (p *places) enter(c *net.TCPConn, from netip.Addr) (g *guest, evicted string) {
	g = &guest{tcp: c, from: from, network: quota.NetworkOf(from), exempt: p.proxies.Have(from)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.aborted {
		return nil, ""
	}
	if len(p.guests)-p.spares >= p.all {
		evicted = p.evictFrom(&p.everyone)
		if g.spare = evicted == ""; g.spare && p.spares >= p.spare && !p.evict(p.extra.Front()) {
			return nil, ""
		}
	}
	p.guests[g] = struct{}{}
	if g.spare {
		p.spares++
		p.enlist(g, nil)
	}
	return g, evicted
}

// makeRoom closes the connection that is missed least. It is for when no descriptors are left.
func (p *places) makeRoom() (evicted string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.evictFrom(&p.everyone)
}

// move notes what a guest does now. If its network has more guests than it may, another guest
// of the network is closed to make room. refused: none could be closed, so this one has to go.
func (p *places) move(g *guest, to phase) (evicted string, refused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.gone {
		return "", false // its own goroutine will notice
	}
	p.unlist(g)
	hold := p.hold(g)
	if g.phase == fresh {
		hold.places++
	}
	g.phase = to
	if hold.places > p.each && !g.exempt && !g.spare {
		if evicted = p.evictFrom(hold); evicted == "" && to == served {
			return "", true
		}
	}
	p.enlist(g, hold)
	return evicted, false
}

// introduce notes for whom a proxy has connected.
func (p *places) introduce(g *guest, client netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.gone {
		return
	}
	p.unlist(g)
	p.unhold(g)
	g.from, g.network, g.exempt = client, quota.NetworkOf(client), p.proxies.Have(client)
	hold := p.hold(g)
	if g.phase != fresh {
		hold.places++
	}
	p.enlist(g, hold)
}

// hold is the holding of a guest's network.
func (p *places) hold(g *guest) *holding {
	hold := p.holds[g.network]
	if hold == nil {
		hold = new(holding)
		p.holds[g.network] = hold
	}
	return hold
}

// enlist puts a guest at the end of the lists of those that could be closed.
func (p *places) enlist(g *guest, hold *holding) {
	switch {
	case g.phase == served:
	case g.spare:
		g.among = p.extra.PushBack(g)
	case g.phase == fresh:
	case g.phase == waiting:
		g.among, g.within = p.everyone.waiting.PushBack(g), hold.waiting.PushBack(g)
	default:
		g.among, g.within = p.everyone.idle.PushBack(g), hold.idle.PushBack(g)
	}
}

func (p *places) unlist(g *guest) {
	hold := p.hold(g)
	switch {
	case g.among == nil:
	case g.spare:
		p.extra.Remove(g.among)
	case g.phase == waiting:
		p.everyone.waiting.Remove(g.among)
		hold.waiting.Remove(g.within)
	default:
		p.everyone.idle.Remove(g.among)
		hold.idle.Remove(g.within)
	}
	g.among, g.within = nil, nil
}

// What an evicted guest did, for Counters.Evicted.
const (
	evictedIdle       = "idle"
	evictedUnfinished = "unfinished"
)

// evictFrom closes the connection that is missed least; empty: there is none.
func (p *places) evictFrom(hold *holding) string {
	switch {
	case p.evict(hold.idle.Front()):
		return evictedIdle
	case p.evict(hold.waiting.Front()):
		return evictedUnfinished
	}
	return ""
}

func (p *places) evict(e *list.Element) bool {
	if e == nil {
		return false
	}
	g := e.Value.(*guest)
	p.remove(g)
	_ = g.tcp.Close() // its goroutine sees the error
	return true
}

// leave frees the place. It may be called twice.
func (p *places) leave(g *guest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(g)
}

func (p *places) remove(g *guest) {
	if g.gone {
		return
	}
	g.gone = true
	p.unlist(g)
	delete(p.guests, g)
	if g.spare {
		p.spares--
	}
	p.unhold(g)
}

// unhold takes a guest out of its network's holding.
func (p *places) unhold(g *guest) {
	hold := p.hold(g)
	if g.phase != fresh {
		hold.places--
	}
	if hold.places == 0 {
		delete(p.holds, g.network)
	}
}

// taken is how many guests have a place.
func (p *places) taken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.guests)
}

// abort closes all guests that have not sent a whole request, and refuses new ones. net/http
// closes the rest.
func (p *places) abort() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aborted = true
	for g := range p.guests {
		if g.phase == fresh || g.phase == waiting {
			_ = g.tcp.Close() // its goroutine sees the error
		}
	}
}

// isProbe reports whether supervisors and monitors ask for a path. They must be answered even
// when the server is busy, so that it does not look dead.
func isProbe(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics"
}
