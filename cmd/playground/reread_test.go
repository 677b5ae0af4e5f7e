package main

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/cmd/playground/settings"
)

// TestReread_UsesWhatIsFit: a valid secret in a file is used once it has settled. Anything else
// changes nothing and is logged once, with the file's name but nothing of its content.
func TestReread_UsesWhatIsFit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const first, second, third = "first secret of many", "second secret of many", "third secret of many"
	write(first)
	text, err := settings.ReadSecret(path)
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	var refuses error
	log := new(logtest.Lines)
	file := settings.SecretFile{Setting: "admin-token-file", Path: path, Text: text}
	one := &reread{setting: file.Setting, read: reading(file, using(settings.ParseAdminTokens, func(_ context.Context, tokens []string) error {
		if refuses == nil {
			used = append(used, strings.Join(tokens, "+"))
		}
		return refuses
	}))}
	look := func(times int) {
		for range times {
			one.look(t.Context(), slog.New(slog.NewTextHandler(log, nil)))
		}
	}
	for _, step := range []struct {
		name   string
		do     func()
		looks  int
		used   string // the text in use; empty: none
		errors int    // lines of this step
	}{
		{"nothing has changed", func() {}, 3, "", 0},
		{"is being written", func() { write(second[:17]) }, 1, "", 0},
		{"is written", func() { write(second) }, 1, "", 0},
		{"has settled", func() {}, 3, second, 0},
		{"two", func() { write(second + "\n" + third + "\r\n") }, 3, second + "+" + third, 0},
		{"empty", func() { write("") }, 5, "", 1},
		{"as before", func() { write(second + "\n" + third + "\r\n") }, 3, "", 0},
		{"short", func() { write("short") }, 5, "", 1},
		{"gone", func() { _ = os.Remove(path) }, 5, "", 0}, // the error has been logged already
		{"one is left", func() { write(third) }, 3, third, 0},
		{"a folder", func() { _ = os.Remove(path); _ = os.Mkdir(path, 0o700) }, 5, "", 1},
		{"a link to nothing", func() { _ = os.Remove(path); _ = os.Symlink("absent", path) }, 5, "", 0},
		{"mended", func() { _ = os.Remove(path); write(first) }, 3, first, 0},
		{"too large", func() { write(strings.Repeat(first+"\n", settings.MaxSecret)) }, 5, "", 1},
		{"refused", func() { write(second); refuses = errors.New("not now") }, 5, "", 1},
		{"accepted", func() { refuses = nil }, 2, second, 0},
	} {
		used = nil
		before := strings.Count(log.String(), "level=ERROR")
		step.do()
		look(step.looks)
		if got := strings.Join(used, ", "); got != step.used {
			t.Errorf("%s: used %q, want %q", step.name, got, step.used)
		}
		if got := strings.Count(log.String(), "level=ERROR") - before; got != step.errors {
			t.Errorf("%s: %d errors, want %d; log:\n%s", step.name, got, step.errors, log)
		}
	}
	if said := log.String(); strings.Contains(said, "secret of many") || strings.Contains(said, "short") || strings.Count(said, path) != strings.Count(said, "level=ERROR") {
		t.Errorf("the log shows secrets, or not the file:\n%s", said)
	}
}

