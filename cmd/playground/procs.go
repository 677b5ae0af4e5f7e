package main

import (
	"os"
	"runtime"
)

// procsForDisk is how many goroutines may run at a time at the least with the embedded
// store, also on one core. A commit waits for the disk in a system call, and with
// GOMAXPROCS at 1 everybody waits with it until the runtime has noticed: at full load that
// took a third of the core and two thirds of the commits. With Redis nobody blocks, and a
// single one has less to switch between.
const procsForDisk = 2

// raiseProcs sees to procsForDisk. A GOMAXPROCS in the environment comes before it.
func raiseProcs() {
	if runtime.GOMAXPROCS(0) < procsForDisk && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(procsForDisk)
	}
}
