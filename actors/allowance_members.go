package actors

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
)

// This file is how the front of a pod's allowances follows the members, and the start and the end of
// its own pod.

// look compares the members with those of the last message. It comes before everything else: nothing
// is given out by a placement whose losses have not been noticed.
func (f *allowanceFront) look(ctx actor.Context) {
	owners := f.pod.placement.Allowances()
	if owners == f.owners {
		return
	}
	before := f.owners
	f.owners, f.changed = owners, f.pod.clock.Now()
	if before != nil {
		f.noteLosses(before.Members(), owners.Members())
	}
	for subject, e := range f.inUse {
		if mine := f.mine(subject); mine != e.mine {
			e.mine = mine
			switch {
			case e.pid == nil || e.ending:
			case mine:
				f.send(ctx, e, comeBack{f.floor})
			default:
				f.send(ctx, e, moveAway{})
			}
		}
	}
	f.askForFloor(ctx)
}

// noteLosses raises the floor if a pod has gone that may have known allowances and did not hand them
// over. This pod itself is missing when others have taken it for dead: they may have given out since
// what it knows.
func (f *allowanceFront) noteLosses(before, now []AllowanceMember) {
	for _, m := range before {
		if slices.Contains(now, m) {
			continue
		}
		if !f.parted[m.Address] {
			f.floor = f.changed
		}
		delete(f.parted, m.Address)
	}
}

// askForFloor asks the others once what they know of losses. Until one answers, this pod goes by what
// the store says, as if all pods had just started.
func (f *allowanceFront) askForFloor(ctx actor.Context) {
	if f.vouched {
		return
	}
	for _, m := range f.owners.Members() {
		if m.Address != f.pod.system.Address() {
			ctx.Request(actor.NewPID(m.Address, message.AllowanceName), &message.YieldAllowance{})
		}
	}
}

// onFloor replaces the floor of the start by that of a pod that was there before. Losses that this pod
// has seen itself stay.
func (f *allowanceFront) onFloor(m *message.AllowanceYielded) {
	if f.vouched || !f.opened {
		return
	}
	f.vouched = true
	if f.floor.Before(f.pod.opened) || m.Floor > f.floor.UnixNano() {
		f.floor = time.Time{}
		if m.Floor > 0 {
			f.floor = time.Unix(0, m.Floor)
		}
	}
}

// What the store keeps of fast allowances: until when pixels may have been given out, and after a stop
// in good order, what was left of those that were not full.
const (
	kindAllowances store.Kind = "allowances"
	givenID                   = "given"
	givenSize                 = 1 + 8   // bytes
	keptID                    = "kept/" // and a letter

	keptSize  = len(canvas.Subject{}) + 8
	keptInOne = store.MaxDocument / keptSize
	maxKept   = 16 * keptInOne // 10,912; of the rest nothing is known, so they are full: a stop takes seconds
)

// open reads what the store knows of before the start.
func (f *allowanceFront) open(ctx actor.Context) {
	self := ctx.Self()
	if f.pod.documents == nil {
		f.onOpened(ctx, allowancesOpened{})
		return
	}
	f.pod.background(func(c context.Context) {
		opened, err := f.pod.readAllowances(c)
		if err == nil {
			f.pod.system.Root.Send(self, opened)
			return
		}
		if c.Err() == nil {
			f.pod.log.Debug("allowances not read yet", "err", err)
		}
		f.pod.clock.AfterFunc(f.pod.cfg.Beat, func() { f.pod.system.Root.Send(self, allowancesUnread{}) })
	})
}

// allowancesUnread says that the store did not answer.
type allowancesUnread struct{}

// A document of given is one of these bytes, and a time in Unix nanoseconds.
const (
	givenUntil = 'g' // pixels may have been given out until then
	givenKnown = 'k' // the last stop was in good order: what was left is kept, and the floor is of then, or 0
)

func (n *Node) readAllowances(ctx context.Context) (opened allowancesOpened, err error) {
	given, err := n.documents.Document(ctx, kindAllowances, givenID)
	if err != nil {
		return opened, err
	}
	sure, err := n.documents.SureSince(ctx)
	if err != nil {
		return opened, err
	}
	if len(given) != givenSize {
		return opened, nil // nothing was ever given out
	}
	if at := int64(numberIn(given[1:])); at > 0 {
		opened.floor = time.Unix(0, at)
	}
	if given[0] == givenKnown {
		all, err := n.documents.Documents(ctx, kindAllowances)
		if err != nil {
			return opened, err
		}
		opened.kept = make(map[canvas.Subject]canvas.Allowance)
		for id, kept := range all {
			if strings.HasPrefix(id, keptID) {
				readKept(kept, opened.kept)
			}
		}
	}
	if opened.floor.Before(sure) { // a failover may have lost what was given out since
		opened.floor = sure
	}
	if now := n.clock.Now(); opened.floor.After(now) {
		opened.floor = now
	}
	return opened, nil
}