// TestReread_FollowsALinkThatIsSwapped: this is how Kubernetes changes all files of a Secret at
// once.
func TestReread_FollowsALinkThatIsSwapped(t *testing.T) {
	dir := t.TempDir()
	publish := func(version, text string) {
		t.Helper()
		next := filepath.Join(dir, "..data_tmp")
		if err := errors.Join(
			os.Mkdir(filepath.Join(dir, version), 0o700), os.WriteFile(filepath.Join(dir, version, "key"), []byte(text), 0o600),
			os.Symlink(version, next), os.Rename(next, filepath.Join(dir, "..data")),
		); err != nil {
			t.Fatal(err)
		}
	}
	publish("..1", "old")
	path := filepath.Join(dir, "key")
	if err := os.Symlink("..data/key", path); err != nil {
		t.Fatal(err)
	}
	got := ""
	read := reading(settings.SecretFile{Setting: "redis-password-file", Path: path, Text: "old"}, func(_ context.Context, text string) error { got = text; return nil })
	publish("..2", "new")
	for range 2 {
		if _, err := read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got != "new" {
		t.Errorf("read %q", got)
	}
}

func TestSecrets_Texts(t *testing.T) {
	key := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for text, want := range map[string]int{
		key(32): 1, key(16) + "\n": 1, key(24) + "," + key(32): 2, "\r\n" + key(32) + "\r\n" + key(16) + "\n\n": 2,
		"": 0, ",": 0, key(15): 0, key(32) + ",x": 0, key(32) + " " + key(32): 0, strings.Repeat(key(32)+",", 5): 0,
	} {
		if keys, err := settings.ParseGossipKeys(text); len(keys) != want || (err == nil) != (want > 0) {
			t.Errorf("keys in %q: %d, %v; want %d", text, len(keys), err, want)
		}
	}
	for text, want := range map[string]string{"a b\n": "a b", "p": "p", " p ": " p ", "": "", "\n": "", "a\nb": ""} {
		if got, err := settings.ParsePassword(text); got != want || (err == nil) != (want != "") {
			t.Errorf("password in %q: %q, %v", text, got, err)
		}
	}
	const token = "a token, of 24 letters.."
	if got, err := settings.ParseAdminTokens(token + "\n\n " + token + "2\n"); err != nil || !slices.Equal(got, []string{token, token + "2"}) {
		t.Errorf("tokens: %q, %v", got, err)
	}
}

// TestConfig_SecretsInFiles: the files mean the same as the settings without -file. An error about
// a file names it.
func TestConfig_SecretsInFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, token, password := file("key", base64.StdEncoding.EncodeToString(make([]byte, 32))+"\n"), file("token", operatorsToken+"\n"), file("password", "hush\n")
	c, err := settings.Read([]string{"--gossip-key-file", key, "--admin-token-file", token, "--redis-password-file", password, "--redis", "redis://me@localhost"}, io.Discard)
	if err != nil || len(c.GossipKeys) != 1 || len(c.GossipKeys[0]) != 32 || !slices.Equal(c.AdminTokens, []string{operatorsToken}) || c.RedisPassword != "hush" || c.Shared(nil).Password != "hush" {
		t.Errorf("%+v, %v", c, err)
	}
	absent, short := filepath.Join(dir, "absent"), file("short", "short")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--gossip-key-file", absent}, `--gossip-key-file "` + absent + `": can't be read (no such file or directory): must be a file with the secret, for example --gossip-key-file /etc/playground/gossip-key`},
		{[]string{"--gossip-key-file", short}, `--gossip-key-file "` + short + `": what is in it must be 16, 24 or 32 bytes in base64, for example --gossip-key-file /etc/playground/gossip-key`},
		{[]string{"--admin-token-file", short}, `--admin-token-file "` + short + `": what is in it must be 1 to 4 tokens of at least 16 characters, each on a line of its own, for example --admin-token-file /etc/playground/admin-token`},
		{[]string{"--admin-token-file", token, "--admin-token", operatorsToken}, `--admin-token-file "` + token + `": must not be given when the secret itself is: leave one of them out, for example --admin-token-file /etc/playground/admin-token`},
		{[]string{"--redis-password-file", password}, `--redis-password-file "` + password + `": needs the Redis that it is for: set redis as well, for example --redis-password-file /etc/playground/redis-password --redis redis://10.1.2.5:6379`},
		{[]string{"--redis-password-file", password, "--redis", "redis://:secret@localhost"}, `--redis-password-file "` + password + `": must not be given when the URL of redis has a password: take it out there, for example --redis-password-file /etc/playground/redis-password`},
		{[]string{"--redis-password-file", file("lines", "a\nb"), "--redis", "redis://localhost"}, `--redis-password-file "` + filepath.Join(dir, "lines") + `": what is in it must be one line with the password, for example --redis-password-file /etc/playground/redis-password`},
	} {
		if _, err := settings.Read(test.args, io.Discard); err == nil || err.Error() != test.want {
			t.Errorf("%v: got  %v\nwant %s", test.args, err, test.want)
		}
	}
}
