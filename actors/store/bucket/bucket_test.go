package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors/store/bucket/buckettest"
)

func config(s *buckettest.Server) Config {
	return Config{Endpoint: s.Endpoint, AccessKey: buckettest.AccessKey, SecretKey: buckettest.SecretKey}
}

func open(t *testing.T, s *buckettest.Server, path string) *Place {
	t.Helper()
	p, err := Open(Scheme+buckettest.Bucket+"/"+path, config(s))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// put writes content, and then fails if it is to.
func put(t *testing.T, p *Place, content []byte, failure error) error {
	t.Helper()
	size, err := p.Put(t.Context(), func(to io.Writer) error {
		if _, err := to.Write(content); err != nil {
			return err
		}
		return failure
	})
	if err == nil && size != int64(len(content)) {
		t.Errorf("%s: %d of %d bytes were written", p, size, len(content))
	}
	return err
}

func get(t *testing.T, p *Place) (content []byte, err error) {
	t.Helper()
	err = p.Get(t.Context(), func(from io.Reader) (err error) {
		content, err = io.ReadAll(from)
		return err
	})
	return content, err
}

// noise is content that takes two parts.
func noise() []byte {
	const seed = 13
	content, random := make([]byte, partBytes+1000), rand.New(rand.NewPCG(seed, seed))
	for i := range content {
		content[i] = byte(random.Uint32())
	}
	return content
}

// TestPlace: objects come back as they were written; a folder lists its own.
func TestPlace(t *testing.T) {
	s := buckettest.Start(t)
	folder := open(t, s, "a b/ü/")
	for name, content := range map[string][]byte{"large.x": noise(), "small.x": []byte("small"), "empty.x": nil, "other": []byte("other"), "below/more.x": []byte("more")} {
		object := folder.In(name)
		if err := put(t, object, content, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := get(t, object); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %v, %d bytes came back of %d", object, err, len(got), len(content))
		}
	}
	if names, err := folder.List(t.Context(), "*.x"); err != nil || !slices.Equal(names, []string{"empty.x", "large.x", "small.x"}) {
		t.Errorf("%v %v", names, err)
	}
	if err := errors.Join(folder.In("large.x").Remove(t.Context()), folder.In("nothing").Remove(t.Context())); err != nil {
		t.Error(err)
	}
	if names, err := folder.List(t.Context(), "*.x"); err != nil || !slices.Equal(names, []string{"empty.x", "small.x"}) {
		t.Errorf("%v %v", names, err)
	}
	if names, err := open(t, s, "none/").List(t.Context(), "*"); err != nil || len(names) > 0 {
		t.Errorf("%v %v", names, err)
	}
}

// TestPlace_CutUpload: an upload that is cut leaves what was there before, and nothing else.
func TestPlace_CutUpload(t *testing.T) {
	s := buckettest.Start(t)
	object := open(t, s, "folder/a.x")
	if err := put(t, object, []byte("before"), nil); err != nil {
		t.Fatal(err)
	}
	for name, failure := range map[string]error{"fails": errors.New("the disk burns"), "looks like an end": io.ErrUnexpectedEOF} {
		for part, content := range map[string][]byte{"first": []byte("half"), "second": noise()} {
			if err := put(t, object, content, failure); !errors.Is(err, failure) {
				t.Errorf("%s in the %s part: %v", name, part, err)
			}
		}
	}
	stopped, stop := context.WithCancelCause(t.Context())
	_, err := object.Put(stopped, func(to io.Writer) error {
		stop(errors.New("stopped by a signal"))
		_, err := to.Write(noise())
		return err
	})
	if err == nil || err.Error() != "stopped by a signal" {
		t.Errorf("it was stopped: %v", err)
	}
	if got, err := get(t, object); err != nil || string(got) != "before" {
		t.Errorf("%q %v", got, err)
	}
	if left := s.Unfinished(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}

	for _, name := range []string{"folder/a.x", "folder/b.x", "folder/mine", "folder/below/c.x"} {
		s.Interrupt(name)
	}
	folder := open(t, s, "folder/")
	if names, err := folder.List(t.Context(), "*"); err != nil || !slices.Equal(names, []string{"a.x"}) {
		t.Errorf("%v %v", names, err)
	}
	if err := folder.RemoveUnfinished(t.Context(), "*.x"); err != nil {
		t.Error(err)
	}
	left := s.Unfinished()
	if slices.Sort(left); !slices.Equal(left, []string{"folder/below/c.x", "folder/mine"}) {
		t.Errorf("left: %v", left)
	}
	if got, err := get(t, object); err != nil || string(got) != "before" {
		t.Errorf("%q %v", got, err)
	}
}

// TestPlace_SaysWhatToDo: errors name the place, and never the keys.
func TestPlace_SaysWhatToDo(t *testing.T) {
	s := buckettest.Start(t)
	const gone = "http://127.0.0.1:1"
	empty := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(empty, []byte("[default]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		url    string
		change func(*Config)
		want   string
	}{
		{"s3://backups/a", func(*Config) {}, "read s3://backups/a: The specified key does not exist: a folder ends in a slash"},
		{"s3://nobodys/a", func(*Config) {}, "make the bucket first, or correct its name"},
		{"s3://backups/a", func(c *Config) { c.SecretKey = "wr0ngwr0ng" }, "are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY right?"},
		{"s3://backups/a", func(c *Config) { c.Endpoint = gone }, ": is " + gone + " the right endpoint?"},
		{"s3://backups/a", func(c *Config) { c.AccessKey = "" }, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
		{"s3://backups/a", func(c *Config) { c.SecretKey = "" }, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
		{"s3://backups/a", func(c *Config) { c.SecretKey, c.KeysFile = "", "/nowhere/credentials" }, "the keys for it: open /nowhere/credentials"},
		{"s3://backups/a", func(c *Config) { c.SecretKey, c.KeysFile = "", empty }, "no keys for it"},
		{"s3://backups/a", func(c *Config) { c.Endpoint = "s3.example.org" }, "for example https://s3.example.org"},
		{"s3://backups/a", func(c *Config) { c.Endpoint = "https://s3.example.org/backups" }, "without a path"},
		{"s3://b/a", func(*Config) {}, "for example s3://my-bucket/canvas/"},
		{"s3://", func(*Config) {}, "for example s3://my-bucket/canvas/"},
		{"s3:///a", func(*Config) {}, "for example s3://my-bucket/canvas/"},
		{"s3://backups//a", func(*Config) {}, "for example s3://my-bucket/canvas/"},
		{"s3://backups:9000/a", func(*Config) {}, "for example s3://my-bucket/canvas/"},
	} {
		cfg := config(s)
		test.change(&cfg)
		p, err := Open(test.url, cfg)
		if err == nil {
			_, err = get(t, p)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), cfg.SecretKey) && cfg.SecretKey != "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, %s: %v", test.url, test.want, err)
		}
	}
	cfg := config(s)
	cfg.Endpoint = gone
	p, err := Open("s3://backups/a", cfg)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"write": put(t, p, noise(), nil), "delete": p.Remove(t.Context())} {
		if err == nil || !strings.Contains(err.Error(), what+" s3://backups/a: ") || !strings.Contains(err.Error(), "the right endpoint?") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
