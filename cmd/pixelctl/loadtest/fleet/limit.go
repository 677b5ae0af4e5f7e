package fleet

import "fmt"

// spareDescriptors are for everything besides clients: standard streams, epoll, reports, HTTP.
const spareDescriptors = 64

// CheckDescriptors reports whether so many clients can be connected at once, after raising the limit as far as it goes.
func CheckDescriptors(clients int) error {
	limit, err := Descriptors()
	if err != nil {
		return err
	}
	if clients > limit-spareDescriptors {
		return fmt.Errorf("clients %d: this process may have %d files open, enough for %d clients:"+
			" lower it, run the test from several machines, or raise the limit with ulimit -Hn", clients, limit, limit-spareDescriptors)
	}
	return nil
}
