package admin

import (
	"time"

	"pixelplayground/actors/message"
)

// podShown is a pod. If it does not answer, only what membership knows is shown.
type podShown struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"`
	Version  string   `json:"version"`
	Self     bool     `json:"self"`
	Answers  bool     `json:"answers"`
	Draining bool     `json:"draining"`
	Aside    bool     `json:"aside"`
	Started  int64    `json:"started"`
	*podMeasured
}

// podMeasured is what a pod reports about itself.
type podMeasured struct {
	Connections int         `json:"connections"`
	Regions     int         `json:"regions"` // claimed
	CPU         float64     `json:"cpu"`     // processors in use
	Memory      int         `json:"memory"`
	Heap        int         `json:"heap"`
	GCPause     float64     `json:"gc_pause_p99"`
	Goroutines  int         `json:"goroutines"`
	Store       storeShown  `json:"store"`
	Placed      float64     `json:"pixels_placed"` // accepted from its users
	PixelsIn    float64     `json:"pixels_in"`     // made durable by its regions
	Deliveries  float64     `json:"deliveries"`
	MessagesIn  float64     `json:"messages_in"`
	BytesOut    float64     `json:"bytes_out"`
	Commit      spreadShown `json:"commit"`
	PlaceToAck  spreadShown `json:"place_to_ack"`
	Kinds       []kindShown `json:"kinds"`
}

type storeShown struct {
	OK    bool   `json:"ok"`
	Error string `json:"error"`
}

type kindShown struct {
	Kind        string  `json:"kind"`
	Live        int64   `json:"live"`
	Rate        float64 `json:"rate"`
	MailboxMax  int     `json:"mailbox_max"`
	MailboxP99  int     `json:"mailbox_p99"`
	P50         float64 `json:"p50_us"`
	P99         float64 `json:"p99_us"`
	Restarts    int64   `json:"restarts"`
	DeadLetters int64   `json:"dead_letters"`
	Unhandled   int64   `json:"unhandled"`
}

func podOf(m Member, r *message.Report) podShown {
	shown := podShown{
		ID: m.ID, Name: m.Name, Roles: m.Roles, Version: m.Version, Self: m.Self, Draining: m.Draining, Aside: m.Aside, Started: m.Started.UnixMilli(),
	}
	if r == nil {
		return shown
	}
	shown.Answers = true
	measured := &podMeasured{
		Connections: r.Users, Memory: r.Process.Memory, Heap: r.Process.Heap, GCPause: milliseconds(r.Process.GCPause), Goroutines: r.Process.Goroutines,
		CPU: perSecond(int(r.Process.CPU), r.Over) / 1e9, Store: storeShown{r.Store == "", r.Store},
		Placed: perSecond(r.Placed, r.Over), PixelsIn: perSecond(r.Pixels, r.Over), Deliveries: perSecond(r.Sockets.Deliveries, r.Over), MessagesIn: perSecond(r.Sockets.MessagesIn, r.Over),
		BytesOut: perSecond(r.Sockets.BytesOut, r.Over), Commit: spreadOf(r.Commit), PlaceToAck: spreadOf(r.PlaceToAck), Kinds: []kindShown{},
	}
	measured.CPU = round(measured.CPU)
	for _, region := range r.Regions {
		if region.State == "serving" || region.State == "retiring" {
			measured.Regions++
		}
	}
	for _, k := range r.Kinds {
		measured.Kinds = append(measured.Kinds, kindShown{
			Kind: k.Kind, Live: k.Live, Rate: perSecond(k.Recent, r.Over), MailboxMax: k.Deepest, MailboxP99: k.DeepestP99,
			P50: microseconds(k.Took.P50), P99: microseconds(k.Took.P99), Restarts: k.Restarts, DeadLetters: k.DeadLetters, Unhandled: k.Unhandled,
		})
	}
	shown.podMeasured = measured
	return shown
}

func microseconds(d time.Duration) float64 { return round(float64(d) / 1e3) }
