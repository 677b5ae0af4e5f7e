package process

import "log/slog"

// otherDescriptors is what a server opens besides its clients' connections: the store and
// its connections, other servers, the log, with room to spare.
const otherDescriptors = 256

// Descriptors is how many files a server with so many clients may need.
func Descriptors(clients int) uint64 { return uint64(clients + otherDescriptors) }

// WarnOfDescriptors warns when the system allows fewer open files than the server may need. Past the
// limit each open fails, the store's included.
func WarnOfDescriptors(limit uint64, clients int, log *slog.Logger) {
	if need := Descriptors(clients); limit < need {
		log.Warn("too few file descriptors for --max-connections", "limit", limit, "needed", need,
			"to_do", "raise the limit (ulimit -n, LimitNOFILE= in systemd, --ulimit nofile= in Docker) or lower --max-connections")
	}
}
