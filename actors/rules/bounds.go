package rules

import "time"

// MaxAct bounds an act, in bytes, as it is stored and as it is asked for.
const MaxAct = 8 << 10

// Bounds of one act. All of it must fit MaxAct as well.
const (
	maxID     = 64   // bytes of an id
	maxWhy    = 500  // bytes
	maxText   = 1024 // bytes: as much as an announcement may have in the protocol
	maxLabel  = 80   // bytes of a name
	maxColors = 256
	maxPhases = 50
	maxListed = 100 // users, or networks, in one list
)

// Bounds of what may be in force at a time.
const (
	MaxBans       = 10_000    // of users, networks and addresses; of mutes and of shadows as many
	MaxAreas      = 1_000     // protected areas
	maxMaskPixels = 128 << 20 // of all masks together: 16 MiB of memory a pod
	longest       = 100 * 365 * 24 * time.Hour
)
