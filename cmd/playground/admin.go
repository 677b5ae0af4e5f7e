package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/transport"
)

// around is the rest of a pod as its inspector sees it.
type around struct {
	*pod
	server *transport.Server // serves nobody on a pod that is no gateway
}

func (a around) Process() message.Process { return process.Measure() }

func (a around) Sockets() message.Sockets {
	counted := a.server.Counters()
	return message.Sockets{Deliveries: int(counted.Pixels.Load()), MessagesIn: int(counted.MessagesIn.Load()), BytesOut: int(counted.BytesOut.Load())}
}

func (a around) Viewers() []int {
	if !a.cfg.Gateway {
		return nil
	}
	return a.server.Viewers()
}

func (a around) Connections(ctx context.Context, worst int, only []canvas.ViewerID) []message.ConnectionReport {
	return a.server.Connections(ctx, worst, only)
}

func (a around) People(ctx context.Context, ask message.AskPeople, named []canvas.ViewerID) ([]message.PersonReport, bool) {
	return a.server.People(ctx, ask, named)
}

var errEnding = errors.New("it is closing already")

// Act does on this pod what an operator asked for.
func (a around) Act(ctx context.Context, act message.Act) error {
	switch act.Do {
	case message.ActDrain:
		if a.draining.Load() || !a.ask("an operator") {
			return errEnding
		}
		return nil
	case message.ActDisconnect:
		return a.server.Disconnect(ctx, act.Connection)
	case message.ActDismiss:
		subject, err := hex.DecodeString(act.Text)
		if err != nil || len(subject) != len(canvas.Subject{}) {
			return errors.New("this is not a subject")
		}
		a.server.Dismiss(canvas.Subject(subject))
		return nil
	case message.ActAnnounce:
		a.server.Announce(act.Text)
		return nil
	case message.ActHandOver:
		return a.take(act)
	case message.ActLogout:
		a.sessions.End(act.Text)
		return nil
	case message.ActEndLogin:
		if a.people == nil {
			return nil // nobody is connected here
		}
		return a.people.End(act.Text)
	case message.ActVouch:
		return a.sessions.Vouch(act.Text)
	}
	return fmt.Errorf("this pod does not know how to %s", act.Do)
}

// take has the cluster give this pod a region.
func (a around) take(act message.Act) error {
	if a.others == nil {
		return errors.New("there are no other pods")
	}
	return a.others.Pin(act.Region)
}

// ending waits until somebody wants the server to end, and returns who that is.
func (p *pod) ending(stop <-chan os.Signal) string {
	select {
	case signal := <-stop:
		return signal.String()
	case who := <-p.asked:
		return who
	}
}

// ask makes the server drain and end, as a signal would. It returns false if the server has been
// asked before.
func (p *pod) ask(who string) bool {
	select {
	case p.asked <- who:
		return true
	default:
		return false
	}
}
