package commandline

import (
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

func TestArguments(t *testing.T) {
	for _, test := range []struct{ given, want string }{
		{"", ""},
		{"test stress --rate -1 --clients 3", "test stress --rate=-1 --clients 3"},
		{"--every -1s --share -.5 --at -1,2", "--every=-1s --share=-.5 --at=-1,2"},
		{"--rate=3 -1", "--rate=3 -1"},
		{"draw - --at 1,2", "draw - --at 1,2"},
		{"--json --help -h --rate", "--json --help -h --rate"},
		{"-- --rate -1", "-- --rate -1"},
	} {
		if got := Arguments(strings.Fields(test.given)); !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("%q: %q", test.given, got)
		}
	}
}

// TestExplain: the errors for each kind of flag; and values that can be read are read.
func TestExplain(t *testing.T) {
	type flags struct {
		Share  float64       `default:"0.5"`
		Count  int           `placeholder:"N"`
		All    []int         `name:"all"`
		Every  time.Duration `default:"15s"`
		Name   string        `placeholder:"TEXT"`
		Really bool
		Part   float64         `default:"0.5" min:"0" max:"1"`
		Pixels int             `placeholder:"N" above:"0" why:"fewer are none"`
		Pause  []time.Duration `min:"1s" max:"1m"`
	}
	for _, test := range []struct{ given, want string }{
		{"--share -0.5 --count -3 --all 1,-2 --every -1m --name a --really", ""},
		{"--share x", `--share "x": must be a number, for example 0.5`},
		{"--share Inf", `--share "Inf": must be a number, for example 0.5`},
		{"--share 1e999", `--share "1e999": must be a number, for example 0.5`},
		{"--count 3.5", `--count "3.5": must be a whole number, for example 100`},
		{"--count 99999999999999999999", `--count "99999999999999999999": must be a whole number, for example 100`},
		{"--count=", `--count "": must be a whole number, for example 100`},
		{"--all 1,b", `--all "b": must be a whole number, for example 100`},
		{"--every 15", `--every "15": must be a time with its unit, for example 15s`},
		{"--part 1.5", "--part 1.5: must be at most 1, for example 0.5"},
		{"--part -1", "--part -1: must be at least 0, for example 0.5"},
		{"--pixels 0", "--pixels 0: must be more than 0: fewer are none"},
		{"--pause 1s,1m", ""},
		{"--pause 1s,2m", "--pause 2m: must be at most 1m"},
		{"--every", "--every: a value must follow, for example --every 15s"},
		{"--count --really", "--count: a value must follow: --count N"},
		{"--name -x", "--name: a value must follow: --name TEXT"},
		{"--shar 1", `unknown flag --shar, did you mean "--share"?`},
		{"--the-name x", "unknown flag --the-name, did you mean --name?"},
		{"--name_of_all", "unknown flag --name_of_all, did you mean --all or --name?"},
		{"--nonsense", "unknown flag --nonsense"},
		{"-7", "unknown flag -7"},
		{"more", "unexpected argument more"},
	} {
		var f flags
		parser, err := kong.New(&f, Options()...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = parser.Parse(Arguments(strings.Fields(test.given)))
		got := ""
		if err != nil {
			got = Explain(err).Error()
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.given, got, test.want)
		}
		if test.want == "" && f.Pause == nil && (f.Share != -0.5 || f.Count != -3 || !slices.Equal(f.All, []int{1, -2}) || f.Every != -time.Minute) {
			t.Errorf("%s: %+v", test.given, f)
		}
	}
}

func TestVersion(t *testing.T) {
	tree := func(more ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: more}
	}
	revision, when := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef"}, debug.BuildSetting{Key: "vcs.time", Value: "2026-01-31T23:30:00-02:00"}
	for _, test := range []struct {
		stamp string
		info  *debug.BuildInfo
		want  string
	}{
		{"v1.2-3-gabc", tree(revision), "v1.2-3-gabc"},
		{"", tree(revision, when), "20260201-0123456789"},
		{"", tree(revision, when, debug.BuildSetting{Key: "vcs.modified", Value: "true"}), "20260201-0123456789-dirty"},
		{"", tree(debug.BuildSetting{Key: "vcs.revision", Value: "01"}), "01"},
		{"", &debug.BuildInfo{Main: debug.Module{Version: "v1.4.0"}}, "v1.4.0"},
		{"", tree(), "unstamped"},
		{"", &debug.BuildInfo{}, "unstamped"},
	} {
		if got := built(test.stamp, test.info); got != test.want {
			t.Errorf("%q, %+v: %s, want %s", test.stamp, test.info, got, test.want)
		}
	}
	for build, want := range map[string]string{
		"v0.2.0": "0.2.0", "1.0.0-rc.1": "1.0.0-rc.1", // releases
		"v0.2.0-7-gabcdef0": Next + "-dev+v0.2.0-7-gabcdef0", "v0.2.0-dirty": Next + "-dev+v0.2.0-dirty",
		"20260201-0123456789": Next + "-dev+20260201-0123456789", "unstamped": Next + "-dev+unstamped", "dev": Next + "-dev+dev",
	} {
		if got := semantic(build); got != want {
			t.Errorf("%s: %s, want %s", build, got, want)
		}
	}
	if got := Version(); got == "" || strings.Contains(got, "(devel)") {
		t.Errorf("this is %q", got)
	}
}