func (f *allowanceFront) onOpened(ctx actor.Context, m allowancesOpened) {
	if f.opened {
		return
	}
	f.opened, f.kept = true, m.kept
	if f.floor.Before(m.floor) {
		f.floor = m.floor
	}
	early := f.early
	f.early = nil
	for _, l := range early {
		f.take(ctx, l)
	}
	f.askForFloor(ctx)
}

// part tells the others that this pod, which drains, gives out nothing any more, once all that it had
// has been taken.
func (f *allowanceFront) part(ctx actor.Context) {
	if f.leaver == nil {
		return
	}
	for _, e := range f.inUse {
		if !e.mine {
			return
		}
	}
	if len(f.inUse) == 0 {
		f.left = true
		for _, m := range f.owners.Members() {
			if m.Address != f.pod.system.Address() {
				ctx.Request(actor.NewPID(m.Address, message.AllowanceName), &message.AllowancesLeft{})
			}
		}
	}
	ctx.Send(f.leaver, retired{})
	f.leaver = nil
}

// retire keeps what is left of the allowances for the next start, if no other pod has them then.
func (f *allowanceFront) retire(ctx actor.Context) {
	f.retiree = ctx.Sender()
	for _, e := range f.inUse {
		if e.pid != nil && !e.ending {
			f.keeping++
			f.send(ctx, e, keepAllowance{})
		}
	}
	if f.kept == nil {
		f.kept = make(map[canvas.Subject]canvas.Allowance)
	}
	f.keep(ctx)
}

func (f *allowanceFront) onKept(ctx actor.Context, m allowanceKept) {
	if m.full != 0 {
		f.kept[m.subject] = m.full
	}
	f.keeping--
	f.keep(ctx)
}

// keep writes what is left once all have said so. Other pods, if there are any, give out pixels: then
// what they have told the store stays.
func (f *allowanceFront) keep(ctx actor.Context) {
	if f.keeping > 0 || f.retiree == nil {
		return
	}
	asker := f.retiree
	f.retiree = nil
	others := slices.ContainsFunc(f.owners.Members(), func(m AllowanceMember) bool { return m.Address != f.pod.system.Address() })
	if f.pod.documents == nil || others || !f.opened || f.left {
		f.stopAll(ctx)
		ctx.Send(asker, retired{})
		return
	}
	f.stopAll(ctx)
	kept, floor, now := f.kept, f.floor, f.pod.clock.Now()
	f.pod.background(func(c context.Context) {
		if err := f.pod.writeKept(c, kept, floor, now); err != nil {
			f.pod.log.Warn("what is left of allowances is not kept: they start empty", "err", err)
		}
		f.pod.system.Root.Send(asker, retired{})
	})
}

func (f *allowanceFront) stopAll(ctx actor.Context) {
	for _, e := range f.inUse {
		if e.pid != nil {
			ctx.Stop(e.pid)
		}
	}
}

// onParted notes that a pod has handed over all that it had.
func (f *allowanceFront) onParted(who *actor.PID) {
	if slices.ContainsFunc(f.owners.Members(), func(m AllowanceMember) bool { return m.Address == who.Address }) {
		f.parted[who.Address] = true
	}
}

// writeKept writes first what is left, and then that nothing else was given out.
func (n *Node) writeKept(ctx context.Context, kept map[canvas.Subject]canvas.Allowance, floor, now time.Time) error {
	var documents [][]byte
	for subject, full := range kept {
		if int64(full) <= now.UnixNano() {
			continue
		}
		last := len(documents) - 1
		if last < 0 || len(documents[last]) >= keptInOne*keptSize {
			documents = append(documents, nil)
			last++
		}
		documents[last] = appendNumber(append(documents[last], subject[:]...), uint64(full))
		if last*keptInOne >= maxKept {
			break
		}
	}
	for i, d := range documents {
		if err := n.documents.PutDocument(ctx, kindAllowances, keptID+string(rune('a'+i)), d, now.Add(durableFrom)); err != nil {
			return err
		}
	}
	return n.documents.PutDocument(ctx, kindAllowances, givenID, appendNumber([]byte{givenKnown}, uint64(unixNano(floor))), time.Time{})
}

func readKept(b []byte, into map[canvas.Subject]canvas.Allowance) {
	for ; len(b) >= keptSize; b = b[keptSize:] {
		subject := canvas.Subject(b)
		into[subject] = max(into[subject], canvas.Allowance(numberIn(b[len(subject):])))
	}
}

// appendNumber and numberIn are big-endian. (The actors know no encoding; these eight bytes are theirs.)
func appendNumber(b []byte, n uint64) []byte {
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(n>>shift))
	}
	return b
}

func numberIn(b []byte) (n uint64) {
	for _, c := range b[:min(len(b), 8)] {
		n = n<<8 | uint64(c)
	}
	return n
}

// documentOf is the id of an allowance's document.
func documentOf(subject canvas.Subject) string { return hex.EncodeToString(subject[:]) }
