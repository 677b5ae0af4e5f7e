// Command godriver is the Go client behind the line protocol of CONFORMANCE.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client"
)

// asked is a line from the suite.
type asked struct {
	ID      int
	Do      string
	URL     string
	Name    string
	Key     string
	Tokens  []string
	Follow  []canvas.RegionID
	Pixels  []dot
	Regions []canvas.RegionID
	Token   string
	X, Y    int
	Width   int
	Height  int
}

// dot is [x, y, "#RRGGBB"].
type dot canvas.Dot

func (d *dot) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&d.X, &d.Y, &d.Color})
}

type said = map[string]any

// driver speaks for one client.
type driver struct {
	client *client.Client
	talk   sync.Mutex // held while writing a line
}

func main() {
	var d driver
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var a asked
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if a.Do == "connect" {
			d.begin(a)
		}
		go d.run(a)
	}
}

func (d *driver) say(s said) {
	d.talk.Lock()
	defer d.talk.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(s)
}

func (d *driver) begin(a asked) {
	cfg := client.Config{URLs: []string{a.URL}, Name: a.Name, Key: a.Key, Regions: client.AllRegions, Replica: true, Handler: d.handler()}
	if a.Follow != nil {
		cfg.Regions = client.Only(a.Follow...)
	}
	if len(a.Tokens) > 0 {
		cfg.Token = func(context.Context) (string, error) {
			token := a.Tokens[0]
			if len(a.Tokens) > 1 {
				a.Tokens = a.Tokens[1:]
			}
			return token, nil
		}
	}
	c, err := client.New(cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d.client = c
}

func (d *driver) handler() client.Handler {
	return client.Handler{
		Connected: func(codec.Welcome) { d.say(said{"event": "connected"}) },
		Disconnected: func(err error, retry time.Duration) {
			var closed *client.CloseError
			if !errors.As(err, &closed) {
				closed = &client.CloseError{}
			}
			d.say(said{"event": "disconnected", "code": closed.Code, "reason": closed.Reason, "retry": retry.Milliseconds()})
		},
		Notice: func(n codec.Notice) { d.say(said{"event": "notice", "code": n.Code, "text": n.Text}) },
		Pixels: func(b *canvas.Batch) {
			if b.Pixels() > 0 {
				d.say(said{"event": "pixels", "pixels": d.spell(b)})
			}
		},
	}
}

func (d *driver) spell(b *canvas.Batch) (pixels [][]any) {
	g := d.client.Welcome().Geometry
	for _, op := range b.Ops {
		for _, p := range op.Pixels {
			x, y := g.Point(b.Region, p.Pos)
			pixels = append(pixels, []any{x, y, p.Color.String()})
		}
	}
	return pixels
}

func (d *driver) run(a asked) {
	answer, err := d.do(a)
	if answer == nil {
		answer = said{}
	}
	answer["id"] = a.ID
	var (
		refused   *client.RefusedError
		closed    *client.CloseError
		handshake *client.HandshakeError
	)
	switch {
	case errors.As(err, &refused):
		answer["refused"] = said{"code": refused.Code, "retry": refused.Retry.Milliseconds()}
	case errors.As(err, &closed):
		answer["ended"] = said{"code": closed.Code, "reason": closed.Reason}
	case errors.As(err, &handshake):
		answer["ended"] = said{"status": handshake.Status, "reason": handshake.Text}
	case errors.Is(err, client.ErrClosed) || err != nil && a.Do == "connect":
		answer["ended"] = said{"reason": err.Error()}
	case err != nil:
		answer["error"] = err.Error()
	}
	d.say(answer)
}

func (d *driver) do(a asked) (said, error) {
	ctx, c := context.Background(), d.client
	dots := make([]canvas.Dot, len(a.Pixels))
	for i, p := range a.Pixels {
		dots[i] = canvas.Dot(p)
	}
	switch a.Do {
	case "connect":
		if err := c.Open(ctx); err != nil {
			return nil, err
		}
		g := c.Welcome().Geometry
		return said{"width": g.Width, "height": g.Height}, nil
	case "place":
		return nil, c.Place(ctx, dots)
	case "draw":
		return nil, c.Draw(ctx, dots)
	case "sync":
		return nil, c.Synced(ctx)
	case "changed":
		return nil, c.Changed(ctx)
	case "follow":
		c.Follow(client.Only(a.Regions...))
		return nil, nil
	case "renew":
		return nil, c.Renew(ctx, a.Token)
	case "read":
		return said{"colors": d.read(image.Rect(a.X, a.Y, a.X+a.Width, a.Y+a.Height))}, nil
	case "close":
		c.Close()
		return nil, nil
	}
	return nil, fmt.Errorf("there is no %s", a.Do)
}

func (d *driver) read(part image.Rectangle) (colors []any) {
	part = d.client.Image(part).Rect // cropped to the canvas
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if color, held := d.client.At(x, y); held {
				colors = append(colors, color)
			} else {
				colors = append(colors, nil)
			}
		}
	}
	return colors
}
