package settings

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"pixelplayground/cluster/peer"
)

// join is a list of gossip addresses and dns: names. Pods with separate stores can't be one canvas,
// so join requires a Redis.
func (r *reader) join(setting, text, redis string) (seeds []string) {
	const example = "10.1.2.3:7946,10.1.2.4:7946"
	if text == "" {
		return nil
	}
	for seed := range strings.SplitSeq(text, ",") {
		seed = strings.TrimSpace(seed)
		host, port, err := net.SplitHostPort(strings.TrimPrefix(seed, "dns:"))
		if err != nil || host == "" || port == "" || port == "0" {
			r.refuse(setting, text, "must be HOST:PORT or dns:NAME:PORT, separated by commas", example)
		}
		seeds = append(seeds, seed)
	}
	if redis == "" {
		r.refuse(setting, text, "needs a store that all servers share: set redis as well", example+" --redis redis://10.1.2.5:6379")
	}
	return seeds
}

// roles is what a server does; a server alone must have both roles.
func (r *reader) roles(setting, text string, alone bool) (gateway, canvas bool) {
	known := []string{"gateway", "canvas"}
	for role := range strings.SplitSeq(text, ",") {
		role = strings.TrimSpace(role)
		if !slices.Contains(known, role) {
			r.refuse(setting, text, "must be gateway, canvas or both, separated by a comma", "gateway,canvas")
		}
		gateway, canvas = gateway || role == "gateway", canvas || role == "canvas"
	}
	if alone && !(gateway && canvas) {
		r.refuse(setting, text, "must be both for a server that is alone: set join to make it one of a cluster", "gateway,canvas")
	}
	return gateway, canvas
}

func (r *reader) ip(setting, text, example string) string {
	if text == "" {
		return ""
	}
	if ip, err := netip.ParseAddr(text); err != nil || ip.IsUnspecified() {
		r.refuse(setting, text, "must be an IP address that other servers reach", example)
	}
	return text
}

// certificates checks that all files are set or none.
func (r *reader) certificates(files peer.Files) {
	given := []struct{ setting, path string }{{"peer-cert", files.Cert}, {"peer-key", files.Key}, {"peer-ca", files.CA}}
	if files == (peer.Files{}) {
		return
	}
	for _, g := range given {
		if g.path == "" {
			r.refuse(g.setting, g.path, "must be a file: peer-cert, peer-key and peer-ca go together", g.setting+".pem")
		}
	}
}
