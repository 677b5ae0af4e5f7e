package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors/store/redis/redistest"
)

// does runs a command and returns its exit code and output.
func does(args ...string) (exit int, stdout, stderr string) {
	var out, log bytes.Buffer
	exit = run(args, &out, &log, make(chan os.Signal))
	return exit, out.String(), log.String()
}

// drawnOn is a data directory with a canvas on which one pixel was drawn.
func drawnOn(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	r := start(t, "--data", data, "--canvas", "64x64", "--region", "32")
	if status, body := r.ask(t, "PUT", "/api/pixel", `{"x":3,"y":4,"color":"#FF0000"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	r.terminate(t)
	return data
}

// restores restores what drawnOn has drawn, and reads it from a server.
func restores(t *testing.T, from string) {
	t.Helper()
	into := filepath.Join(t.TempDir(), "data")
	if exit, said, log := does("restore", "--data", into, from); exit != 0 || !strings.Contains(said, "1 pixels placed restored into "+into) {
		t.Fatalf("exit %d: %s%s", exit, said, log)
	}
	r := start(t, "--data", into, "--canvas", "64x64", "--region", "32")
	if _, body := r.ask(t, "GET", "/api/canvas", ""); !strings.Contains(body, `"3,4":"#FF0000"`) {
		t.Errorf("restored: %s", body)
	}
	r.terminate(t)
}

// drill is a command that must fail.
type drill struct {
	args []string
	exit int
	says string
}

// failsWhole runs drills: each ends with one line that says what to do, and without a secret.
func failsWhole(t *testing.T, secret string, drills map[string]drill) {
	t.Helper()
	for name, d := range drills {
		t.Run(name, func(t *testing.T) {
			exit, said, log := does(d.args...)
			if exit != d.exit || said != "" || !strings.Contains(log, d.says) || strings.Count(log, "\n") != 1 || strings.Contains(log, secret) {
				t.Errorf("exit %d, %q, %q", exit, said, log)
			}
		})
	}
}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestBackup_Keeps: a directory keeps as many backups as configured. Only the command's own files
// are deleted, and leftovers of interrupted backups go.
func TestBackup_Keeps(t *testing.T) {
	data, dir := drawnOn(t), filepath.Join(t.TempDir(), "a[b]*?")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	old := []string{"canvas-20200101T000000.000Z.backup", "canvas-20200102T000000.000Z.backup", "canvas-20200103T000000.000Z.backup"}
	others := []string{"canvas-of-mine.backup", "notes.txt"}
	for _, name := range slices.Concat(old, others, []string{"canvas-20200104T000000.000Z.backup.unfinished"}) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if exit, said, log := does("backup", "--data", data, "--keep", "2", dir); exit != 0 || !strings.Contains(said, "1 of 4 regions drawn on, 1 pixels placed") {
		t.Fatalf("exit %d: %s%s", exit, said, log)
	}
	left := filesIn(t, dir)
	if len(left) != 4 || left[0] != old[2] || !strings.HasPrefix(left[1], "canvas-2") || left[2] != others[0] || left[3] != others[1] {
		t.Errorf("left: %v", left)
	}
	info, err := os.Stat(filepath.Join(dir, left[1]))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	// The newest backup in a directory is restored.
	restores(t, dir)
}

// TestBackup_FailsWhole: a failure gives one line that says what to do, exit code 1 or 2, and no
// file that looks like a backup.
func TestBackup_FailsWhole(t *testing.T) {
	data, dir := drawnOn(t), t.TempDir()
	file := filepath.Join(dir, "a.backup")
	if exit, _, log := does("backup", "--data", data, file); exit != 0 {
		t.Fatal(log)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gone := redistest.Start(t)
	gone.Kill()
	empty, locked := redistest.Start(t), redistest.Start(t)
	locked.Do("CONFIG", "SET", "requirepass", "another")
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("opensesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	failsWhole(t, "opensesame", map[string]drill{
		"no canvas":          {[]string{"backup", "--data", t.TempDir(), file}, 1, "canvas.db: no such file"},
		"no Redis":           {[]string{"backup", "--redis", gone.URL() + "?max_retries=-1", file}, 1, "store is unavailable"},
		"an empty Redis":     {[]string{"backup", "--redis", empty.URL(), file}, 1, "it holds no canvas under this prefix"},
		"a wrong password":   {[]string{"backup", "--redis", locked.URL(), "--redis-password-file", secret, file}, 1, "WRONGPASS"},
		"no folder":          {[]string{"backup", "--data", data, filepath.Join(dir, "none", "a")}, 1, "no such file"},
		"keep of a file":     {[]string{"backup", "--data", data, "--keep", "3", file}, 1, "is no directory"},
		"keep none":          {[]string{"backup", "--data", data, "--keep", "-1", dir}, 2, "must be 0 or more"},
		"nowhere":            {[]string{"backup", "--data", data}, 2, "for example playground backup canvas.backup"},
		"no backup in it":    {[]string{"restore", "--data", data, t.TempDir()}, 1, "there is no backup in it"},
		"drawn on":           {[]string{"restore", "--data", data, file}, 1, "there is a drawing already: choose another --data directory, or --replace it"},
		"another size asked": {[]string{"restore", "--data", t.TempDir(), "--canvas", "65x64", "--region", "32", file}, 1, "the canvas in it is 64x64/32, --canvas and --region say 65x64/32"},
		"no identity":        {[]string{"restore", "--redis", empty.URL(), "--keep-identity", file}, 1, "was not in a Redis"},
		"no file":            {[]string{"restore", "--data", t.TempDir(), file + "s"}, 1, "no such file"},
	})
	if left := filesIn(t, dir); !slices.Equal(left, []string{"a.backup"}) {
		t.Errorf("left: %v", left)
	}
	if again, err := os.ReadFile(file); err != nil || !bytes.Equal(again, whole) {
		t.Error("a backup that failed has changed the one before")
	}
	if keys := empty.Do("DBSIZE"); keys != "0" {
		t.Errorf("%s keys are in the empty Redis", keys)
	}
}

// TestBackup_ToStdout: with the backup on stdout, messages go to stderr.
func TestBackup_ToStdout(t *testing.T) {
	data := drawnOn(t)
	exit, out, log := does("backup", "--data", data, "-")
	file := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	if exit != 0 || !strings.Contains(log, "1 pixels placed") {
		t.Errorf("exit %d, %q", exit, log)
	}
	if exit, said, log := does("restore", "--check", file); exit != 0 || !strings.Contains(said, "is sound: canvas 64x64/32") {
		t.Errorf("exit %d, %q, %q", exit, said, log)
	}
	if exit, said, _ := does("backup", "--help"); exit != 0 || !strings.Contains(said, "--redis-prefix") || strings.Contains(said, "--max-connections") {
		t.Errorf("help: %d, %s", exit, said)
	}
}

// TestBackup_WithoutASocket: a server whose directory can't have a socket says so and goes on.
func TestBackup_WithoutASocket(t *testing.T) {
	data := filepath.Join(t.TempDir(), strings.Repeat("long", 30), "data") // too long for the path of a socket
	r := start(t, "--data", data)
	if exit, _, log := does("backup", "--data", data, filepath.Join(t.TempDir(), "a")); exit != 1 || !strings.Contains(log, "another playground process uses it, and gives no backup") {
		t.Errorf("exit %d, %q", exit, log)
	}
	r.terminate(t)
	if !strings.Contains(r.log.String(), "no backups while the server runs") {
		t.Errorf("log: %s", r.log)
	}
}
