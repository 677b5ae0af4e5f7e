// Package web holds the pages that a browser loads, just as they are in this folder: plain HTML,
// CSS and ES modules, without a build step. transport/api serves them, the drawing page as web/bundle
// makes it of them; they speak the protocol of codec/PROTOCOL.md.
package web

import (
	"embed"
	"io/fs"
)

//go:embed index.html favicon.svg app.webmanifest service_worker.js icons css js
var files embed.FS

// Files returns what is served, with index.html at its root.
func Files() fs.FS { return files }
