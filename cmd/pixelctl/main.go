// Command pixelctl is the canvas' command-line tool: it draws pictures, prints what others draw and
// saves the canvas, all through the binary protocol.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2   // the command line makes no sense
	exitInterrupted = 130 // as shells report Ctrl-C
)

// interruptPause is how long further signals count as the same interruption: timeout(1) sends two.
const interruptPause = time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		time.Sleep(interruptPause)
		stop() // a second Ctrl-C ends the program at once
	})
	os.Exit(run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// streams is where a command reads and writes: results go to out, all else to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run does what the command line says, until that is done or ctx is, which means Ctrl-C.
func run(ctx context.Context, args []string, std streams) int {
	err := execute(ctx, args, std)
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(std.err, "pixelctl: %v\n", err)
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupted
	}
	return exitFailed
}
