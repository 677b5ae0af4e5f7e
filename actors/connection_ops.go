package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
)

// placing is an op whose regions have not all answered.
type placing struct {
	parts   int
	silent  bool // numbered here for a JSON client: no ack
	refused bool // some part was; the client has been told
	waiting bool // some part waits; the client has been told

	followed *followed // nil: the op is not followed
}

// followed is what is known at first of an op that is followed.
type followed struct {
	began  time.Time
	pixels int
}

// arrived is an op that a client has sent.
type arrived struct {
	Place
	silent   bool // has no number yet: a JSON client's
	repeated bool // it may have been sent before, and be applied
}

// take places an op, or holds it behind those that are held: until its pixels have been leased or, for
// a JSON client, until there is room in the window. Such a client gets no acks and can't know the
// window. With the op is held the credit to read more.
func (c *connection) take(ctx actor.Context, place Place) {
	c.ruled(ctx)
	m := arrived{Place: place, silent: place.Num == 0}
	m.repeated = !m.silent && c.resumed.repeats(m.Num, c.pod.clock.Now())
	if len(c.held) > 0 || !c.deal(ctx, m) {
		c.held = append(c.held, m)
	}
}

func (c *connection) takeHeld(ctx actor.Context) {
	for len(c.held) > 0 && c.deal(ctx, c.held[0]) {
		c.held = c.held[1:]
	}
}

// deal places or refuses an op; false: it has to wait.
func (c *connection) deal(ctx actor.Context, m arrived) (done bool) {
	if m.silent {
		if m.Num = c.lastNum + 1; c.full(m.Num) {
			return false
		}
	}
	now := c.pod.clock.Now()
	why, retry := c.check(m)
	if why == 0 && (c.person.Pace.Rate > 0 || c.person.NetworkPace.Rate > 0) {
		t := c.purseOf().Take(ctx, len(m.Dots), now)
		if t.Waits {
			return false
		}
		if why, retry = t.Why, t.Retry; why != 0 && m.repeated {
			if retry > 0 && retry <= longestHold {
				c.purse.WakeAt(ctx, now.Add(max(retry, c.pod.cfg.Beat/5)), now)
				return false
			}
			why, retry = canvas.RefusedUnsure, 0
		}
	}
	if why != 0 {
		c.refuse(m.Num, why, retry)
	} else {
		c.place(ctx, m)
	}
	c.out.Handled()
	return true
}

// longestHold is how long an op that may have been applied before waits for the allowance. To refuse it
// would say that it was not, so its client would draw it again, over what others have drawn since.
// After that it is refused as unsure. No allowance that is in memory alone takes longer to fill.
const longestHold = allowances.SlowFrom

func (c *connection) purseOf() *allowances.Purse {
	if c.purse == nil { // most connections only watch
		p := allowances.NewPurse(c.pod.leasing, c.person, true)
		c.purse = &p
	}
	return c.purse
}

// onLeased goes on with the ops that wait for an answer, or tells the client what is left.
func (c *connection) onLeased(ctx actor.Context, m *message.Leased) {
	if c.purse == nil {
		c.pod.unhandled(message.KindConnection, m)
		return
	}
	if c.purse.Leased(ctx, m) {
		c.out.Allowance(c.person.Pace, c.remaining())
	}
	c.takeHeld(ctx)
	if c.purse.Refused && len(c.held) == 0 { // by the other allowance, meanwhile
		c.purse.Empty(ctx)
	}
}

// remaining is what is left of the person's allowance, as far as is known here.
func (c *connection) remaining() Left {
	if c.purse != nil {
		if pixels, next, limited := c.purse.Remaining(c.pod.clock.Now()); limited {
			return Left{pixels, next}
		}
	}
	return Left{Pixels: c.person.Pace.Burst}
}

// full reports whether an op is too far ahead of the oldest unanswered one: if that one is sent to
// a region again, the region must still know whether it has had it (see oplog.Remembered).
func (c *connection) full(num uint64) bool {
	for len(c.placing) > 0 && c.placing[c.oldest] == nil {
		c.oldest++
	}
	return len(c.placing) >= Window || len(c.placing) > 0 && num-c.oldest >= oplog.Remembered
}

// place hands the parts of an op to the relays of the regions they fall into.
func (c *connection) place(ctx actor.Context, m arrived) {
	c.lastNum = m.Num
	if len(c.placing) == 0 {
		c.oldest = m.Num
	}
	parts := split(c.pod.cfg.Geometry, m.Dots)
	if c.placing == nil { // most connections only watch
		c.placing = make(map[uint64]*placing)
	}
	p := &placing{parts: len(parts), silent: m.silent}
	c.placing[m.Num] = p
	c.pod.stats.CountOp(len(m.Dots))

	op := canvas.Op{ID: canvas.OpID{Author: c.author, Num: m.Num, Key: c.key}, Network: c.network, Name: c.name, Spelling: m.Spelling}
	op.From, op.Role, op.Address, op.Owner = c.came.From, c.pod.rank(&c.came, c.user), c.came.Address, c.came.Owner()
	if c.user != c.author {
		op.User = c.user
	}
	if m.Alias != "" {
		op.Name, op.Alias = m.Alias, true
	}
	if c.muted {
		op.Name, op.Alias = "", false
	}
	if c.pod.shadowed(&c.came, c.user) {
		p.parts = 1
		if c.aside == nil {
			c.aside = new(aside)
		}
		c.aside.add(ctx, c.pod, asideOp{m.Num, op, parts})
		return
	}
	if c.pod.stats.Follower.Follows(op.ID) {
		p.followed = &followed{c.pod.clock.Now(), len(m.Dots)}
	}
	for _, part := range parts {
		if m.silent {
			c.show(ctx, part.region)
		}
		op.Pixels = part.pixels
		ctx.Send(c.pod.relays[part.region], place{op: op, from: ctx.Self(), repeated: m.repeated})
	}
}

