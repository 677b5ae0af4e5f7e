package loadtest

import (
	"context"
	"slices"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// gateways asks the targets for the servers of their cluster that take connections, so that one which
// got none is seen: all that any of them names, since a target may be cut off from the others. Servers
// that don't answer that question have none.
func gateways(ctx context.Context, targets []string) (names []string) {
	for _, target := range targets {
		names = append(names, gatewaysOf(ctx, target)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func gatewaysOf(ctx context.Context, url string) (names []string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var cluster struct {
		Members []struct {
			Name     string   `json:"name"`
			Roles    []string `json:"roles"`
			Draining bool     `json:"draining"`
		} `json:"members"`
	}
	if target.GetJSON(ctx, target.Site(url)+"/api/cluster", &cluster) != nil {
		return nil
	}
	for _, m := range cluster.Members {
		if slices.Contains(m.Roles, "gateway") && !m.Draining {
			names = append(names, m.Name)
		}
	}
	return names
}
