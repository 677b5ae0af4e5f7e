package process

import "log/slog"

// otherDescriptors is what a server opens besides its clients' connections: the store and
// its connections, other servers, the log, with room to spare.
const otherDescriptors = 256

// WarnOfDescriptors warns when the system allows fewer open files than the server may need. Past the
// limit each open fails, the store's included.
func WarnOfDescriptors(limit uint64, clients int, log *slog.Logger) {
	if need := uint64(clients + otherDescriptors); limit < need {
		log.Warn("too few file descriptors for --max-connections", "limit", limit, "needed", need,
			"to_do", "raise the limit (ulimit -n, LimitNOFILE= in systemd, --ulimit nofile= in Docker) or lower --max-connections")
	}
}
