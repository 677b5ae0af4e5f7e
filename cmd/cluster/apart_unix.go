//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// setApart sees to it that Ctrl-C reaches only us: we pass it on.
func setApart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
