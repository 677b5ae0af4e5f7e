//go:build e2e && !unix

package e2e

import (
	"os/exec"
	"syscall"
)

// Signals that this system does not know: os.Process.Signal says so.
const sigStop, sigCont = syscall.Signal(-1), syscall.Signal(-2)

// lead does nothing: this system has no groups.
func lead(*exec.Cmd) {}

// killGroup ends a command.
func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }
