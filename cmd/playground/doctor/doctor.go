// Package doctor is the command that looks at where a server is to run, or runs, and says what is
// wrong there and what to do about it. It reads the settings of the server. It changes nothing, and
// asks for little, so it may be used beside a running server.
package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
	"pixelplayground/transport/api"
)

// options are the settings of the server, and how to answer.
type options struct {
	settings.Options

	JSON bool `env:"-" name:"json" help:"Print the findings as JSON, for scripts."`
}

const description = "Looks at what a server with these settings needs: its disk or Redis, other servers, ports, names, certificates, clock, files." +
	" It says what is wrong and what to do, and changes nothing. The settings are those of the server: flags, environment and file." +
	" The exit code is 0 if there is no fault, 1 if there is one, 2 if a setting can't be used."

// patience bounds a check, so that whatever does not answer is said to.
const patience = 10 * time.Second

// patient is what is examined.
type patient struct {
	settings.Config
	operators int // connections of operators, at most
	now       func() time.Time
}

// checks are all there are, in the order in which they are shown. Each finds something about what the
// settings use, and nothing about the rest.
func checks() []func(context.Context, patient) []Finding {
	return []func(context.Context, patient) []Finding{
		examineSettings, examineDisk, examineRedis, examineRecord, examineClock, examineDescriptors, examinePorts, examineOthers, examineCertificates, examineSignIn,
	}
}

// Examine is the command, and returns the exit code. Of operators there are so many connections at most. It
// gives up at the first signal.
func Examine(args []string, operators int, stdout, stderr io.Writer, stop <-chan os.Signal) int {
	var given options
	cfg, _, err := settings.Program{Name: "playground doctor", Description: description}.Read(&given, &given.Options, args, stdout)
	switch {
	case errors.Is(err, settings.ErrAnswered):
		return process.ExitStopped
	case err != nil:
		fmt.Fprintf(stderr, "playground: %v\n", err)
		return process.ExitRefused
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer process.InBackground(func(ended context.Context) {
		select {
		case <-stop:
			cancel()
		case <-ended.Done():
		}
	})()
	found := examine(ctx, patient{cfg, operators, time.Now})
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "playground: stopped by a signal")
		return process.ExitFailed
	}
	if given.JSON {
		err = printJSON(stdout, found)
	} else {
		err = printText(stdout, found)
	}
	if err != nil || worst(found) == Fault {
		return process.ExitFailed
	}
	return process.ExitStopped
}

// examine does all checks at once: some wait for what does not answer.
func examine(ctx context.Context, p patient) (all []Finding) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := make([][]Finding, len(checks()))
	var examining sync.WaitGroup
	for i, check := range checks() {
		examining.Go(func() { found[i] = check(ctx, p) })
	}
	examining.Wait()
	for _, some := range found {
		all = append(all, some...)
	}
	return all
}

func printJSON(to io.Writer, found []Finding) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		State    State        `json:"state"` // the worst of all
		Versions api.Versions `json:"versions"`
		Findings []Finding    `json:"findings"`
	}{worst(found), settings.Versions(), found})
}
