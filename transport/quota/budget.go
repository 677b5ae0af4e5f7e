package quota

import (
	"time"

	"pixelplayground/actors/canvas"
)

// A client may ask for regions as often as it likes, and each answer may be a thousand times
// as long as its question. So what is sent for a SUBSCRIBE is charged to the connection and
// to its network, as a debt that both pay off with time. A client that owes too much waits
// until it owes less, and then gets everything: nobody is refused. What the server sends on
// its own, so that slow clients catch up, is free.
//
// "To draw" here means to receive catch-ups. A page that joins the default canvas draws 3 MB
// if every pixel is noise, and otherwise a few hundred KB. A page that resumes draws what it has
// missed.
const (
	// connDraws is what a connection may draw at once, in bytes: a whole canvas of 2048x1024.
	// If the canvas is larger, it may draw the whole of that, up to connDrawsMost (see Budget).
	connDraws, connDrawsMost = 8 << 20, 64 << 20
	// ConnDrawRate is how fast a connection pays off, in bytes a second.
	ConnDrawRate = 1 << 20

	// networkDraws is what a network may draw at once, besides what each of its connections may.
	networkDraws = 64 << 20
	// A network may draw networkDrawRate bytes a second, and networkDrawRateEach more for every
	// connection, up to networkDrawRateMost: that is thirty people who move about the canvas.
	networkDrawRate, networkDrawRateEach, networkDrawRateMost = 4 << 20, 128 << 10, 32 << 20

	// AskCost is charged for a question, in bytes. The question is work too, even if the client does
	// not wait for the answer.
	AskCost = 1 << 10
)

// Budget is what one connection may draw at once, in bytes.
func Budget(g canvas.Geometry) int64 {
	const worst = 3 // bytes of a pixel in a snapshot that does not compress
	return min(max(worst*int64(g.Width)*int64(g.Height), connDraws), connDrawsMost)
}

// owes is how much the network has not paid off, in bytes. The caller holds mu.
func (k *Account) owes(now time.Time) float64 {
	rate := float64(min(networkDrawRate+networkDrawRateEach*k.conns, networkDrawRateMost))
	if passed := now.Sub(k.at); passed > 0 {
		k.drawn, k.at = max(k.drawn-rate*passed.Seconds(), 0), now
	}
	return k.drawn
}

// MayDraw reports whether the network owes little enough to draw more.
func (k *Account) MayDraw(now time.Time, each int64) bool {
	if k.proxy {
		return true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.owes(now) < float64(networkDraws+each*int64(k.conns))
}

// Draw adds n bytes to what the network owes.
func (k *Account) Draw(now time.Time, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drawn = k.owes(now) + float64(n)
}
