package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"pixelplayground/actors/message"
	"pixelplayground/cluster"
	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/playground/gateway"
	"pixelplayground/transport/api/admin"
)

// members is the cluster as the API sees it: a pod alone is a cluster of one.
type members struct{ pod *pod }

func (m members) Ready() error {
	if m.pod.others == nil {
		return nil
	}
	return m.pod.others.Ready()
}

func (m members) Members() (list []admin.Member) {
	if m.pod.others == nil {
		return []admin.Member{{
			ID: m.pod.cfg.Node, Name: m.pod.cfg.Node, Address: m.pod.node.Address(), Roles: []string{"gateway", "canvas"},
			Version: commandline.Version(), Draining: m.pod.draining.Load(), Started: m.pod.started, Self: true,
		}}
	}
	for _, member := range m.pod.others.View().Members() {
		list = append(list, admin.Member{
			ID: member.ID, Name: member.Name, Address: member.Peer, Roles: strings.Split(member.Roles.String(), ","), Version: member.Version,
			Draining: member.Draining, Aside: member.Aside, Started: member.Started.UTC().Truncate(time.Millisecond), Self: member.Self, Pins: member.Pins(),
		})
	}
	return list
}

// peers is the company of a pod.
type peers struct{ *pod }

func (p peers) Members() []cluster.Member      { return p.others.View().Members() }
func (p peers) Ping(ctx context.Context) error { return p.ping(ctx) }
func (p peers) Holds() bool                    { return p.node.Holds() }

func (p peers) Answers(ctx context.Context, canvases []string) bool {
	answers := make(chan bool, len(canvases))
	for _, address := range canvases {
		go func() {
			_, err := p.node.Describe(ctx, address, message.PresenceName)
			answers <- err == nil
		}()
	}
	for range canvases {
		if <-answers {
			return true
		}
	}
	return false
}

func (p peers) Store(ctx context.Context, canvases []string) error {
	err := gateway.ErrSilent
	for _, report := range p.node.Survey(ctx, canvases, message.Inspect{Full: true, Brief: true}) {
		switch {
		case report == nil:
		case report.Store == "":
			return nil
		default:
			err = errors.New(report.Store)
		}
	}
	return err
}

func (p peers) Connections(ctx context.Context, gateways []string) (counts []int) {
	for _, report := range p.node.Survey(ctx, gateways, message.Inspect{Brief: true}) {
		if report != nil {
			counts = append(counts, report.Users)
		}
	}
	return counts
}
