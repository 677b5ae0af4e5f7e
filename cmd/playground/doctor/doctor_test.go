package doctor

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
)

// examined runs the command, and returns the exit code and what was found.
func examined(t *testing.T, args ...string) (exit int, found []Finding) {
	t.Helper()
	var out, complaints bytes.Buffer
	exit = Examine(append([]string{"--json", "--listen", "127.0.0.1:0"}, args...), 100, &out, &complaints, make(chan os.Signal))
	var said struct {
		State    State
		Versions struct{ Program, Protocol, Data, Peers string }
		Findings []Finding
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil || complaints.Len() > 0 {
		t.Fatalf("%v: exit %d, %s, %s", err, exit, out.String(), complaints.String())
	}
	if v := settings.Versions(); said.Versions.Program != v.Program || said.Versions.Data != v.Data || said.State != worst(said.Findings) || (exit == process.ExitStopped) == (said.State == Fault) {
		t.Errorf("exit %d: %s", exit, out.String())
	}
	for _, f := range said.Findings {
		if f.Said == "" || strings.Contains(f.Said+f.ToDo, "\n") || (f.State != Fine) != (f.ToDo != "") {
			t.Errorf("a finding must say what is so, and what to do if that is not well: %+v", f)
		}
	}
	return exit, said.Findings
}

// has fails the test unless there is such a finding.
func has(t *testing.T, found []Finding, check string, state State, said, toDo string) {
	t.Helper()
	for _, f := range found {
		if f.Check == check && f.State == state && strings.Contains(f.Said, said) && strings.Contains(f.ToDo, toDo) {
			return
		}
	}
	t.Errorf("no %s of %s says %q and %q: %+v", state, check, said, toDo, found)
}

// drawnIn is a data directory with a blank canvas of 64x64.
func drawnIn(t *testing.T) string {
	t.Helper()
	cfg := bolt.DefaultConfig()
	cfg.Dir, cfg.Geometry = filepath.Join(t.TempDir(), "data"), canvas.Geometry{Width: 64, Height: 64, Region: 32}
	s, err := bolt.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return cfg.Dir
}

// everything is what is in a directory, with contents.
func everything(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(e.Name() + "\n" + string(content) + "\n")
	}
	return all.String()
}

// TestExamine_Directory: of a sound data directory everything is fine, of one that can't be used it says why; it leaves nothing behind.
func TestExamine_Directory(t *testing.T) {
	data, later, file := drawnIn(t), drawnIn(t), filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(filepath.Join(later, "canvas.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("canvas")).Put([]byte("format"), []byte("9")) })
	if err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	was, size := everything(t, data), []string{"--canvas", "64x64", "--region", "32"}
	exit, found := examined(t, append(size, "--data", data)...)
	has(t, found, diskCheck, Fine, "the canvas 64x64/32 in "+data+" is sound", "")
	has(t, found, diskCheck, Fine, "can be written to; a flush takes", "")
	has(t, found, "version", Fine, "(protocol 1.", "")
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Check == "descriptors" && strings.Contains(f.Said, "may be needed") }) {
		t.Errorf("no word on descriptors: %+v", found)
	}
	if exit != process.ExitStopped {
		t.Errorf("exit %d: %+v", exit, found)
	}
	if now := everything(t, data); now != was {
		t.Errorf("the directory has %q, it had %q", now, was)
	}
	none := filepath.Join(t.TempDir(), "not", "yet")
	_, found = examined(t, "--data", none)
	has(t, found, diskCheck, Fine, "there is no canvas in "+none+" yet", "")
	if _, err := os.Stat(filepath.Dir(none)); err == nil {
		t.Error("it has made a directory")
	}
	for _, test := range []struct {
		data, said, toDo string
		args             []string
	}{
		{data, "the canvas in " + data + " is 64x64/32, and asked for is 1024x1024/256", "--canvas 64x64 --region 32", nil},
		{later, `a later version of the program wrote the file: it has format "9"`, "before you start the server", size},
		{filepath.Join(file, "data"), "can't be written to", "choose another directory", nil},
		{"/proc/self/data", "can't be written to", "mount it for writing", nil},
	} {
		exit, found := examined(t, append(test.args, "--data", test.data)...)
		has(t, found, diskCheck, Fault, test.said, test.toDo)
		if exit != process.ExitFailed {
			t.Errorf("%s: exit %d", test.data, exit)
		}
	}
}

