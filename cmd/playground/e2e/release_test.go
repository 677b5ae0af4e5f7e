//go:build e2e && upgrade

package e2e

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/transport/client"
)

// madeKey is a key as pixelctl tells of it.
type madeKey struct{ Key, User string }

func bot(t *testing.T, o *operator) (key madeKey) {
	t.Helper()
	if err := json.Unmarshal([]byte(o.does("keys", "create", "Clock", "--json")), &key); err != nil {
		t.Fatal(err)
	}
	return key
}

func version(rules string) int {
	var shown struct{ Version int }
	_ = json.Unmarshal([]byte(rules), &shown) // then it is 0
	return shown.Version
}

// kept is what cmd/playground's tests know of a kept canvas besides its backup.
type kept struct {
	Program string // the version that drew it
	Key     string // of a bot
	Bot     string // its public id
	Cookie  string // of a guest
	Guest   string // their public id
	Rules   int    // number of the last act
}

// keptSize is the canvas that is kept: four regions.
var keptSize = []string{"--canvas", "64x64", "--region", "32"}

// draw draws on a server, makes a key, and decides some things: one area is protected, one network banned.
func (k *kept) draw(t *testing.T, s *server) {
	t.Helper()
	for n, name := range []string{"Ada", "Eve"} {
		c := dial(t, client.Config{URLs: []string{s.ws()}, Name: name})
		for i := range 40 {
			var stroke []canvas.Dot
			for j := range 5 {
				stroke = append(stroke, canvas.Dot{X: uint16((13*i + j) % 60), Y: uint16((7*i + 30*n) % 48), Color: canvas.Color(0x104050*(n+1) + 0x0500*i)})
			}
			if err := c.Place(t.Context(), stroke); err != nil {
				t.Fatal(err)
			}
		}
	}
	o := &operator{t, s.url}
	key := bot(t, o)
	bearer := http.Header{"Authorization": {"Bearer " + key.Key}, "Content-Type": {"application/json"}}
	if a, err := request("PUT", s.url+"/api/pixel", `{"x":63,"y":0,"color":"#00AA00"}`, bearer); err != nil || a.status != http.StatusOK {
		t.Fatalf("%+v, %v", a, err)
	}
	o.does("protect", "48,48,8,8", "--label", "Flag")
	o.does("ban", "203.0.113.0/24", "--why", "an example")
	o.does("freeze")
	o.does("open")
	page, err := request("GET", s.url+"/", "", nil)
	if err != nil || len(page.cookies) == 0 {
		t.Fatalf("%+v, %v", page, err)
	}
	me, err := request("GET", s.url+"/api/me", "", nil, page.cookies[0])
	var guest struct{ User string }
	if err != nil || json.Unmarshal([]byte(me.body), &guest) != nil || guest.User == "" {
		t.Fatalf("%+v, %v", me, err)
	}
	said, err := exec.Command(s.program, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	*k = kept{
		Program: strings.TrimSpace(string(said)), Key: key.Key, Bot: key.User, Cookie: page.cookies[0].String(), Guest: guest.User,
		Rules: version(o.does("rules", "show", "--json")),
	}
	k.Cookie, _, _ = strings.Cut(k.Cookie, ";")
}

// save writes what is known of a canvas beside its files.
func (k *kept) save(t *testing.T, path string) {
	t.Helper()
	text, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, append(text, '\n'))
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// packed is a directory's files, without sockets.
func packed(t *testing.T, dir string) []byte {
	t.Helper()
	var file bytes.Buffer
	to := tar.NewWriter(&file)
	for _, name := range []string{"canvas.db", "canvas.journal"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := to.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return compressed(t, file.Bytes())
}

// compressed packs with zstd, which makes next to nothing of a journal's empty megabytes.
func compressed(t *testing.T, content []byte) []byte {
	t.Helper()
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	defer packer.Close()
	return packer.EncodeAll(content, nil)
}

// commands is everything in a Redis, as the commands that make it.
func commands(t *testing.T, redis *redistest.Server) []byte {
	t.Helper()
	redis.Do("CONFIG", "SET", "aof-use-rdb-preamble", "no")
	redis.Do("BGREWRITEAOF")
	redistest.Eventually(t, "the log is written anew", func() bool {
		info := redis.Do("INFO", "persistence")
		return strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0")
	})
	found, err := filepath.Glob(filepath.Join(redis.Do("CONFIG", "GET", "dir")[len("dir\n"):], "appendonlydir", "*.base.aof"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return compressed(t, content)
}

// TestUpgrade_Keep keeps what a release leaves in a data directory, killed and stopped, and in Redis, for the tests of
// all later ones: `make upgrade FROM=REVISION KEEP=RELEASE`. Beside each is a backup that the same program took of it.
func TestUpgrade_Keep(t *testing.T) {
	release := os.Getenv("UPGRADE_KEEP")
	if release == "" {
		t.Fatal("UPGRADE_KEEP: must name the release: run make upgrade FROM=REVISION KEEP=RELEASE")
	}
	dir := filepath.Join("..", "testdata", "releases", release)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := earlier(t)
	takes := func(path string, from ...string) {
		t.Helper()
		if said, err := exec.Command(program, append(append([]string{"backup"}, from...), filepath.Join(dir, path))...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	var k kept
	s := start(t, append(keptSize, operators()...)...)
	s.kill()
	s.program, s.args[1] = program, filepath.Join(t.TempDir(), "data")
	s.restart()
	k.draw(t, s)
	k.save(t, filepath.Join(dir, "data.json"))
	takes("data.backup", "--data", s.args[1])
	s.kill()
	write(t, filepath.Join(dir, "killed.tar.zst"), packed(t, s.args[1]))
	s.restart()
	s.terminate()
	write(t, filepath.Join(dir, "stopped.tar.zst"), packed(t, s.args[1]))

	redis := redistest.Start(t)
	s.args = append(append([]string{"--redis", redis.URL()}, keptSize...), operators()...)
	s.restart()
	k.draw(t, s)
	k.save(t, filepath.Join(dir, "redis.json"))
	s.terminate()
	takes("redis.backup", "--redis", redis.URL())
	write(t, filepath.Join(dir, "redis.commands.zst"), commands(t, redis))

	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", file.Name(), info.Size())
	}
}
