package commandline

import (
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// Next is the release that this tree leads to. CHANGELOG.md says what raises which of its numbers.
const Next = "0.3.0"

// stamp is set by `make` and the Dockerfile with -ldflags "-X
// pixelplayground/cmd/commandline.stamp=…". That needs a variable.
var stamp string

// Version returns the version of the program that runs, as semver.org has it: that of its release, or
// Next-dev+BUILD for what was built in between.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return semantic(built(stamp, info))
}

// semantic makes a semantic version of what is known of a build. What git describe says of a commit
// behind a release reads like one before that release, and so is no version of its own.
func semantic(build string) string {
	release := regexp.MustCompile(`^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)
	behind := regexp.MustCompile(`-\d+-g[0-9a-f]+(-dirty)?$|-dirty$`)
	if release.MatchString(build) && !behind.MatchString(build) {
		return strings.TrimPrefix(build, "v")
	}
	return Next + "-dev+" + build
}

// shortRevision is as many digits of a commit as `git describe` shows in a history of some thousands.
const shortRevision = 10

// built is the stamp, else the day and hash of the commit or the release, as the Go command recorded
// them.
func built(stamp string, info *debug.BuildInfo) string {
	if stamp != "" {
		return stamp
	}
	noted := make(map[string]string)
	for _, setting := range info.Settings {
		noted[setting.Key] = setting.Value
	}
	revision := noted["vcs.revision"]
	if revision == "" {
		if release := info.Main.Version; release != "" && release != "(devel)" {
			return release
		}
		return "unstamped" // neither by make nor by Go, which happens with -buildvcs=false and go run
	}
	text := revision[:min(shortRevision, len(revision))]
	if at, err := time.Parse(time.RFC3339, noted["vcs.time"]); err == nil {
		text = at.UTC().Format("20060102") + "-" + text
	}
	if noted["vcs.modified"] == "true" {
		text += "-dirty"
	}
	return text
}
