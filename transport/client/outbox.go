package client

import (
	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// writeChunk is how many bytes one write has before further ops wait for the next.
const writeChunk = 64 << 10

// outbox is what is to be sent besides ops. It keeps only the latest name and pointer, so that
// it is bounded however long the connection is slow.
type outbox struct {
	name    string
	renamed bool // the name was set since HELLO or the last RENAME
	pointer codec.Cursor
	pointed bool   // pointer has not been sent; it is not worth sending on the next connection
	token   string // to be shown; empty: none
	payload []byte // scratch
}

// Rename sets the display name, for now and after each reconnect; empty: none.
func (c *Client) Rename(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox.name, c.outbox.renamed = canvas.CleanName(name), true
	c.session.Nudge()
}

// Cursor shows others where the client's pointer is. With canvas.PointerGone for x and y it is
// nowhere. If Cursor is called several times while the connection is busy, only the last call
// counts. Calls without a connection have no effect. The server passes on 20 a second.
func (c *Client) Cursor(x, y uint16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox.pointer, c.outbox.pointed = codec.Cursor{X: x, Y: y}, c.connected
	c.session.Nudge()
}

// Compose implements wire.Owner. Ops come last and in order.
func (c user) Compose(out []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &c.outbox
	if o.renamed {
		o.renamed = false
		out = o.frame(out, codec.AppendRename(o.payload[:0], codec.Rename{Name: o.name}))
	}
	if o.token != "" {
		out = o.frame(out, codec.AppendAuth(o.payload[:0], codec.Auth{Token: o.token}))
		o.token = ""
	}
	if gone := c.view.left(); len(gone) > 0 {
		out = o.frame(out, codec.AppendUnsubscribe(o.payload[:0], codec.Unsubscribe{Regions: gone}))
	}
	out = wire.AppendSubscribe(out, c.view.ask())
	if o.pointed {
		o.pointed = false
		out = o.frame(out, codec.AppendCursor(o.payload[:0], o.pointer))
	}
	return c.pending.Append(out, writeChunk)
}

// frame appends a message that was encoded into the scratch buffer.
func (o *outbox) frame(out, payload []byte) []byte {
	o.payload = payload
	return wire.AppendFrame(out, ws.OpBinary, payload)
}
