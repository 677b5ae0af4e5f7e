//go:build unix

package programtest

import (
	"os/exec"
	"syscall"
)

// gather makes a command and all that it starts a group: go and the program.
func gather(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// kill ends the group.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
