package admin

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
	"pixelplayground/transport/api/answer"
)

const (
	// patience is how long the pods have to answer for the dashboard, which asks every
	// second. It is more than an inspector ever takes.
	patience = 1200 * time.Millisecond
	// surveyServes is how old an answer may be to be shown on a second dashboard.
	surveyServes = 500 * time.Millisecond
	// membersLook is how often a survey checks whether it still asks the right pods. If all
	// answer, which takes some 10 ms, it seldom checks at all. For people it is soon enough.
	membersLook = 25 * time.Millisecond
	// worstShown bounds how many connections of the whole cluster are shown.
	worstShown = 50
)

// gathered is the last survey, shared by all dashboards, so that ten of them cost the
// cluster no more than one.
type gathered struct {
	mu           sync.Mutex // held while the pods are asked: requests that come meanwhile wait
	began, ended time.Time
	members      []Member
	reports      []*message.Report // as members; nil: no answer
}

// gather asks all pods, unless they have just been asked, or were being asked when the call came.
func (a *Handler) gather(ctx context.Context) ([]Member, []*message.Report) {
	g, came := &a.gathered, a.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.members == nil || came.After(g.ended) && came.Sub(g.began) > surveyServes {
		g.began = a.Now()
		g.members, g.reports = a.survey(ctx, message.Inspect{Full: true, Connections: worstShown})
		g.ended = a.Now()
	}
	return g.members, g.reports
}

// forget drops the last survey after an act, so that the pods are asked again.
func (g *gathered) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members, g.reports = nil, nil
}

// survey asks all pods. If a pod has died, it does not answer. As soon as the cluster knows
// that, the other pods are asked again, once, so that the answer includes what they say about
// its end.
func (a *Handler) survey(ctx context.Context, question message.Inspect) ([]Member, []*message.Report) {
	ctx = context.WithoutCancel(ctx) // the answer may be for other requests too, so it outlives this one
	members := a.Cluster.Members()
	reports, changed := a.surveyOf(ctx, members, question)
	if changed {
		members = a.Cluster.Members()
		reports, _ = a.surveyOf(ctx, members, question)
	}
	return members, reports
}

// surveyOf asks these pods, and gives up as soon as the members change.
func (a *Handler) surveyOf(ctx context.Context, members []Member, question message.Inspect) (reports []*message.Report, changed bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addresses := make([]string, len(members))
	for i, m := range members {
		addresses[i] = m.Address
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		reports = a.Inspectors.Survey(ctx, addresses, question)
	}()
	look := time.NewTicker(membersLook)
	defer look.Stop()
	for {
		select {
		case <-answered:
			return reports, changed
		case <-look.C:
			if changed = changed || !sameMembers(members, a.Cluster.Members()); changed {
				cancel()
			}
		}
	}
}

func sameMembers(a, b []Member) bool {
	return slices.EqualFunc(a, b, func(a, b Member) bool { return a.ID == b.ID })
}

// getState answers with everything that the dashboard shows.
func (a *Handler) getState(w http.ResponseWriter, r *http.Request) {
	var members []Member
	var reports []*message.Report
	history := r.URL.Query().Get("history") == "1"
	if history {
		members, reports = a.survey(r.Context(), message.Inspect{Full: true, Connections: worstShown, History: true})
	} else {
		members, reports = a.gather(r.Context())
	}
	state := stateShown{
		Node: a.Node, Time: a.Now().UnixMilli(), Canvas: canvasShown{a.Geometry.Width, a.Geometry.Height, a.Geometry.Region},
		Members: []podShown{}, Regions: regionsShown(a.Geometry, members, reports), Connections: worstOf(members, reports), Events: eventsShown(reports),
	}
	for i, m := range members {
		state.Members = append(state.Members, podOf(m, reports[i]))
		if reports[i] != nil {
			state.Users += reports[i].Users
		}
	}
	if history {
		state.History = historyOf(reports)
	}
	answer.JSON(w, http.StatusOK, state)
}

// What the dashboard is sent. Times are in Unix milliseconds, durations in milliseconds unless
// their names say otherwise, rates per second.
type (
	stateShown struct {
		Node        string            `json:"node"`
		Time        int64             `json:"time"`
		Canvas      canvasShown       `json:"canvas"`
		Users       int               `json:"users"`
		Members     []podShown        `json:"members"`
		Regions     []areaShown       `json:"regions"`
		Connections []connectionShown `json:"connections"`
		Events      []eventShown      `json:"events"`
		History     *historyShown     `json:"history,omitempty"`
	}
	canvasShown struct {
		Width  int `json:"width"`
		Height int `json:"height"`
		Region int `json:"region"`
	}
	spreadShown struct {
		P50 float64 `json:"p50"`
		P99 float64 `json:"p99"`
	}
	// areaShown is a region with its owner.
	areaShown struct {
		Region  canvas.RegionID `json:"region"`
		X       int             `json:"x"`
		Y       int             `json:"y"`
		Width   int             `json:"width"`
		Height  int             `json:"height"`
		Owner   string          `json:"owner"`
		State   string          `json:"state"`
		Epoch   uint64          `json:"epoch"`
		Seq     uint64          `json:"seq"`
		Rate    float64         `json:"rate"`
		Viewers int             `json:"viewers"`
		Relays  int             `json:"relays"`
		Pending int             `json:"pending"`
		Commit  spreadShown     `json:"commit"`
		Pinned  bool            `json:"pinned"`
	}
	connectionShown struct {
		ID       string  `json:"id"`
		Member   string  `json:"member"`
		Name     string  `json:"name"`
		User     string  `json:"user"`
		Since    int64   `json:"since"`
		RateIn   float64 `json:"rate_in"`
		RateOut  float64 `json:"rate_out"`
		BytesOut int     `json:"bytes_out"`
		Lag      float64 `json:"lag"`
	}
	eventShown struct {
		At       int64   `json:"at"`
		Kind     string  `json:"kind"`
		Node     string  `json:"node"`
		Text     string  `json:"text"`
		Region   int     `json:"region"`
		Duration float64 `json:"duration"`
	}
	historyShown struct {
		At          []int64   `json:"at"`
		PixelsIn    []float64 `json:"pixels_in"`
		Deliveries  []float64 `json:"deliveries"`
		PlaceToAck  []float64 `json:"place_to_ack_p99"`
		Connections []int     `json:"connections"`
		Memory      []int     `json:"memory"`
	}
)

