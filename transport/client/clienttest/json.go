package clienttest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

func (p *peer) pushText(text string) {
	p.out <- due{frame: ws.MustCompileFrame(ws.NewTextFrame([]byte(text)))}
}

func (p *peer) pushUsers(users int) {
	p.pushText(fmt.Sprintf(`{"type":"stats","activeUsers":%d,"timestamp":1}`, users))
}

// greetText is what hello is in the binary protocol. The caller holds c.mu.
func (c *Canvas) greetText(p *peer) {
	p.user.Author, p.here = canvas.Author(p.index+1), true
	p.pushText(fmt.Sprintf(`{"type":"connected","message":"hello","clientId":"%d","node":%q}`, p.index, c.nameFor(p)))
	c.present()
}

// showText sends the pixels of a batch.
func (c *Canvas) showText(p *peer, b *canvas.Batch) {
	for _, pixel := range b.Ops[0].Pixels {
		x, y := c.welcome.Geometry.Point(b.Region, pixel.Pos)
		p.pushText(string(codec.AppendJSONPixelUpdated(nil, x, y, pixel.Color, "", "", 1)))
	}
}

// handleHTTP adds what HTTP shows of the canvas.
func (c *Canvas) handleHTTP() {
	c.mux.HandleFunc("GET /{$}", c.getPage)
	c.mux.HandleFunc("GET /api/canvas", c.getCanvas)
	c.mux.HandleFunc("GET /api/pixel/{x}/{y}", c.getPixel)
	if c.faults.Cluster != "" {
		c.mux.HandleFunc("GET /api/cluster", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.faults.Cluster) })
	}
	c.t.Cleanup(http.DefaultClient.CloseIdleConnections)
}

// getPage makes whoever asks for the page a guest.
func (c *Canvas) getPage(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.guests++
	http.SetCookie(w, &http.Cookie{Name: "guest", Value: strconv.Itoa(c.guests)})
}

// read is the colour that HTTP shows. The caller holds c.mu.
func (c *Canvas) read(x, y int) canvas.Color {
	id, pos := c.welcome.Geometry.Locate(x, y)
	color := c.regions[id].tile.At(pos)
	if c.faults.HTTPRead != nil {
		return c.faults.HTTPRead(x, y, color)
	}
	return color
}

func (c *Canvas) getPixel(w http.ResponseWriter, r *http.Request) {
	x, _ := strconv.Atoi(r.PathValue("x"))
	y, _ := strconv.Atoi(r.PathValue("y"))
	if !c.welcome.Geometry.Contains(x, y) {
		http.Error(w, `{"error":"Coordinates out of bounds"}`, http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(w, `{"x":%d,"y":%d,"color":%q}`, x, y, c.read(x, y).String())
}

func (c *Canvas) getCanvas(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, pixels := c.welcome.Geometry, make(map[string]string)
	for y := range g.Height {
		for x := range g.Width {
			if color := c.read(x, y); color != canvas.Background {
				pixels[fmt.Sprintf("%d,%d", x, y)] = color.String()
			}
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"width": g.Width, "height": g.Height, "pixels": pixels})
}
