package admin

import (
	"context"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/transport/api/answer"
)

// Cluster is the pods that share the canvas.
type Cluster interface {
	// Ready says what this pod waits for before it can serve; nil: nothing.
	Ready() error
	// Members returns the pods in the cluster now, including this one.
	Members() []Member
}

// Member is one pod of the cluster.
type Member struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Address  string            `json:"-"` // for Survey
	Roles    []string          `json:"roles"`
	Version  string            `json:"version"`
	Draining bool              `json:"draining"`
	Aside    bool              `json:"aside"` // other pods own its regions, since its store takes no commits
	Started  time.Time         `json:"started"`
	Self     bool              `json:"self"` // it is the one that answers
	Pins     []canvas.RegionID `json:"-"`    // regions that an operator has given it
}

// surveyTimeout is how long the pods have to answer. A pod that is stuck must not hide the others.
const surveyTimeout = 2 * time.Second

type memberShown struct {
	Member
	Answers bool `json:"answers"`  // it has answered, so the fields below are known
	StoreOK bool `json:"store_ok"` // as far as the pod knows without asking it; why not is in its log
	Users   int  `json:"users"`
	Regions int  `json:"regions"`
}

type regionShown struct {
	Region canvas.RegionID `json:"region"`
	X      int             `json:"x"` // of its left upper corner
	Y      int             `json:"y"`
	Owner  string          `json:"owner"` // the member's id
	State  string          `json:"state"`
	Epoch  uint64          `json:"epoch"`
	Seq    uint64          `json:"seq"`
	Relays int             `json:"relays"`
	Ops    int             `json:"pending_ops"`
}

// clusterSeen is what getCluster answers.
type clusterSeen struct {
	Node    string        `json:"node"`
	Users   int           `json:"users"`
	Canvas  string        `json:"canvas"`
	Members []memberShown `json:"members"`
	Regions []regionShown `json:"regions"`
}

// ServeCluster answers with the members of the cluster and the regions' owners. A region that
// nobody has needed since its pod started is absent.
func (a *Handler) ServeCluster(w http.ResponseWriter, r *http.Request) {
	seen, err := a.seen.Get(r.Context(), func(clusterSeen) (clusterSeen, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), surveyTimeout) // for others too
		defer cancel()
		return a.lookAround(ctx), nil
	}, nil)
	if err == nil { // else the client is gone
		answer.JSON(w, http.StatusOK, seen)
	}
}

func (a *Handler) lookAround(ctx context.Context) clusterSeen {
	members := a.Cluster.Members()
	addresses := make([]string, len(members))
	for i, m := range members {
		addresses[i] = m.Address
	}
	seen := clusterSeen{Node: a.Node, Canvas: a.Geometry.String(), Members: make([]memberShown, len(members)), Regions: []regionShown{}}
	for i, report := range a.Inspectors.Survey(ctx, addresses, message.Inspect{}) {
		seen.Members[i] = memberShown{Member: members[i]}
		if report == nil {
			continue
		}
		shown := &seen.Members[i]
		shown.Answers, shown.StoreOK, shown.Users, shown.Regions = true, report.Store == "", report.Users, len(report.Regions)
		seen.Users += report.Users
		for _, region := range report.Regions {
			x, y, _, _ := a.Geometry.Bounds(region.Region)
			seen.Regions = append(seen.Regions, regionShown{
				region.Region, x, y, members[i].ID, region.State, region.Epoch, region.Seq, region.Relays, region.PendingOps,
			})
		}
	}
	return seen
}
