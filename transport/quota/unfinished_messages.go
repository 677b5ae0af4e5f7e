package quota

// Bounds on the messages that clients have begun and not ended, in bytes. Each shard may exceed
// them by one read, since how much of it remains unfinished is known only afterwards.
const (
	networkUnfinished = 8 << 20 // of one network that is not a proxy's
	allUnfinished     = 32 << 20
	// When allUnfinished is taken, networks that hold less than littleUnfinished share another
	// spareUnfinished: they are not the ones that took it.
	littleUnfinished, spareUnfinished = 128 << 10, 16 << 20
)

// Hold counts how many more bytes of unfinished messages the network's connections hold, or how many
// fewer.
func (k *Account) Hold(by int) {
	if by == 0 {
		return // the usual case
	}
	k.held.Add(int64(by))
	k.all.held.Add(int64(by))
}

// MayHold reports whether the network's connections may hold more.
func (k *Account) MayHold() bool {
	its, all := k.held.Load(), k.all.held.Load()
	return all < allUnfinished && (k.proxy || its < networkUnfinished) || all < allUnfinished+spareUnfinished && its < littleUnfinished
}

// Unfinished is how many bytes of unfinished messages all connections hold.
func (a *Accounts) Unfinished() int64 { return a.held.Load() }
