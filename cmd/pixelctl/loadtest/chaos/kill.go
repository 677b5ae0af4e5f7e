package chaos

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// killOutput is how much of a failed command's output is reported, in bytes.
const killOutput = 500

// killer is how a test kills servers.
type killer struct {
	command string // for sh, where {n} is the number of the kill; empty: use pids
	pids    []int  // each is killed once
}

// limit is how many kills there can be; -1: any number.
func (k killer) limit() int {
	if k.command != "" {
		return -1
	}
	return len(k.pids)
}

// text says what kill number n, from 0 on, does.
func (k killer) text(n int) string {
	if k.command != "" {
		return strings.ReplaceAll(k.command, "{n}", strconv.Itoa(n))
	}
	return fmt.Sprintf("kill -9 %d", k.pids[n])
}

// kill makes kill number n, and waits until its command has ended. Processes that the command
// starts in the background go on.
func (k killer) kill(ctx context.Context, n int) error {
	if k.command == "" {
		process, err := os.FindProcess(k.pids[n])
		if err == nil {
			err = process.Kill()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", k.text(n), err)
		}
		return nil
	}
	// A file and not a pipe: a server that the command starts keeps writing to it.
	output, err := os.CreateTemp("", "pixelctl-kill-*")
	if err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	defer os.Remove(output.Name())
	defer output.Close()
	cmd := exec.CommandContext(ctx, "sh", "-c", k.text(n))
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		said := make([]byte, killOutput)
		size, _ := output.ReadAt(said, 0)
		return fmt.Errorf("%s: %w: %s", k.text(n), err, strings.TrimSpace(string(said[:size])))
	}
	return nil
}
