package fakeserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

func (c *conn) pushText(text string) {
	c.out <- due{frame: ws.MustCompileFrame(ws.NewTextFrame([]byte(text)))}
}

func (s *Server) greetText(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.pushText(fmt.Sprintf(`{"type":"connected","message":"hello","clientId":"%d","node":%q}`, c.index, c.door))
	s.present()
}

// takeText handles a message of the JSON protocol.
func (s *Server) takeText(c *conn, payload []byte) {
	m, err := codec.DecodeJSON(payload, Geometry())
	if err != nil {
		s.t.Errorf("from client %d: %v", c.index, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m := m.(type) {
	case codec.JSONPixelUpdate:
		if s.faults.Answer != nil && s.faults.Answer(c.index, codec.Place{Dots: []canvas.Dot{m.Dot}}) != 0 {
			c.pushText(`{"type":"error","message":"no"}`)
			return
		}
		s.publish(m.Dot)
	case codec.JSONPing:
		c.pushText(`{"type":"pong","timestamp":1}`)
	}
}

func (s *Server) showText(c *conn, dot canvas.Dot) {
	times := 1
	if s.faults.Text != nil {
		times = s.faults.Text(c.index, c.n)
	}
	c.n++
	for range times {
		c.pushText(string(codec.AppendJSONPixelUpdated(nil, int(dot.X), int(dot.Y), dot.Color, "", "", 1)))
	}
}

// at is the colour that HTTP shows.
func (s *Server) at(x, y int) canvas.Color {
	id, pos := Geometry().Locate(x, y)
	color := s.regions[id].tile.At(pos)
	if s.faults.HTTPRead != nil {
		return s.faults.HTTPRead(x, y, color)
	}
	return color
}

func (s *Server) getPixel(w http.ResponseWriter, r *http.Request) {
	x, _ := strconv.Atoi(r.PathValue("x"))
	y, _ := strconv.Atoi(r.PathValue("y"))
	if !Geometry().Contains(x, y) {
		http.Error(w, `{"error":"Coordinates out of bounds"}`, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(w, `{"x":%d,"y":%d,"color":%q}`, x, y, s.at(x, y).String())
}

func (s *Server) getCanvas(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, pixels := Geometry(), make(map[string]string)
	for y := range g.Height {
		for x := range g.Width {
			if color := s.at(x, y); color != canvas.Background {
				pixels[fmt.Sprintf("%d,%d", x, y)] = color.String()
			}
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"width": g.Width, "height": g.Height, "pixels": pixels})
}
