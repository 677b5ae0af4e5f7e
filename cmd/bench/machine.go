//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// pinSelf keeps this process to one core: the threads that it has and those that they will start.
func pinSelf(core int) error {
	set := only(core)
	threads, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		return fmt.Errorf("list threads: %w", err)
	}
	for _, path := range threads {
		thread, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			return fmt.Errorf("list threads: %w", err)
		}
		if err := unix.SchedSetaffinity(thread, &set); err != nil && err != unix.ESRCH {
			return fmt.Errorf("keep to core %d: %w", core, err)
		}
	}
	runtime.GOMAXPROCS(1)
	return nil
}

// startOn starts a process on one core: it inherits the core of the thread that makes it,
// and a Go program takes GOMAXPROCS=1 from there.
func startOn(core int, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("look at cores: %w", err)
	}
	set := only(core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("go to core %d: %w", core, err)
	}
	started := cmd.Start()
	if err := unix.SchedSetaffinity(0, &before); err != nil {
		return fmt.Errorf("go back: %w", err)
	}
	return started
}

func only(core int) (set unix.CPUSet) {
	set.Set(core)
	return set
}

// process is a process id, for which the kernel reports figures; 0: there is none.
type process int

// clockTick is the unit of CPU times: 10 ms on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// cpu is the CPU time that the process has used, in user mode and in the kernel.
func (p process) cpu() (time.Duration, error) {
	if p == 0 {
		return 0, nil
	}
	proc, err := procfs.NewProc(int(p))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	stat, err := proc.Stat()
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return time.Duration(stat.UTime+stat.STime) * clockTick, nil
}

// cores are the cores that the process may run on.
func (p process) cores() (cores []int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(int(p), &set); err != nil {
		return nil, fmt.Errorf("look at cores: %w", err)
	}
	for core := range runtime.NumCPU() {
		if set.IsSet(core) {
			cores = append(cores, core)
		}
	}
	return cores, nil
}

// memory is what a process occupies, in bytes.
type memory struct {
	now  int64
	peak int64 // since the start, or since resetPeak
}

func (p process) memory() (memory, error) {
	proc, err := procfs.NewProc(int(p))
	if err != nil {
		return memory{}, fmt.Errorf("read memory: %w", err)
	}
	status, err := proc.NewStatus()
	if err != nil {
		return memory{}, fmt.Errorf("read memory: %w", err)
	}
	return memory{now: int64(status.VmRSS), peak: int64(status.VmHWM)}, nil
}

func (p process) resetPeak() error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p), []byte("5"), 0); err != nil {
		return fmt.Errorf("reset peak of memory: %w", err)
	}
	return nil
}

// loadAverage tells readers of the figures what else the machine was doing.
func loadAverage() string {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return "unknown"
	}
	load, err := fs.LoadAvg()
	if err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%.2f", load.Load1)
}
