package main

import "runtime/debug"

// version is what `make` stamps in with -ldflags "-X main.version=…", which needs a variable.
var version string

// programVersion is the stamp, or what the Go command knows where there is none.
func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version // "(devel)" where it is not an installed release
}
