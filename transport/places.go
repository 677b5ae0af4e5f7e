package transport

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
)

// Bounds of the connections that are not WebSockets, or not yet: those whose request is
// being read and all that net/http has, the idle ones included.
const (
	maxPlaces     = 4096          // at about 20 KB each
	networkPlaces = maxPlaces / 2 // of one network that is not a proxy's
	// sparePlaces are for those who come when all are taken by requests being served. They
	// get a WebSocket or the answer to a probe (see isProbe); whatever else they want is
	// refused. The one that has been silent for longest makes room for the next.
	sparePlaces = 64
)

// places is who has a place. When there is none left, or a network has its share, the
// connection that has been idle for longest is closed for the next one; if there is none, the one
// that has been sending its request for longest. So a flood of either kind pushes itself
// out, and who sends a request at once is served.
type places struct {
	all, each, spare int            // bounds: maxPlaces, networkPlaces, sparePlaces
	proxies          []netip.Prefix // they speak for many: no share applies to them

	mu       sync.Mutex // guards:
	aborted  bool
	guests   map[*guest]struct{}
	spares   int // guests that are spare
	holds    map[netip.Prefix]*holding
	everyone holding // the waiting and idle ones that are not spare
	extra    list.List
}

// holding is what guests hold, oldest first.
type holding struct {
	places        int // of one network: guests that wait, idle or are served
	waiting, idle list.List
}

// guest is a connection with a place.
type guest struct {
	tcp     *net.TCPConn
	network netip.Prefix
	exempt  bool // a proxy
	spare   bool

	// Guarded by places.mu:
	phase phase
	gone  bool
	// In the lists of its phase: of everyone (or extra), and of the network.
	among, within *list.Element
}

// phase is what a guest does.
type phase uint8

const (
	fresh   phase = iota // nobody has looked yet at what it sent
	waiting              // it has not sent a whole request
	served
	idle // between two requests
)

func newPlaces(proxies []netip.Prefix) places {
	return places{all: maxPlaces, each: networkPlaces, spare: sparePlaces, proxies: proxies, guests: make(map[*guest]struct{}), holds: make(map[netip.Prefix]*holding)}
}

// enter gives a new connection a place; nil: there is none. evicted, if any, is what its
// previous owner did: it has been closed.
func (p *places) enter(c *net.TCPConn, from netip.Addr) (g *guest, evicted string) {
	g = &guest{tcp: c, network: networkOf(from), exempt: isProxy(p.proxies, from)}
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

// makeRoom closes the connection that is missed least: there are no descriptors left.
func (p *places) makeRoom() (evicted string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.evictFrom(&p.everyone)
}

// move notes what a guest does now. If it is more than its network may have, another of the
// network makes room; refused: none could, and this one has to go.
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

// hold is what a guest's network holds.
func (p *places) hold(g *guest) *holding {
	hold := p.holds[g.network]
	if hold == nil {
		hold = new(holding)
		p.holds[g.network] = hold
	}
	return hold
}

// enlist puts a guest last among those that could be closed.
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
	hold := p.hold(g)
	if g.phase != fresh {
		hold.places--
	}
	if hold.places == 0 {
		delete(p.holds, g.network)
	}
}

// taken is how many have a place.
func (p *places) taken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.guests)
}

// abort breaks all off whose request is being read for the first time: net/http closes those
// that it has.
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

// isProbe reports whether a path is what supervisors and monitors ask: a server that is busy
// must not look like one that is dead.
func isProbe(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics"
}
