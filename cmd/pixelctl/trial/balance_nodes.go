package trial

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// gateways asks a target for the servers of its cluster that take connections, so that one which
// got none is seen. A server that doesn't answer that question has none.
func gateways(ctx context.Context, target string) (names []string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, Site(target)+"/api/cluster", nil)
	if err != nil {
		return nil
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var cluster struct {
		Members []struct {
			Name     string   `json:"name"`
			Roles    []string `json:"roles"`
			Draining bool     `json:"draining"`
		} `json:"members"`
	}
	if response.StatusCode != http.StatusOK || json.NewDecoder(response.Body).Decode(&cluster) != nil {
		return nil
	}
	for _, m := range cluster.Members {
		if slices.Contains(m.Roles, "gateway") && !m.Draining {
			names = append(names, m.Name)
		}
	}
	return names
}
