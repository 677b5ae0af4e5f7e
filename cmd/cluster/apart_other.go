//go:build !unix

package main

import "os/exec"

// setApart does nothing: Ctrl-C reaches all processes of a console.
func setApart(*exec.Cmd) {}
