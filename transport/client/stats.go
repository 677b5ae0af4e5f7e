package client

// Stats counts what happened since the client was made.
type Stats struct {
	PixelsReceived uint64 // in PIXELS that continued what was held
	SeqCovered     uint64 // sequence numbers that those PIXELS covered; overwritten pixels are not sent
	Snapshots      uint64 // regions replaced as a whole
	Gaps           uint64 // PIXELS ahead of what was held: something was lost
	Duplicates     uint64 // PIXELS behind what was held: something came twice
	Reconnects     uint64 // connections after the first

	Placed  uint64 // ops taken by Place and PlaceAsync
	Resent  uint64 // ops sent again after a reconnect
	Acked   uint64
	Refused uint64
}

// Stats gives the counters as they are now.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}