// TestExamine_Ports: a port that another program has is a fault, one that a running server has is not.
func TestExamine_Ports(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := taken.Addr().String()
	data := []string{"--data", t.TempDir()}
	_, found := examined(t, append(data, "--listen", address)...)
	has(t, found, portCheck, Fault, "--listen "+address+" (tcp) is in use by another program", "choose another port")
	taken.Close()
	_, found = examined(t, append(data, "--listen", address)...)
	has(t, found, portCheck, Fine, "--listen "+address+" (tcp) is free", "")
	_, found = examined(t, append(data, "--listen", "192.0.2.1:8080", "--admin-listen", "127.0.0.1:0")...)
	has(t, found, portCheck, Fault, "--listen 192.0.2.1:8080 (tcp) is no address of this computer", "one of its own")
	has(t, found, portCheck, Fine, "--admin-listen 127.0.0.1:0 (tcp) is free", "")
}

func TestExamine_Refused(t *testing.T) {
	for _, test := range []struct {
		arg, stdout, stderr string
		exit                int
	}{
		{"--canvas=50by50", "", `playground: --canvas "50by50": must be WIDTHxHEIGHT in pixels`, process.ExitRefused},
		{"--help", "Usage: playground doctor", "", process.ExitStopped},
	} {
		var out, complaints bytes.Buffer
		exit := Examine([]string{test.arg}, 100, &out, &complaints, make(chan os.Signal))
		if exit != test.exit || !strings.HasPrefix(out.String(), test.stdout) || !strings.HasPrefix(complaints.String(), test.stderr) || (test.stderr == "") != (complaints.Len() == 0) {
			t.Errorf("%s: exit %d, %q, %q", test.arg, exit, out.String(), complaints.String())
		}
	}
}

// TestJudge: what is judged by numbers that a test can't bring about.
func TestJudge(t *testing.T) {
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		got  Finding
		want State
	}{
		"a quick disk":        {judgeFlushes(diskCheck, "d", []time.Duration{ms, ms, 90 * ms}), Fine},
		"a slow one":          {judgeFlushes(diskCheck, "d", []time.Duration{ms, 30 * ms, 90 * ms}), Warning},
		"a full one":          {judgeRoom(diskCheck, "d", disk{free: 10 << 20, total: 1 << 40}), Fault},
		"one with some room":  {judgeRoom(diskCheck, "d", disk{free: 500 << 20, total: 1 << 40}), Warning},
		"one with much":       {judgeRoom(diskCheck, "d", disk{free: 5 << 30, total: 1 << 40}), Fine},
		"enough descriptors":  {judgeDescriptors(25_000, 24_998), Fine},
		"too few descriptors": {judgeDescriptors(20_000, 24_998), Warning},
	} {
		if test.got.State != test.want {
			t.Errorf("%s: %+v", name, test.got)
		}
	}
	for kind, bad := range map[string][2]bool{"tmpfs": {true, true}, "overlay": {true, true}, "NFS": {true, false}, "FUSE": {true, false}, "": {}} {
		_, forCanvas := judgeKind(diskCheck, "d", kind, true)
		_, forRecord := judgeKind(diskCheck, "d", kind, false)
		if bad != [2]bool{forCanvas, forRecord} {
			t.Errorf("%q: %v for a canvas, %v for a record", kind, forCanvas, forRecord)
		}
	}
}

// TestPrintText: a line for each finding, and what to do below it.
func TestPrintText(t *testing.T) {
	var out strings.Builder
	err := printText(&out, []Finding{fine("disk", "good"), warning("redis", "so so", "do this"), fault("ports", "bad", "do that")})
	want := "ok       disk         good\nwarning  redis        so so\n                      > do this\nfault    ports        bad\n                      > do that\n1 ok, 1 to look at, 1 wrong\n"
	if err != nil || out.String() != want {
		t.Errorf("%v: %q, want %q", err, out.String(), want)
	}
}
