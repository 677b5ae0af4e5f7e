package commandline

import (
	"runtime/debug"
	"time"
)

// stamp is set by `make` and the Dockerfile with -ldflags "-X
// pixelplayground/cmd/commandline.stamp=…". That needs a variable.
var stamp string

// Version returns the version that runs: the stamp, else the day and hash of the commit or the
// release, as the Go command recorded them.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return version(stamp, info)
}

// shortRevision is as many digits of a commit as `git describe` shows in a history of some thousands.
const shortRevision = 10

func version(stamp string, info *debug.BuildInfo) string {
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
