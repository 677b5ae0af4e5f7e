// Command dist makes what a release has: programs for each system, packages for Debian and for systems with RPM, a container image
// without a container engine, and what says what is in them: SBOMs, the licences of libraries, checksums. It makes everything
// twice, from sources at different places, and fails if there is any difference. `make dist` runs it.
//
// It is a module of its own, so that the programs do not depend on what only packs them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run() error {
	source := flag.String("source", "../..", "the tree to build")
	stamp := flag.String("stamp", "dev", "what git describe says of the tree, or the name of a release: the programs make their version of it")
	out := flag.String("out", "", "directory for the results, made anew; what an earlier run left there is removed")
	flag.Parse()
	if *out == "" {
		return errors.New("--out: must be a directory, for example --out /tmp/dist")
	}
	when, err := released(*source, os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	if err := clear(*out); err != nil {
		return err
	}
	r := release{source: *source, stamp: *stamp, when: when, targets: targets()}
	if r.version, err = r.says(); err != nil {
		return err
	}
	fmt.Printf("making %s of %s\n", r.version, when.Format(time.RFC3339))
	if err := r.make(*out); err != nil {
		return err
	}
	fmt.Println("making it again elsewhere, to compare")
	return r.compare(*out)
}

// released is the time that everything in the release has: of the commit, unless SOURCE_DATE_EPOCH says another. Sources without
// either have the earliest time that a zip file can hold.
func released(source, epoch string) (time.Time, error) {
	if epoch == "" {
		epoch = "315532800"
		if out, err := output(source, nil, "git", "log", "-1", "--format=%ct"); err == nil {
			epoch = strings.TrimSpace(out)
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH=%q: must be seconds since 1970", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// clear empties a directory, if it has nothing but what this program makes there.
func clear(out string) error {
	switch entries, err := os.ReadDir(out); {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
	case err != nil:
		return err
	default:
		if _, err := os.Stat(filepath.Join(out, sumsFile)); err != nil {
			return fmt.Errorf("--out %s: has other files than those of a release; must be a directory that is empty or does not exist", out)
		}
		if err := os.RemoveAll(out); err != nil {
			return err
		}
	}
	return os.MkdirAll(out, 0o755)
}
