//go:build linux

package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// pinSelf keeps this process to one core: the threads that it has and those that they will start.
func pinSelf(core int) error {
	if said, err := exec.Command("taskset", "-a", "-c", "-p", strconv.Itoa(core), strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil {
		return fmt.Errorf("keep to core %d: %w: %s", core, err, said)
	}
	runtime.GOMAXPROCS(1)
	return nil
}

// child is a program that runs as long as this one at most.
type child struct {
	process
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.Reader
}

// start starts a program on the server's core. A Go program takes GOMAXPROCS=1 from there.
func (s *site) start(program string, args ...string) (c child, err error) {
	c.cmd = exec.Command("taskset", append([]string{"-c", strconv.Itoa(s.ServerCore), program}, args...)...)
	c.cmd.Stderr = os.Stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return c, err
	}
	if c.out, err = c.cmd.StdoutPipe(); err != nil {
		return c, err
	}
	if err = c.cmd.Start(); err == nil {
		c.process = process(c.cmd.Process.Pid) // taskset becomes the program
	}
	return c, err
}

// stop ends the program at once.
func (c child) stop() {
	_ = c.cmd.Process.Kill() // fails when it has ended
	_ = c.cmd.Wait()         // which says that it was killed
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
	var stat procfs.ProcStat
	if err == nil {
		stat, err = proc.Stat()
	}
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return time.Duration(stat.UTime+stat.STime) * clockTick, nil
}

// memory is what a process occupies, in bytes.
type memory struct {
	now  int64
	peak int64 // since the start, or since resetPeak
}

func (p process) memory() (memory, error) {
	status, err := p.status()
	return memory{now: int64(status.VmRSS), peak: int64(status.VmHWM)}, err
}

func (p process) status() (status procfs.ProcStatus, err error) {
	proc, err := procfs.NewProc(int(p))
	if err == nil {
		status, err = proc.NewStatus()
	}
	if err != nil {
		err = fmt.Errorf("read status: %w", err)
	}
	return status, err
}

func (p process) resetPeak() error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p), []byte("5"), 0); err != nil {
		return fmt.Errorf("reset peak of memory: %w", err)
	}
	return nil
}

// loadAverage tells readers of the figures what else the machine was doing.
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return cmp.Or(first, "unknown")
}
