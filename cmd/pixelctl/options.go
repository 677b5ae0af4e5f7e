package main

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/pixelctl/govern"
)

// options is the command line.
type options struct {
	Server server `embed:""`

	Draw     draw     `cmd:"" help:"Draw a picture on the canvas."`
	Watch    watch    `cmd:"" help:"Print pixels as people place them."`
	Snapshot snapshot `cmd:"" help:"Save the canvas, or a part of it, as a PNG."`

	History   historyCommand   `cmd:"" help:"Show who placed the pixels of a place, and when."`
	Timelapse timelapseCommand `cmd:"" help:"Make a film of how the canvas came to be."`
	Export    export           `cmd:"" help:"Write all pixels that were placed into one file, for other programs."`
	Import    importCommand    `cmd:"" help:"Make a canvas, with its record, out of such a file."`

	Cluster clusterCommand `cmd:"" help:"Show the servers of the canvas and which of them owns what."`

	Keys keysCommand `cmd:"" help:"Make, show and revoke the keys of bots and displays."`

	govern.Commands

	Test testCommand `cmd:"" help:"Prove that a running deployment is balanced, holds under load and is consistent."`

	Version kong.VersionFlag `env:"-" help:"Show the version."`
}

const description = "Draw on a pixel canvas and watch it, from the command line." +
	" It speaks the binary protocol, resumes after a broken connection, and stops at Ctrl-C."

// usageError is the error for a command line that makes no sense.
type usageError struct {
	error
	command string // whose --help to suggest; empty: the program's
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%v (see: pixelctl %s--help)", e.error, e.command)
}

func (e *usageError) Unwrap() error { return e.error }

// execute parses the command line and does what it says.
func execute(ctx context.Context, args []string, std streams) error {
	parsed, err := parse(ctx, args, std)
	if err != nil {
		return &usageError{error: commandline.Explain(err), command: commandOf(err)}
	}
	if parsed == nil {
		return nil
	}
	err = parsed.Run()
	var misused *govern.UsageError
	if errors.As(err, &misused) {
		return &usageError{error: err, command: misused.Command}
	}
	return err
}

// parse reads the command line; nil: it asked for help or the version, and has them.
func parse(ctx context.Context, args []string, std streams) (*kong.Context, error) {
	var given options
	return commandline.Parse(&given, args, std.out, std.err, append(commandline.Options(),
		kong.Name("pixelctl"), kong.Description(description), kong.DefaultEnvars("PIXELCTL"),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&given, &given.Server, std),
		kong.BindToProvider(func() (*govern.Operator, error) { return given.Server.operator(std), nil }),
	)...)
}

// commandOf returns the command that was being parsed, followed by a space.
func commandOf(err error) string {
	if parse, ok := err.(*kong.ParseError); ok && parse.Context != nil {
		return commandPath(parse.Context.Selected())
	}
	return ""
}

// commandPath returns a command after its parent commands, each followed by a space; nothing for
// nil.
func commandPath(command *kong.Node) (path string) {
	for ; command != nil && command.Type == kong.CommandNode; command = command.Parent {
		path = command.Name + " " + path
	}
	return path
}

// point is a pixel of the canvas as flags take it: "10,20".
type point image.Point

// UnmarshalText reads it.
func (p *point) UnmarshalText(text []byte) error {
	n, err := commandline.Numbers(string(text), 2)
	if err != nil {
		return fmt.Errorf("%w, for example 10,20 for the 11th pixel of the 21st row", err)
	}
	*p = point{X: n[0], Y: n[1]}
	return nil
}

// area is a part of the canvas as flags take it: "x,y,width,height".
type area image.Rectangle

// UnmarshalText reads it.
func (a *area) UnmarshalText(text []byte) error {
	n, err := commandline.Numbers(string(text), 4)
	if err == nil && (n[2] == 0 || n[3] == 0) {
		err = fmt.Errorf("%q has no pixels: width and height must be 1 or more", text)
	}
	if err != nil {
		return fmt.Errorf("%w, for example 10,20,300,200 for 300x200 pixels from 10,20 on", err)
	}
	*a = area(image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]))
	return nil
}
