package main

import (
	"strings"
	"testing"

	"pixelplayground/cmd/commandline"
)

// An error about a command line is one line, which says what would do.
func TestRun_Usage(t *testing.T) {
	for _, test := range []struct{ args, err string }{
		{"", `expected one of "draw", "watch", "snapshot", "history", "timelapse", ... (see: pixelctl --help)`},
		{"paint", `unexpected argument paint (see: pixelctl --help)`},
		{"draw x.png", "missing flags: --at=X,Y (see: pixelctl draw --help)"},
		{"draw x.png --at 1", `"1" must be 2 whole numbers from 0 on, for example 10,20`},
		{"draw x.png --at=-1,2", `"-1,2" must be 2 whole numbers`},
		{"draw x.png --at -1,2", `"-1,2" must be 2 whole numbers`},
		{"draw x.png --at", `--at: a value must follow: --at X,Y (see: pixelctl draw --help)`},
		{"snapshot x.jpg", `"x.jpg": only PNG is written, for example x.png (see: pixelctl snapshot --help)`},
		{"snapshot x.PNG.gif", `only PNG is written, for example x.PNG.png`},
		{"snapshot x.png --rect -1,2,3,4", `"-1,2,3,4" must be 4 whole numbers`},
		{"watch -x", "unknown flag -x (see: pixelctl watch --help)"},
		{"watch --jsn", `unknown flag --jsn, did you mean "--json"? (see: pixelctl watch --help)`},
		{"watch --target ftp://a", `target "ftp://a": must begin with ws, wss, http or https`},
		{"cluster --target=", `target: must be given, for example ws://127.0.0.1:8080/ws`},
		{"cluster --target foo", `target "foo": must be like ws://127.0.0.1:8080/ws`},
		{"keys", `expected one of "create", "list", "revoke" (see: pixelctl keys --help)`},
		{"keys list", "the admin token is missing: set PIXELCTL_ADMIN_TOKEN"},
		{"keys create x --lasts -3h --admin-token t", "--lasts -3h0m0s: must be more than 0"},
		{"test stress --rate abc", `--rate "abc": must be a number, for example 100 (see: pixelctl test stress --help)`},
		{"test stress --rate NaN", `--rate "NaN": must be a number, for example 100`},
		{"test stress --rate -1", `--rate -1: must be at least 0`},
		{"test stress --duration 30", `--duration "30": must be a time with its unit, for example 30s (see: pixelctl test stress --help)`},
		{"test stress --duration -3s", `duration -3s: `},
		{"test stress --clients 1.5", `--clients "1.5": must be a whole number, for example 100`},
		{"test stress --clients -4", `clients -4: `},
		{"test chaos --pid a,b", `--pid "a": must be a whole number, for example 100`},
		{"test chaos --pid", `--pid: a value must follow`},
		{"test chaos --kill true --every -1s", `every -1s`},
		{"test soak --sample 0s", `sample 0s: must be more than 0`},
		{"test balance --settle -1s", `settle -1s`},
		{"test contend --staleness -1s", `--staleness -1s: must be at least 0s`},
		{"draw x.png --at 1,70000", `"1,70000" must be 2 whole numbers`},
		{"draw x.png --at 1,2 --fast", "unknown flag --fast"},
		{"snapshot x.png --rect 1,2,3", `"1,2,3" must be 4 whole numbers from 0 on, for example 10,20,300,200`},
		{"snapshot x.png --rect 1,2,3,0", `"1,2,3,0" has no pixels`},
		{"watch --target 127.0.0.1:8080", `target "127.0.0.1:8080": must be like ws://127.0.0.1:8080/ws`},
	} {
		c := start(t, nil, strings.Fields(test.args)...)
		c.expect(t, exitUsage, test.err)
		if text := c.err.String(); strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "pixelctl: ") {
			t.Errorf("%q: not one line: %s", test.args, text)
		}
	}
}

func TestRun_Help(t *testing.T) {
	for args, want := range map[string]string{
		"--help":          "Draw a picture on the canvas.",
		"draw --help":     "compares the canvas",
		"watch --help":    "$PIXELCTL_TARGET",
		"snapshot --help": "--rect=X,Y,WIDTH,HEIGHT",
		"--version":       commandline.Version(),
	} {
		c := start(t, nil, strings.Fields(args)...)
		c.expect(t, exitDone, "")
		if !strings.Contains(c.out.String(), want) {
			t.Errorf("%q: no %q in:\n%s", args, want, &c.out)
		}
	}
}

func TestRun_NoServer(t *testing.T) {
	t.Setenv("PIXELCTL_TARGET", "ws://127.0.0.1:1/ws,ws://127.0.0.1:2/ws")
	c := start(t, nil, "watch")
	c.expect(t, exitFailed, "is the server running, and --target right?")
	for _, url := range []string{"ws://127.0.0.1:1/ws", "ws://127.0.0.1:2/ws"} {
		if !strings.Contains(c.err.String(), url) {
			t.Errorf("%s is not named: %s", url, &c.err)
		}
	}
}
