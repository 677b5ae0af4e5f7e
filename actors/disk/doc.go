// Package disk asks the operating system what Go's library does not tell: how much room a disk has, which file
// is which, and to make a file's content durable without its times. The embedded store and the record's
// directory use it. It knows nothing of pixels.
package disk
