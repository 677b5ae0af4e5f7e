//go:build unix

package main

import (
	"log/slog"
	"syscall"
)

// otherDescriptors is what a server opens besides its clients' connections: the store and
// its connections, other servers, the log, with room to spare.
const otherDescriptors = 256

// checkDescriptors warns when the system allows fewer open files than the server may need. Past the
// limit each open fails, the store's included. Go has raised the soft limit to the hard one before
// main.
func checkDescriptors(clients int, log *slog.Logger) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		warnOfDescriptors(uint64(limit.Cur), clients, log)
	}
}

func warnOfDescriptors(limit uint64, clients int, log *slog.Logger) {
	if need := uint64(clients + otherDescriptors); limit < need {
		log.Warn("too few file descriptors for --max-connections", "limit", limit, "needed", need,
			"to_do", "raise the limit (ulimit -n, LimitNOFILE= in systemd, --ulimit nofile= in Docker) or lower --max-connections")
	}
}
