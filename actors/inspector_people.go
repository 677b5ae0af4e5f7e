package actors

import (
	"context"
	"encoding/hex"
	"sync"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// namedViewers bounds how many viewers are looked for by their name.
const namedViewers = 1000

// people returns the people asked for, with the names that they have given themselves.
func (n *Node) people(ctx context.Context, m message.AskPeople) ([]message.PersonReport, bool) {
	if n.roster == nil || m.Most == 0 {
		return nil, false
	}
	var named []canvas.ViewerID
	if m.Search != "" {
		for _, member := range n.who(ctx, who{name: m.Search, most: namedViewers}) {
			named = append(named, member.Viewer)
		}
	}
	list, more := n.host.People(ctx, m, named)
	viewers := make([]canvas.ViewerID, len(list))
	for i := range list {
		viewers[i] = list[i].Viewer
	}
	names := make(map[canvas.ViewerID]string, len(list))
	for _, member := range n.who(ctx, who{viewers: viewers}) {
		names[member.Viewer] = member.User.Name
	}
	var asking sync.WaitGroup
	for i := range list {
		if list[i].Name == "" {
			list[i].Name = names[list[i].Viewer]
		}
		asking.Go(func() { n.addAllowance(ctx, &list[i]) })
	}
	asking.Wait()
	return list, more
}

// addAllowance adds what is left of a person's allowance, if its owner says so in time.
func (n *Node) addAllowance(ctx context.Context, p *message.PersonReport) {
	subject, err := hex.DecodeString(p.Subject)
	if err != nil || len(subject) != len(canvas.Subject{}) || p.Every == 0 {
		return
	}
	left, limited, err := n.Left(ctx, canvas.Person{Subject: canvas.Subject(subject), Pace: p.Pace})
	if err != nil || !limited {
		return
	}
	p.Known, p.Left = true, left.Pixels
	if !left.Next.IsZero() {
		p.Next = left.Next.UnixMilli()
	}
}
