package settings

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/redis"
	"pixelplayground/transport/quota"
)

// reader parses settings and keeps the first one that is wrong. Every method takes the setting's
// name, its text and an example of a value that would do.
type reader struct{ wrong *wrongValue }

func (r *reader) refuse(setting, text, why, example string) {
	if r.wrong == nil {
		r.wrong = &wrongValue{setting: setting, value: text, why: why, example: example}
	}
}

// count is a whole number from 1 to most.
func (r *reader) count(setting, text string, most int, example string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		r.refuse(setting, text, fmt.Sprintf("must be a whole number from 1 to %d", most), example)
	}
	return n
}

// bound is a whole number up to most; 0: there is no bound.
func (r *reader) bound(setting, text string, most int, example string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		r.refuse(setting, text, fmt.Sprintf("must be a whole number from 1 to %d, or 0 for no limit", most), example)
	}
	return n
}

// rate is pixels per second, within what a time.Duration can count.
func (r *reader) rate(setting, text, example string) float64 {
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || rate != 0 && !(rate >= 0.01 && rate <= 1e9) {
		r.refuse(setting, text, "must be pixels per second from 0.01 to 1000000000, or 0 for no limit", example)
	}
	return rate
}

func (r *reader) duration(setting, text string, most time.Duration, example string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > most {
		r.refuse(setting, text, fmt.Sprintf("must be a time with its unit, more than 0 and at most %.0fh", most.Hours()), example)
	}
	return d
}

func (r *reader) choice(setting, text string, choices ...string) string {
	if !slices.Contains(choices, text) {
		r.refuse(setting, text, "must be "+strings.Join(choices, " or "), choices[0])
	}
	return text
}

func (r *reader) level(setting, text, example string) (level slog.Level) {
	known := []string{"debug", "info", "warn", "error"}
	if !slices.Contains(known, text) || level.UnmarshalText([]byte(text)) != nil {
		r.refuse(setting, text, "must be debug, info, warn or error", example)
	}
	return level
}

func (r *reader) path(setting, text, example string) string {
	if text == "" {
		r.refuse(setting, text, "must be a directory", example)
	}
	return text
}

// redis is a URL, or nothing. Errors about it must not show the password.
func (r *reader) redis(setting, text, example string) string {
	shared := redis.DefaultConfig()
	if shared.URL = text; text != "" {
		if err := shared.Validate(); err != nil {
			r.refuse(setting, redis.Redact(text), "must be redis://HOST:PORT, or rediss:// for TLS ("+reason(err)+")", example)
		}
	}
	return text
}

func (r *reader) redisPrefix(setting, text, example string) string {
	shared := redis.DefaultConfig()
	shared.Prefix = text
	if err := shared.Validate(); err != nil {
		r.refuse(setting, text, reason(err), example)
	}
	return text
}

// address is where to listen. The port must be a number: what a name means depends on the machine.
func (r *reader) address(setting, text, example string) string {
	_, port, err := net.SplitHostPort(text)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		r.refuse(setting, text, "must be HOST:PORT or :PORT with a port from 0 to 65535", example)
	}
	return text
}

// other is an address to listen at, or none.
func (r *reader) other(setting, text, example string) string {
	if text == "" {
		return ""
	}
	return r.address(setting, text, example)
}

// origins is a list, separated by commas, of what browsers send as Origin.
func (r *reader) origins(setting, text, example string) (origins []string) {
	if text == "" {
		return nil
	}
	for origin := range strings.SplitSeq(text, ",") {
		origin = strings.ToLower(strings.TrimSpace(origin))
		site, ok := parseOrigin(origin)
		if origin != "*" && origin != "null" && !ok {
			r.refuse(setting, text, "must be *, null or sites as http://HOST or https://HOST, without a path or a pattern", example)
		}
		origins = append(origins, cmp.Or(site, origin))
	}
	return origins
}

