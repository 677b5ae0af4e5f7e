package main

import (
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"pixelplayground/cmd/playground/settings"
)

// composed is compose.yaml, as far as it uses what Compose can.
type composed struct {
	Name     string
	Services map[string]struct {
		Image, Build, Restart string
		DependsOn             any `yaml:"depends_on"`
		Ports, Command        []string
		Environment           map[string]string
		Volumes, Networks     []string
		Healthcheck           struct {
			Test              []string
			Interval, Timeout string
			Retries           int
		}
		Grace       string   `yaml:"stop_grace_period"`
		ReadOnly    bool     `yaml:"read_only"`
		CapDrop     []string `yaml:"cap_drop"`
		SecurityOpt []string `yaml:"security_opt"`
		Ulimits     map[string]int
	}
	Networks map[string]struct {
		Internal bool
		IPAM     struct{ Config []struct{ Subnet string } }
	}
	Volumes map[string]any
}

func compose(t *testing.T) (c composed) {
	t.Helper()
	strict := yaml.NewDecoder(strings.NewReader(page(t, "../../compose.yaml")))
	strict.KnownFields(true)
	if err := strict.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

// interpolate puts defaults in place of variables, as Compose does where they are not set.
func interpolate(text string) string {
	return regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`).ReplaceAllString(text, "$1")
}

// TestCompose_IsWhole: what compose.yaml names is there, its images are pinned, and nobody but the proxy can be reached from outside.
func TestCompose_IsWhole(t *testing.T) {
	c := compose(t)
	if names := slices.Sorted(maps.Keys(c.Services)); !slices.Equal(names, []string{"caddy", "playground", "redis"}) {
		t.Fatalf("the services are %v", names)
	}
	pinned := regexp.MustCompile(`^[a-z]+:\d+\.\d+\.\d+$`)
	for name, s := range c.Services {
		if s.Build == "" && !pinned.MatchString(s.Image) {
			t.Errorf("%s: the image %s is not pinned", name, s.Image)
		}
		if s.Restart == "" || (len(s.Ports) > 0) != (name == "caddy") {
			t.Errorf("%s: restart %q, ports %v", name, s.Restart, s.Ports)
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if _, named := c.Volumes[from]; !named {
				if _, err := os.Stat(filepath.Join("../..", from)); err != nil || !strings.HasPrefix(from, "./") {
					t.Errorf("%s: the volume %s: %v", name, volume, err)
				}
			}
		}
		for _, network := range s.Networks {
			if _, ok := c.Networks[network]; !ok {
				t.Errorf("%s: no network %s", name, network)
			}
		}
	}
	if s := c.Services["redis"]; !slices.Equal(s.Networks, []string{"store"}) || !c.Networks["store"].Internal {
		t.Errorf("Redis is in %v", s.Networks)
	}
	said := strings.Join(c.Services["redis"].Command, " ")
	for _, m := range regexp.MustCompile(`(?m)^(append\w+|save|maxmemory-policy) "?([\w]*)"?$`).FindAllStringSubmatch(page(t, "../../k8s/base/redis.conf"), -1) {
		if !strings.Contains(said+" ", "--"+m[1]+" "+m[2]+" ") {
			t.Errorf("Redis is not told %s %q, as it is in the manifests", m[1], m[2])
		}
	}
	if manifests := page(t, "../../k8s/base/redis.yaml"); !strings.Contains(manifests, "image: "+c.Services["redis"].Image+"\n") {
		t.Errorf("%s is not the Redis of the manifests", c.Services["redis"].Image)
	}
}

// TestCompose_SettingsAreTaken: the server reads the image's environment and that of compose.yaml, and believes the network
// that Caddy is in.
func TestCompose_SettingsAreTaken(t *testing.T) {
	c := compose(t)
	for _, m := range regexp.MustCompile(`PLAYGROUND_[A-Z]+=\S+`).FindAllString(page(t, "../../Dockerfile"), -1) {
		name, value, _ := strings.Cut(m, "=")
		t.Setenv(name, value)
	}
	for name, value := range c.Services["playground"].Environment {
		t.Setenv(name, interpolate(value))
	}
	cfg, err := settings.Read(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.TrimPrefix(cfg.Redis, "redis://")
	if name, _, _ := strings.Cut(at, ":"); c.Services[name].Image == "" || len(cfg.AdminTokens) > 0 {
		t.Errorf("Redis is at %q, the tokens are %q", at, cfg.AdminTokens)
	}
	subnet := c.Networks[c.Services["caddy"].Networks[0]].IPAM.Config[0].Subnet
	if got := c.Services["playground"].Environment["PLAYGROUND_PROXIES"]; got != subnet {
		t.Errorf("proxies are %s, Caddy is in %s", got, subnet)
	}
	known := page(t, "proxies/Caddyfile")
	for name := range c.Services["caddy"].Environment {
		if !strings.Contains(known, "{$"+name+":") {
			t.Errorf("the Caddyfile does not know %s", name)
		}
	}
}

// TestTraefik_FileIsRead: no Traefik runs in the tests. Its file has the fields that its documentation has, and no others, and
// every name in it is one that is defined.
func TestTraefik_FileIsRead(t *testing.T) {
	var file struct {
		HTTP struct {
			Routers map[string]struct {
				Rule        string
				EntryPoints []string `yaml:"entryPoints"`
				Service     string
				Middlewares []string
				TLS         struct {
					CertResolver string `yaml:"certResolver"`
				}
			}
			Middlewares map[string]struct {
				StripPrefix struct{ Prefixes []string } `yaml:"stripPrefix"`
			}
			Services map[string]struct {
				LoadBalancer struct {
					Servers     []struct{ URL string }
					HealthCheck struct{ Path, Interval, Timeout string } `yaml:"healthCheck"`
				} `yaml:"loadBalancer"`
			}
		}
	}
	strict := yaml.NewDecoder(bytes.NewReader([]byte(page(t, "proxies/traefik.yaml"))))
	strict.KnownFields(true)
	if err := strict.Decode(&file); err != nil {
		t.Fatal(err)
	}
	rule := regexp.MustCompile("^Host\\(`[a-z.]+`\\)( && PathPrefix\\(`(/[a-z]+)/`\\))?$")
	for name, r := range file.HTTP.Routers {
		m := rule.FindStringSubmatch(r.Rule)
		if m == nil || len(r.EntryPoints) != 1 || r.TLS.CertResolver == "" || len(file.HTTP.Services[r.Service].LoadBalancer.Servers) == 0 {
			t.Errorf("%s: %+v", name, r)
			continue
		}
		var stripped []string
		for _, middleware := range r.Middlewares {
			stripped = append(stripped, file.HTTP.Middlewares[middleware].StripPrefix.Prefixes...)
		}
		if below := m[2]; (below != "") != slices.Equal(stripped, []string{below}) {
			t.Errorf("%s is below %q, and %v is cut off", name, below, stripped)
		}
	}
	if len(file.HTTP.Routers) != 2 {
		t.Errorf("there are %d routers", len(file.HTTP.Routers))
	}
}
