package main

import (
	"strings"
	"time"

	"pixelplayground/cmd/commandline"
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