// frames is a list, separated by commas, of sites that a policy of the page will name. What could end the list there is no host.
func (r *reader) frames(setting, text, example string) (sites []string) {
	if text == "" {
		return nil
	}
	for item := range strings.SplitSeq(text, ",") {
		item = strings.ToLower(strings.TrimSpace(item))
		site, ok := parseOrigin(item)
		if _, host, _ := strings.Cut(site, "://"); strings.ContainsAny(host, "[]") || !quota.IsHost(host) { // browsers match no IPv6 address
			ok = false
		}
		if item != "*" && !ok {
			r.refuse(setting, text, "must be * or sites as http://HOST or https://HOST, without a path, a pattern or an IPv6 address", example)
		}
		sites = append(sites, cmp.Or(site, item))
	}
	return sites
}

// proxies are the networks of proxies, and how they name their clients.
func (r *reader) proxies(networks, header string) quota.Proxies {
	p := quota.Proxies{Networks: r.networks("proxies", networks, "10.0.0.0/8")}
	for name := range strings.SplitSeq(header, ",") {
		switch name = http.CanonicalHeaderKey(strings.TrimSpace(name)); {
		case strings.EqualFold(name, "proxy") && !p.Protocol:
			p.Protocol = true
		case slices.Contains(quota.ProxyHeaders, name) && p.Header == "":
			p.Header = name
		default:
			r.refuse("proxy-header", header, "must be one of X-Forwarded-For, Forwarded and X-Real-IP, or PROXY, or PROXY and one of them", "X-Forwarded-For")
		}
	}
	return p
}

// networks is a list, separated by commas, of addresses and networks.
func (r *reader) networks(setting, text, example string) (networks []netip.Prefix) {
	if text == "" {
		return nil
	}
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		network, err := netip.ParsePrefix(item)
		if address, bad := netip.ParseAddr(item); bad == nil {
			network, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			r.refuse(setting, text, "must be addresses or networks, separated by commas", example)
		}
		if a := network.Addr(); a.Is4In6() && network.Bits() >= 96 { // in the form in which addresses of clients are compared
			network = netip.PrefixFrom(a.Unmap(), network.Bits()-96)
		}
		networks = append(networks, network)
	}
	return networks
}

// parseOrigin returns a site as browsers send it: without the port that its scheme implies.
func parseOrigin(text string) (origin string, ok bool) {
	defaults := map[string]string{"http": "80", "https": "443"}
	site, err := url.Parse(text)
	if err != nil || defaults[site.Scheme] == "" || site.Hostname() == "" || strings.Contains(text, "*") || text != site.Scheme+"://"+site.Host {
		return "", false
	}
	if port := site.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "", false
		}
	}
	return strings.TrimSuffix(text, ":"+defaults[site.Scheme]), true
}

// name is this server's; empty is the host's, without its domain.
func (r *reader) name(setting, text, example string) string {
	const most = 63 // characters: a label of DNS, as the names of pods are
	if text == "" {
		if host, err := os.Hostname(); err == nil {
			text, _, _ = strings.Cut(host, ".")
		}
		if text == "" {
			text = "playground"
		}
	}
	unfit := func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.", c))
	}
	if len(text) > most || strings.ContainsFunc(text, unfit) {
		r.refuse(setting, text, fmt.Sprintf("must be at most %d letters, digits, dots, dashes and underscores", most), example)
	}
	return text
}

// geometry is the size of canvas and regions. An error names the one of the two settings that is
// wrong.
func (r *reader) geometry(size, region string) canvas.Geometry {
	g := canvas.Geometry{Region: canvas.MaxRegionEdge}
	var ok bool
	if g.Width, g.Height, ok = parseSize(size); !ok {
		r.refuse("canvas", size, "must be WIDTHxHEIGHT in pixels", "1024x1024")
		return g
	}
	if err := g.Validate(); err != nil {
		r.refuse("canvas", size, reason(err), "1024x1024")
		return g
	}
	g.Region = r.count("region", region, canvas.MaxRegionEdge, "256")
	if err := g.Validate(); err != nil {
		r.refuse("region", region, reason(err), "256")
	}
	return g
}

func parseSize(text string) (width, height int, ok bool) {
	w, h, cut := strings.Cut(text, "x")
	width, badWidth := strconv.Atoi(w)
	height, badHeight := strconv.Atoi(h)
	return width, height, cut && badWidth == nil && badHeight == nil
}

// reason is a validation error without the setting and value that it begins with, and
// without its example.
func reason(err error) string {
	_, why, _ := strings.Cut(err.Error(), ": ")
	why, _, _ = strings.Cut(why, ", for example")
	return why
}
