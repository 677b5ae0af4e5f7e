package decisions

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// How an act comes to be obeyed. Its decider tells all pods and waits for them. Then it fences the
// regions that no pod which has answered owns: their owner may be silent or cut off, or may have died with a
// batch on its way to the store. Whoever owns such a region must claim it again, and reads the latest acts
// then.

// answerTime is how long a pod has to answer: it waits for what is on its way, and fences what takes too
// long.
const answerTime = settleTime + time.Second

// tellAgain is how often a pod that has not answered is looked at: whether it is still a member, and once it
// is told again, since messages get lost.
const tellAgain = 250 * time.Millisecond

// fences is what a pod has made sure of before, so that it need not do so with each act: as long as nobody
// has claimed anything since, and those who had regions then have answered, nobody else has one.
type fences struct {
	turn    chan struct{}   // cap 1: whoever has put something in may use the rest
	mark    string          // Regions.Claims of then; "": nothing is sure
	holders map[string]bool // who had regions then, by address
}

// obeyed has all pods obey an act. It says whether nobody breaks it any more, and which pods have not
// answered.
func (p *Pod) obeyed(ctx context.Context, d drafted) (all bool, missing []string) {
	members := p.Members()
	if !slices.ContainsFunc(members, func(m Member) bool { return m.Address == p.System.Address() }) {
		// This pod does not know the others now; they find the act in the store.
		_, _ = ask[learned](ctx, p, learn{n: d.n, stored: d.stored})
		return false, nil
	}
	answers := p.tellAll(ctx, members, d, false)
	answered, open, strangers := make(map[string]bool, len(members)), []canvas.RegionID(nil), false
	for i, m := range members {
		if answers[i] == nil || answers[i].Version < d.n {
			missing = append(missing, m.called())
			strangers = strangers || !m.Obeys
			continue
		}
		answered[m.Address] = true
		open = append(open, answers[i].Open...)
	}
	if strangers { // they would only claim what is fenced, and go on
		return false, missing
	}
	return len(p.fenceAll(ctx, open)) == 0 && p.sure(ctx, members, answered, d), missing
}

// called returns the name of a pod for people.
func (m Member) called() string {
	if m.Name != "" {
		return m.Name
	}
	return m.Address
}

// tellAll tells pods of an act. The answers are in their order; nil: there is none.
func (p *Pod) tellAll(ctx context.Context, members []Member, d drafted, held bool) []*message.RulesObeyed {
	answers := make([]*message.RulesObeyed, len(members))
	var asking sync.WaitGroup
	for i, m := range members {
		if m.Obeys {
			asking.Go(func() { answers[i] = p.tell(ctx, m, d, held) })
		}
	}
	asking.Wait()
	return answers
}

// tell tells one pod, and returns its answer; nil: there is none in time, or the pod is gone.
func (p *Pod) tell(ctx context.Context, m Member, d drafted, held bool) *message.RulesObeyed {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	answers := make(chan *message.RulesObeyed, 2) // sent to at most once for each time it is told
	tell := func() {
		question := p.System.Root.RequestFuture(m.keeper(), &message.RulesDecided{First: d.n, Acts: [][]byte{d.stored}, Held: held}, answerTime)
		go func() {
			if given, err := question.Result(); err == nil {
				answer, _ := given.(*message.RulesObeyed)
				answers <- answer
			}
		}()
	}
	tell()
	look := time.NewTicker(tellAgain)
	defer look.Stop()
	for again := false; ; again = true {
		select {
		case answer := <-answers:
			return answer
		case <-ctx.Done():
			return nil
		case <-look.C:
			if !p.isMember(m) {
				return nil
			}
			if !again {
				tell()
			}
		}
	}
}

func (p *Pod) isMember(m Member) bool {
	return slices.ContainsFunc(p.Members(), func(now Member) bool { return now.ID == m.ID })
}

// sure makes sure that no pod but those that have answered has a region.
func (p *Pod) sure(ctx context.Context, members []Member, answered map[string]bool, d drafted) bool {
	f := &p.fences
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return false
	}
	mark, err := p.Regions.Claims(ctx)
	if err == nil && mark != "" && f.mark == mark && haveAnswered(f.holders, answered) {
		return true
	}
	f.mark = ""
	owned := make([]bool, p.Geometry.Regions())
	holders := make(map[string]bool)
	able := slices.DeleteFunc(slices.Clone(members), func(m Member) bool { return !m.Canvas || !answered[m.Address] })
	for i, answer := range p.tellAll(ctx, able, d, true) {
		if answer == nil || answer.Version < d.n {
			continue
		}
		for _, id := range answer.Held {
			owned[id], holders[able[i].Address] = true, true
		}
	}
	var others []canvas.RegionID
	for id := range owned {
		if !owned[id] {
			others = append(others, canvas.RegionID(id))
		}
	}
	if err != nil || len(p.fenceAll(ctx, others)) > 0 {
		return false
	}
	f.mark, f.holders = mark, holders
	return true
}

func haveAnswered(holders, answered map[string]bool) bool {
	for address := range holders {
		if !answered[address] {
			return false
		}
	}
	return true
}

// fencesAtOnce is how many regions are fenced at the same time.
const fencesAtOnce = 32

// fenceAll fences regions, and returns those that could not be.
func (p *Pod) fenceAll(ctx context.Context, regions []canvas.RegionID) (left []canvas.RegionID) {
	var working sync.WaitGroup
	var next atomic.Int64
	var mu sync.Mutex // guards left
	for range min(fencesAtOnce, len(regions)) {
		working.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(regions)); i = next.Add(1) - 1 {
				if p.Regions.Fence(ctx, regions[i]) != nil {
					mu.Lock()
					left = append(left, regions[i])
					mu.Unlock()
				}
			}
		})
	}
	working.Wait()
	return left
}
