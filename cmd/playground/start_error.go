package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"pixelplayground/cmd/playground/settings"
)

// startError turns the reason why a server can't start into one line, which in common cases says
// what to do.
func startError(err error, cfg settings.Config) string {
	var onRecord *recordFault
	var onPath *fs.PathError
	var lookup *net.DNSError
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	switch {
	case errors.As(err, &onRecord):
		return "--record " + cfg.Record.Where + ": " + text
	case errors.As(err, &onPath):
		return text + ": choose a directory that this user can write with --data"
	case errors.As(err, &lookup):
		return fmt.Sprintf("--listen %s: there is no host %s: choose an address of this computer, for example --listen 127.0.0.1:8080", cfg.Listen, lookup.Name)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("--listen %s: another program listens there: stop it, or choose another port, for example --listen 127.0.0.1:0 for any free one", cfg.Listen)
	case errors.Is(err, syscall.EACCES):
		return fmt.Sprintf("--listen %s: this user may not listen there: choose a port above 1023, for example --listen 127.0.0.1:8080", cfg.Listen)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("--listen %s: this computer does not have that address: choose one of its own, or none for all of them, for example --listen :8080", cfg.Listen)
	}
	return text
}