func milliseconds(d time.Duration) float64 { return round(float64(d) / 1e6) }

func spreadOf(s message.Spread) spreadShown {
	return spreadShown{milliseconds(s.P50), milliseconds(s.P99)}
}

// perSecond is a count over a time, as a rate.
func perSecond(n int, over time.Duration) float64 {
	if over <= 0 {
		return 0
	}
	return round(float64(n) / over.Seconds())
}

// round rounds to three decimals.
func round(f float64) float64 { return math.Round(f*1000) / 1000 }

// regionsShown has one entry for each region that is not dormant. During a handoff two pods
// report the region, and the pod that serves it, or has got further, counts.
func regionsShown(g canvas.Geometry, members []Member, reports []*message.Report) []areaShown {
	known := make(map[canvas.RegionID]areaShown)
	viewers := make(map[canvas.RegionID]int)
	for i, report := range reports {
		if report == nil {
			continue
		}
		for region, n := range report.Viewers {
			viewers[canvas.RegionID(region)] += n
		}
		for _, r := range report.Regions {
			if int(r.Region) >= g.Regions() {
				continue
			}
			x, y, width, height := g.Bounds(r.Region)
			area := areaShown{
				Region: r.Region, X: x, Y: y, Width: width, Height: height, Owner: members[i].ID, State: r.State, Epoch: r.Epoch, Seq: r.Seq,
				Rate: perSecond(r.Pixels, message.Span), Relays: r.Relays, Pending: r.PendingOps, Commit: spreadOf(r.Commit),
				Pinned: slices.Contains(members[i].Pins, r.Region),
			}
			before, told := known[r.Region]
			if further := cmp.Or(cmp.Compare(progress(r.State), progress(before.State)), cmp.Compare(r.Epoch, before.Epoch)); !told || further > 0 {
				known[r.Region] = area
			}
		}
	}
	list := make([]areaShown, 0, len(known))
	for id, area := range known {
		area.Viewers = viewers[id]
		list = append(list, area)
	}
	slices.SortFunc(list, func(a, b areaShown) int { return cmp.Compare(a.Region, b.Region) })
	return list
}

func progress(state string) int {
	return slices.Index([]string{"fenced", "asking", "claiming", "retiring", "serving"}, state)
}

// worstOf returns the worst connections of all pods.
func worstOf(members []Member, reports []*message.Report) []connectionShown {
	list := []connectionShown{}
	for i, report := range reports {
		if report == nil {
			continue
		}
		for _, c := range report.Worst {
			list = append(list, connectionShown{
				ID: strconv.FormatUint(uint64(c.Viewer), 36), Member: members[i].ID, Name: c.User.Name, User: fmt.Sprintf("%012x", uint64(c.User.Author)),
				Since: c.Since, RateIn: perSecond(c.In, c.Over), RateOut: perSecond(c.Out, c.Over), BytesOut: c.BytesOut, Lag: milliseconds(c.Lag),
			})
		}
	}
	slices.SortStableFunc(list, func(a, b connectionShown) int {
		return cmp.Or(cmp.Compare(b.Lag, a.Lag), cmp.Compare(b.RateIn+b.RateOut, a.RateIn+a.RateOut))
	})
	return list[:min(len(list), worstShown)]
}

func eventsShown(reports []*message.Report) []eventShown {
	var all [][]message.Event
	for _, report := range reports {
		if report != nil {
			all = append(all, report.Events)
		}
	}
	list := []eventShown{}
	for _, e := range telemetry.MergeEvents(all...) {
		list = append(list, eventShown{e.At, e.Kind, e.Node, e.Text, e.Region, milliseconds(e.Duration)})
	}
	return list
}

// historyOf adds up the pods' histories; latency is the slowest pod's.
func historyOf(reports []*message.Report) *historyShown {
	all := make(map[int64]message.Past)
	for _, report := range reports {
		if report == nil {
			continue
		}
		for _, p := range report.History {
			sum := all[p.At]
			all[p.At] = message.Past{
				PixelsIn: sum.PixelsIn + p.PixelsIn, Deliveries: sum.Deliveries + p.Deliveries, PlaceToAck: max(sum.PlaceToAck, p.PlaceToAck),
				Connections: sum.Connections + p.Connections, Memory: sum.Memory + p.Memory,
			}
		}
	}
	times := make([]int64, 0, len(all))
	for at := range all {
		times = append(times, at)
	}
	slices.Sort(times)
	h := &historyShown{At: []int64{}, PixelsIn: []float64{}, Deliveries: []float64{}, PlaceToAck: []float64{}, Connections: []int{}, Memory: []int{}}
	for _, at := range times {
		p := all[at]
		h.At = append(h.At, at*1000)
		h.PixelsIn = append(h.PixelsIn, perSecond(p.PixelsIn, message.Span))
		h.Deliveries = append(h.Deliveries, perSecond(p.Deliveries, message.Span))
		h.PlaceToAck = append(h.PlaceToAck, milliseconds(p.PlaceToAck))
		h.Connections = append(h.Connections, p.Connections)
		h.Memory = append(h.Memory, p.Memory)
	}
	return h
}
