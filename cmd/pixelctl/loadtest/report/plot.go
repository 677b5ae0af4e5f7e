package report

import "slices"

// unitsOf lists the units of series, in their order. Series with the same unit share a plot.
func unitsOf(series []Series) []string {
	return distinct(series, func(s Series) string { return s.Unit })
}

// histogram is the distribution of several latencies, all over the same bins.
type histogram struct {
	Edges  []float64   `json:"edges"` // in milliseconds: bin i is from edge i up to edge i+1
	Counts []histCount `json:"counts"`
}

type histCount struct {
	Name string  `json:"name"`
	N    []int64 `json:"n"` // one less than there are edges
}

// histogramOf makes a bin between any two neighbouring bounds that occur in the latencies. So if
// all have the same bounds, bins are as wide as buckets. Of the first bin only the upper end is
// known; it is made as wide as the second on a log axis.
func histogramOf(latencies []Latency) (h histogram) {
	var bounds []float64
	for _, l := range latencies {
		for _, b := range l.Buckets {
			if b.UpTo > 0 { // a log axis has no 0
				bounds = append(bounds, b.UpTo)
			}
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	switch len(bounds) {
	case 0:
		return histogram{}
	case 1:
		h.Edges = []float64{bounds[0] / 2}
	default:
		h.Edges = []float64{bounds[0] * bounds[0] / bounds[1]}
	}
	h.Edges = append(h.Edges, bounds...)
	for _, l := range latencies {
		c := histCount{Name: l.Name, N: make([]int64, len(bounds))}
		for _, b := range l.Buckets {
			i, _ := slices.BinarySearch(bounds, b.UpTo)
			c.N[i] += b.Count
		}
		h.Counts = append(h.Counts, c)
	}
	return h
}

// share is a bar of the balance chart: a pod's clients.
type share struct {
	Pod
	Percent float64 // of all clients
	Width   float64 // of the bar, in percent of the widest
	Even    float64 // where the bar would end if all pods had the same number of clients, in percent of the widest
}

func sharesOf(pods []Pod) []share {
	all, most := 0, 0
	for _, n := range pods {
		all, most = all+n.Clients, max(most, n.Clients)
	}
	shares := make([]share, len(pods))
	for i, n := range pods {
		shares[i].Pod = n
		if all > 0 {
			shares[i].Percent = 100 * float64(n.Clients) / float64(all)
			shares[i].Width = 100 * float64(n.Clients) / float64(most)
			shares[i].Even = 100 * float64(all) / float64(len(pods)) / float64(most)
		}
	}
	return shares
}

// PlotData returns what the page's script draws, to be encoded as JSON.
func (p page) PlotData() any {
	type event struct {
		At    float64 `json:"at"`
		Kind  int     `json:"kind"`
		Label int     `json:"label"` // its number in the table
	}
	events := make([]event, len(p.Events))
	for i, e := range p.Events {
		events[i] = event{At: e.At, Kind: kindIndex(p.Kinds, e.Kind), Label: i + 1}
	}
	return struct {
		Seconds   float64   `json:"seconds"`
		Series    []Series  `json:"series"`
		Histogram histogram `json:"histogram"`
		Events    []event   `json:"events"`
	}{p.Seconds, p.Series, p.Histogram, events}
}
