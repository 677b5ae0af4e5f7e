package fleet

import (
	"fmt"

	"pixelplayground/cmd/commandline"
)

// spareDescriptors are for everything besides clients: standard streams, epoll, reports, HTTP.
const spareDescriptors = 64

// CheckDescriptors reports whether so many clients can be connected at once.
func CheckDescriptors(clients int) error {
	limit := commandline.Descriptors()
	if uint64(clients)+spareDescriptors > limit {
		return fmt.Errorf("clients %d: this process may have %d files open, enough for %d clients:"+
			" lower it, run the test from several machines, or raise the limit with ulimit -Hn", clients, limit, limit-min(spareDescriptors, limit))
	}
	return nil
}
