package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.etcd.io/bbolt"

	"pixelplayground/actors/store"
	"pixelplayground/actors/store/backup"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
)

// releases are the directories of what earlier releases have left, which `make upgrade KEEP=RELEASE` has made. There must be
// one for each release in CHANGELOG.md.
func releases(t *testing.T) (dirs []string) {
	t.Helper()
	for _, release := range released(t) {
		dirs = append(dirs, filepath.Join("testdata", "releases", release[0]))
	}
	if len(dirs) < 2 {
		t.Fatalf("only %v", dirs)
	}
	return dirs
}

// released are the releases of CHANGELOG.md with their versions of protocol, data and peers, without the next one.
func released(t *testing.T) (rows [][]string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| (\S+) \| (\S+) \| (\S+) \| \S+ \|$`).FindAllStringSubmatch(page(t, "../../CHANGELOG.md"), -1) {
		rows = append(rows, m[1:])
	}
	return rows
}

// TestChangelog_Versions: the page says which versions the next release has.
func TestChangelog_Versions(t *testing.T) {
	v := settings.Versions()
	line := "| " + strings.Join([]string{commandline.Next + ", not released", v.Protocol, v.Data, v.Peers, ""}, " | ") + "|"
	if !strings.Contains(page(t, "../../CHANGELOG.md"), line+"\n") {
		t.Errorf("CHANGELOG.md has no line %s", line)
	}
}

// known is what the program that drew a kept canvas said of it, besides the backup.
type known struct{ Program, Key, Bot, Cookie, Guest string }

// contents is what is in a backup, without what each start of a server changes.
type contents struct {
	regions []*store.Claim
	papers  map[string]string
}

func unpacked(t *testing.T, path string) (c contents) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := backup.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		_, region, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		region.Term = store.Term{} // each owner claims it anew
		if len(region.Recent) == 0 {
			region.Recent = nil
		}
		c.regions = append(c.regions, region)
	}
	c.papers = make(map[string]string)
	for {
		paper, err := r.Document()
		if errors.Is(err, io.EOF) {
			return c
		}
		if err != nil {
			t.Fatal(err)
		}
		if paper.Kind != "key" { // when it was last used is noted there
			c.papers[string(paper.Kind)+" "+paper.ID] = string(paper.Value)
		}
	}
}

// equals compares pixels, positions and logs of all regions, and the documents.
func (c contents) equals(t *testing.T, was contents) {
	t.Helper()
	if len(c.regions) != len(was.regions) {
		t.Fatalf("%d regions were %d", len(c.regions), len(was.regions))
	}
	pixels := uint64(0)
	for i := range c.regions {
		if !reflect.DeepEqual(c.regions[i], was.regions[i]) {
			t.Errorf("region %d at %v with %d batches was at %v with %d", i, c.regions[i].Position, len(c.regions[i].Recent), was.regions[i].Position, len(was.regions[i].Recent))
		}
		pixels += c.regions[i].Position.Seq
	}
	if !maps.Equal(c.papers, was.papers) || pixels != 401 {
		t.Errorf("%d pixels, and the documents %v were %v", pixels, slices.Sorted(maps.Keys(c.papers)), slices.Sorted(maps.Keys(was.papers)))
	}
}

// inflate unpacks a file that is packed with zstd.
func inflate(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	unpacker, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unpacker.Close()
	content, err := unpacker.DecodeAll(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// directory unpacks a kept data directory.
func directory(t *testing.T, path string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for files := tar.NewReader(bytes.NewReader(inflate(t, path))); ; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(head.Name)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// filled is a Redis with what a release has left in one.
func filled(t *testing.T, path string) *redistest.Server {
	t.Helper()
	server := redistest.Start(t)
	fill := exec.Command("redis-cli", "-p", server.Port(), "--pipe")
	fill.Stdin = bytes.NewReader(inflate(t, path))
	if said, err := fill.CombinedOutput(); err != nil || !strings.Contains(string(said), "errors: 0") {
		t.Fatalf("%v: %s", err, said)
	}
	return server
}

// TestReleases: what each release has left in a data directory, when it was stopped and when it was killed, in Redis, and in a backup, is opened or restored: all
// pixels, positions, logs, acts and secrets are the same, keys and cookies are still those of whom they were, and the rules are obeyed.
func TestReleases(t *testing.T) {
	for _, dir := range releases(t) {
		taken := filepath.Join(dir, "data.backup")
		restored := func(t *testing.T, where ...string) []string {
			t.Helper()
			if exit, said, log := does(append(append([]string{"restore"}, where...), taken)...); exit != 0 {
				t.Fatalf("exit %d: %s%s", exit, said, log)
			}
			return where
		}
		for left, where := range map[string]func(t *testing.T) []string{
			"stopped": func(t *testing.T) []string {
				return []string{"--data", directory(t, filepath.Join(dir, "stopped.tar.zst"))}
			},
			"killed": func(t *testing.T) []string {
				return []string{"--data", directory(t, filepath.Join(dir, "killed.tar.zst"))}
			},
			"redis": func(t *testing.T) []string {
				return []string{"--redis", filled(t, filepath.Join(dir, "redis.commands.zst")).URL()}
			},
			"backup":          func(t *testing.T) []string { return restored(t, "--data", t.TempDir()) },
			"backup to redis": func(t *testing.T) []string { return restored(t, "--redis", redistest.Start(t).URL()) },
		} {
			t.Run(filepath.Base(dir)+" "+left, func(t *testing.T) {
				path := filepath.Join(dir, "data")
				if left == "redis" {
					path = filepath.Join(dir, "redis")
				}
				goesOn(t, path, where(t))
			})
		}
	}
}

// goesOn starts a server on what was left.
func goesOn(t *testing.T, path string, where []string) {
	t.Helper()
	var k known
	about, err := os.ReadFile(path + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(about, &k); err != nil {
		t.Fatal(err)
	}
	r := start(t, append([]string{"--canvas", "64x64", "--region", "32"}, where...)...)
	file := filepath.Join(t.TempDir(), "a.backup")
	if exit, said, log := does("backup", where[0], where[1], file); exit != 0 {
		t.Fatalf("exit %d: %s%s", exit, said, log)
	}
	unpacked(t, file).equals(t, unpacked(t, path+".backup"))
	if _, me := r.ask(t, "GET", "/api/me", "", "Cookie", k.Cookie); !strings.Contains(me, `"user":"`+k.Guest+`"`) {
		t.Errorf("the guest was %s and is %s", k.Guest, me)
	}
	bearer := "Bearer " + k.Key
	if _, me := r.ask(t, "GET", "/api/me", "", "Authorization", bearer); !strings.Contains(me, `"user":"`+k.Bot+`"`) {
		t.Errorf("the bot was %s and is %s", k.Bot, me)
	}
	if status, said := r.ask(t, "PUT", "/api/pixel", `{"x":50,"y":50,"color":"#FF0000"}`, "Authorization", bearer); status != http.StatusForbidden {
		t.Errorf("in the protected area: %d %s", status, said)
	}
	if status, said := r.ask(t, "PUT", "/api/pixel", `{"x":63,"y":63,"color":"#FF0000"}`, "Authorization", bearer); status != http.StatusOK {
		t.Errorf("beside it: %d %s", status, said)
	}
	r.terminate(t)
}

// TestReleases_ToCome: what a later release has written, in another format, is refused with a line that says why and what to do, and stays as it
// is: by the server, a backup and a restore.
func TestReleases_ToCome(t *testing.T) {
	dir := releases(t)[0]
	data := directory(t, filepath.Join(dir, "stopped.tar.zst"))
	db, err := bbolt.Open(filepath.Join(data, "canvas.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		about := tx.Bucket([]byte("canvas"))
		return errors.Join(about.Put([]byte("format"), []byte("9")), about.Delete([]byte("checksum")))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	redis := filled(t, filepath.Join(dir, "redis.commands.zst"))
	redis.Do("HSET", "playground:canvas", "format", "9")
	sound := filepath.Join(dir, "data.backup")
	later := filepath.Join(t.TempDir(), "later.backup")
	content, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(later, append([]byte("pixelplayground backup 9\n"), content[len("pixelplayground backup 3\n"):]...), 0o600); err != nil {
		t.Fatal(err)
	}
	was, changes := content, redis.Changes()
	if was, err = os.ReadFile(filepath.Join(data, "canvas.db")); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"a server on a directory": {[]string{"--listen", "127.0.0.1:0", "--log-level", "error", "--canvas", "64x64", "--region", "32", "--data", data}, `a later version of the program wrote the file: it has format "9"`},
		"a server on Redis":       {[]string{"--listen", "127.0.0.1:0", "--log-level", "error", "--canvas", "64x64", "--region", "32", "--redis", redis.URL()}, `a format of a later version of the program: it is "9"`},
		"a backup of a directory": {[]string{"backup", "--data", data, filepath.Join(t.TempDir(), "a")}, "a later version of the program wrote the file"},
		"a backup of Redis":       {[]string{"backup", "--redis", redis.URL(), filepath.Join(t.TempDir(), "a")}, "a format of a later version of the program"},
		"a restore":               {[]string{"restore", "--data", t.TempDir(), later}, "version 9, this program reads versions 1 to"},
		"over a later directory":  {[]string{"restore", "--data", data, sound}, "a later version of the program wrote the file"},
		"over a later Redis":      {[]string{"restore", "--redis", redis.URL(), "--replace", sound}, "a format of a later version of the program"},
	} {
		exit, said, log := does(test.args...)
		if exit != process.ExitFailed || !strings.Contains(log, test.says) || strings.Contains(log, "damaged") || strings.Count(log, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, %q", name, exit, said, log)
		}
	}
	if now, err := os.ReadFile(filepath.Join(data, "canvas.db")); err != nil || !bytes.Equal(now, was) {
		t.Errorf("the directory was changed, %v", err)
	}
	if now := redis.Changes(); now != changes {
		t.Errorf("Redis was changed: %s, then %s", changes, now)
	}
}
