//go:build !unix

package programtest

import "os/exec"

// gather does nothing: this system has no groups of processes that can be ended together.
func gather(*exec.Cmd) {}

// kill ends the command. What it has started ends when its stdin does.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
