//go:build e2e && unix

package e2e

import (
	"os/exec"
	"syscall"
)

// What stops a process without ending it, and has it go on.
const sigStop, sigCont = syscall.SIGSTOP, syscall.SIGCONT

// lead makes a command lead a group of its own.
func lead(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a command that leads a group, and all that it has started.
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