// check returns why an op can't be placed, whatever the allowance; 0: it can. Cheap and final reasons
// come first.
func (c *connection) check(m arrived) (canvas.Refusal, time.Duration) {
	for _, d := range m.Dots {
		if !c.pod.cfg.Geometry.Contains(int(d.X), int(d.Y)) {
			return canvas.RefusedBounds, 0
		}
	}
	switch {
	case c.person.ReadOnly:
		return canvas.RefusedRights, 0
	case c.person.Unsure:
		return canvas.RefusedUnavailable, time.Second
	case c.pod.draining.Load():
		return canvas.RefusedDraining, 0
	case m.Num <= c.lastNum:
		return canvas.RefusedOrder, 0
	case c.full(m.Num):
		return canvas.RefusedBusy, 100 * time.Millisecond
	case m.repeated: // it may have been applied before there was such a rule: its region knows
		return 0, 0
	}
	return c.pod.allowed(&c.came, c.user, m.Dots)
}

func (c *connection) refuse(num uint64, why canvas.Refusal, retry time.Duration) {
	c.pod.stats.Refused[why].Add(1)
	c.out.Refuse(num, why, retry, c.remaining())
}

func (c *connection) onAcked(m opsAcked) {
	var done []uint64
	for _, num := range m.nums {
		p := c.answered(num)
		if p == nil || p.refused {
			continue
		}
		if p.followed != nil {
			c.pod.arrived(canvas.OpID{Author: c.author, Num: num}, *p.followed, m.at)
		}
		if !p.silent {
			done = append(done, num)
		}
	}
	if len(done) > 0 {
		c.out.Ack(done, c.remaining())
	}
}

// onWaiting tells the client once of each op.
func (c *connection) onWaiting(m opsWaiting) {
	var nums []uint64
	for _, num := range m.nums {
		if p := c.placing[num]; p != nil && !p.silent && !p.refused && !p.waiting {
			p.waiting = true
			nums = append(nums, num)
		}
	}
	if len(nums) > 0 {
		c.out.Waiting(nums)
	}
}

// givenBack reports whether pixels that were refused for this reason go back to the allowance: they were
// certainly not placed, and the client is not to blame. (An unsure op may have been.)
func givenBack(why canvas.Refusal) bool {
	switch why {
	case canvas.RefusedBusy, canvas.RefusedUnavailable, canvas.RefusedDraining,
		canvas.RefusedFrozen, canvas.RefusedProtected, canvas.RefusedColor, canvas.RefusedBanned:
		return true
	}
	return false
}

// onRefused tells the client of the first refusal of any part of an op.
func (c *connection) onRefused(ctx actor.Context, m opRefused) {
	if c.purse != nil && givenBack(m.why) {
		c.purse.Give(ctx, m.pixels)
	}
	p := c.placing[m.num]
	if p != nil && !p.refused {
		p.refused = true
		c.refuse(m.num, m.why, m.retry)
	}
	c.answered(m.num)
}

// answered counts one region's answer to an op, and returns the op when it was the last.
func (c *connection) answered(num uint64) *placing {
	p := c.placing[num]
	if p == nil {
		return nil
	}
	if p.parts--; p.parts > 0 {
		return nil
	}
	delete(c.placing, num)
	return p
}

// part is the pixels of an op in one region.
type part struct {
	region canvas.RegionID
	pixels []canvas.Pixel
}

// split sorts an op's dots by region, keeping their order. Most dots of a stroke are in the region
// of the dot before, so that region is tried first.
func split(g canvas.Geometry, dots []canvas.Dot) []part {
	var parts []part
	index := make(map[canvas.RegionID]int)
	current := -1
	for _, d := range dots {
		region, pos := g.Locate(int(d.X), int(d.Y))
		if current < 0 || parts[current].region != region {
			i, ok := index[region]
			if !ok {
				i = len(parts)
				index[region] = i
				parts = append(parts, part{region: region})
			}
			current = i
		}
		parts[current].pixels = append(parts[current].pixels, canvas.Pixel{Pos: pos, Color: d.Color})
	}
	return parts
}

// resumed says which ops of a connection may be repetitions: those that the client may have sent on
// an earlier connection of the session. The zero value: none.
type resumed struct {
	sent    uint64 // the highest op number sent before
	guesses int    // for clients of earlier versions, which don't say: how many of the next ops may be repetitions,
	until   int64  // and until when, in Unix nanoseconds; 0: nothing was heard yet
}

// resendTime is how long a client may take to send its unanswered ops again, from its first message
// after HELLO on. It sends nothing else before them, and a client that sends nothing at all for a
// minute is disconnected.
const resendTime = time.Minute

func resume(m Hello) resumed {
	if m.Sent != nil {
		return resumed{sent: *m.Sent}
	}
	return resumed{guesses: Window} // no more ops can be unanswered
}

// heard notes that the client of a resumed session has read its WELCOME.
func (r *resumed) heard(now time.Time) {
	if r.guesses > 0 && r.until == 0 {
		r.until = now.Add(resendTime).UnixNano()
	}
}

// repeats reports whether an op may be a repetition.
func (r *resumed) repeats(num uint64, now time.Time) bool {
	if r.guesses == 0 {
		return num <= r.sent
	}
	r.heard(now)
	if r.guesses--; now.UnixNano() > r.until {
		r.guesses = 0
		return false
	}
	return true
}
