// Package web holds the pages that a browser loads, as they are in this folder: plain
// HTML, CSS and ES modules, without a build step. transport/api serves them; what they say
// to the server is codec/PROTOCOL.md.
package web

import (
	"embed"
	"io/fs"
)

//go:embed index.html favicon.svg css js
var files embed.FS

// Files gives what is served, with index.html at its root.
func Files() fs.FS { return files }
