package process

import (
	"os"
	"runtime"
)

// procsForDisk is the least GOMAXPROCS with the embedded store, even on one core. A commit waits
// for the disk in a system call, and with GOMAXPROCS at 1 everything waits with it until the
// runtime notices. At full load that took a third of the core and two thirds of the commits. With
// Redis nothing blocks, and at 1 there is less switching.
const procsForDisk = 2

// RaiseProcs raises GOMAXPROCS to procsForDisk, unless the environment sets GOMAXPROCS.
func RaiseProcs() {
	if runtime.GOMAXPROCS(0) < procsForDisk && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(procsForDisk)
	}
}
