package wire

import "pixelplayground/actors/canvas"

// MaxMessage is the size of the largest message, in bytes: a Submit or Committed of the most pixels
// that actors.Config.BatchPixels may allow, if each pixel is an op of its own with every field set,
// and acknowledged. An Attached (a tile and a ring), PodUsers of 4,096 users and a Rejected of all that
// a region queues take less. Earlier versions have a bound without maxUser, maxOrigin and maxTerm. No pod reaches either: the
// batches that it makes are a quarter of that.
const MaxMessage = canvas.MaxBatchPixels*(maxOp+maxUser+maxOrigin+maxTerm+maxAck) + 4096

const (
	maxOp        = 1 + 10 + 1 + maxNameBytes + 10 + 8 + 1 + 5 // flags, author, name, number, spelling, one pixel: see actors/store
	maxUser      = 1 + 10                                     // a run of one op, its user
	maxOrigin    = 1 + 7 + 1 + canvas.MaxCause                // a run of one op, its network, its cause
	maxTerm      = 1 + 1 + 1 + 2 + 16 + 9 + 9                 // a group of one op, its role, its address, since when, its owner
	maxNameBytes = 3 * canvas.MaxName                         // of UTF-8 for one unit of UTF-16
	maxAck       = 1 + 9 + 9
)
