package actors

import (
	"fmt"
	"strconv"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// connection speaks for one WebSocket. It opens the session, checks rate, order and bounds of what
// is placed, hands ops to the relays, and answers the client when every region concerned has
// answered. It never sees the pixels that others place: those go directly from the relays to the
// Audience.
type connection struct {
	pod    *Node
	viewer canvas.ViewerID
	out    Outbox

	network canvas.Network
	person  canvas.Person      // with the role and pace that the rules give them
	came    canvas.Person      // as transport knows them
	rules   *decisions.InForce // from which person was worked out; nil: it has not been
	muted   bool               // others are shown no name
	shownAs string             // the name that others are shown,
	listed  bool               // if the roster has been told
	key     canvas.Key
	author  canvas.Author // of the session; 0: not welcomed yet
	user    canvas.Author // the person's, as others see it
	name    string
	purse   *allowances.Purse // nil: none is needed yet
	lastNum uint64
	resumed resumed
	placing map[uint64]*placing
	oldest  uint64                   // no op before it is in placing; while one is, lastNum is less than oplog.Remembered steps further
	aside   *aside                   // ops that only this person is shown; nil: there have been none
	held    []arrived                // until there is an allowance or, for a JSON client, room in the window; at most MaxUnhandled
	shown   map[canvas.RegionID]bool // of a JSON client: it is shown what is placed there from now on (see show)

	pointed canvas.RegionID // where the pointer was last shown,
	points  bool            // if it is shown
	moved   time.Time       // when it was last passed on
	next    Cursor          // where it is by now, if due
	due     bool            // a pointerDue is coming
}

// pointerPause bounds a client's pointer to 20 moves a second. If there are more, the last one in
// each pause counts.
const pointerPause = 50 * time.Millisecond

type pointerDue struct{}

// speakFor is a connection's first message. Its contents are not in the props, so that all
// connections share the same props.
type speakFor struct {
	viewer  canvas.ViewerID
	network canvas.Network
	person  canvas.Person
	out     Outbox
}

// Connection is the handle by which transport speaks to a connection actor.
type Connection struct {
	pod *Node
	pid *actor.PID
}

// Send hands over a command: Hello first, though Identified may come before it, then Subscribe,
// SubscribeAll, Unsubscribe, Place, Rename, Cursor, Beckon. Each is answered by Outbox.Handled.
func (c *Connection) Send(command any) { c.pod.system.Root.Send(c.pid, command) }

// Close ends the actor: the socket is gone.
func (c *Connection) Close() { c.pod.system.Root.Stop(c.pid) }

func (c *connection) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		c.pod.stats.Live[message.KindConnection].Add(1)
	case *actor.Stopping:
	case *actor.Stopped:
		c.pod.stats.Live[message.KindConnection].Add(-1)
		c.leave(ctx)
	case speakFor:
		c.viewer, c.network, c.out = m.viewer, m.network, m.out
		c.came = m.person
		c.person = c.pod.under(c.came, 0)
	case Identified:
		c.came = m.Person
		c.identified(ctx, c.pod.under(c.came, c.user))
		c.out.Handled()
	case ruled:
		c.ruled(ctx)
	case Hello:
		c.hello(ctx, m)
		c.out.Handled()
	case Subscribe:
		c.resumed.heard(c.pod.clock.Now())
		c.out.Follow(m.Marks)
		c.out.Handled()
	case SubscribeAll:
		c.followAll()
		c.out.Handled()
	case Unsubscribe:
		c.out.Unfollow(m.Regions)
		c.out.Handled()
	case Place:
		c.take(ctx, m)
	case Rename:
		c.rename(ctx, m.Name)
		c.out.Handled()
	case Cursor:
		c.cursor(ctx, m)
		c.out.Handled()
	case Beckon:
		c.beckon(ctx, m)
		c.out.Handled()
	case pointerDue:
		if c.due {
			c.due = false
			c.cursor(ctx, c.next)
		}
	case opsAcked:
		c.onAcked(m)
		c.takeHeld(ctx)
	case opRefused:
		c.onRefused(ctx, m)
		c.takeHeld(ctx)
	case opsWaiting:
		c.onWaiting(m)
	case *message.Leased:
		c.onLeased(ctx, m)
	case allowances.PurseDue:
		if c.purse != nil {
			c.purse.Wake(ctx)
			c.takeHeld(ctx)
		}
	case asideDue:
		c.onAside(ctx)
	case opUnanswered: // the client comes back and sends it again
		ctx.Stop(ctx.Self())
	case *telemetry.Describe:
		c.describe().Answer(ctx)
	default:
		c.pod.unhandled(message.KindConnection, m)
	}
}

func (c *connection) hello(ctx actor.Context, m Hello) {
	if c.author != 0 {
		c.pod.unhandled(message.KindConnection, m)
		return
	}
	session := m.Session
	if !m.Resume {
		session = c.pod.newSession()
	}
	if m.Resume {
		c.resumed = resume(m)
	}
	c.key, c.author, c.user, c.name = session.Key(), session.Author(), c.person.UserOf(session), m.Name
	now := c.pod.clock.Now()
	c.rules = c.pod.rules.Load()
	c.person = c.pod.under(c.came, c.user)
	c.standIn()
	c.out.Welcome(Welcome{
		Session: session, User: c.user, Node: c.pod.cfg.Node, Time: now,
		Rate: c.person.Pace.Rate, Burst: c.person.Pace.Burst, Window: Window,
	})
	if allowances.Looks(c.person.Pace) {
		c.purseOf().Look(ctx, now)
	}
	c.showName(ctx)
}

// identified goes on as another person, or as the same one with other rights. What is in hand goes back,
// and what is held is asked for anew.
func (c *connection) identified(ctx actor.Context, person canvas.Person) {
	before := c.person
	c.person = person
	c.standIn()
	same := before.Subject == c.person.Subject && before.Pace == c.person.Pace && before.Network == c.person.Network && before.NetworkPace == c.person.NetworkPace
	if same || c.author == 0 {
		return
	}
	if c.purse != nil {
		c.purse.Close(ctx)
		c.purse = nil
	}
	if allowances.Looks(c.person.Pace) {
		c.purseOf().Look(ctx, c.pod.clock.Now())
	}
	c.takeHeld(ctx)
}

// standIn gives whoever is nobody in particular the session for a subject.
func (c *connection) standIn() {
	if c.person.Subject == (canvas.Subject{}) {
		c.person.Subject = canvas.Subject(c.key)
	}
}

// paced is a person with a pace: whoever is nobody in particular has the pod's.
func (n *Node) paced(person canvas.Person) canvas.Person {
	if person.Subject == (canvas.Subject{}) {
		person.Pace = canvas.Pace{Rate: n.cfg.Rate, Burst: n.cfg.Burst}
	}
	return person
}

func (c *connection) followAll() {
	marks := make([]canvas.Mark, c.pod.cfg.Geometry.Regions())
	for i := range marks {
		marks[i] = canvas.Mark{Region: canvas.RegionID(i), Position: canvas.Head()}
	}
	c.out.Follow(marks)
}

func (c *connection) rename(ctx actor.Context, name string) {
	c.name = name
	c.showName(ctx)
}

// show has the relay of a region show a JSON client what is placed there from now on. Transport asks
// for that too, but for one region after the other. A JSON client must see each pixel of its own,
// and may place one before transport has come to its region.
func (c *connection) show(ctx actor.Context, region canvas.RegionID) {
	if !c.shown[region] {
		if c.shown == nil {
			c.shown = make(map[canvas.RegionID]bool)
		}
		c.shown[region] = true
		ctx.Send(c.pod.relays[region], resync{viewer: c.viewer, held: canvas.Head()})
	}
}

// cursor shows the pointer in the region it is in.
func (c *connection) cursor(ctx actor.Context, m Cursor) {
	if !c.pod.cfg.Geometry.Contains(int(m.X), int(m.Y)) {
		c.due = false
		c.hidePointer(ctx)
		return
	}
	now := c.pod.clock.Now()
	if wait := pointerPause - now.Sub(c.moved); wait > 0 {
		c.next = m
		if !c.due {
			c.due = true
			c.pod.later(ctx, wait, pointerDue{})
		}
		return
	}
	c.moved = now
	region, _ := c.pod.cfg.Geometry.Locate(int(m.X), int(m.Y))
	moved := pointerMoved{canvas.Pointer{Author: c.user, X: m.X, Y: m.Y}}
	if c.points && region != c.pointed {
		// A viewer that sees only the region it left sees where it went. One that sees both may be
		// told in either order, so this must not be "gone".
		ctx.Send(c.pod.relays[c.pointed], moved)
	}
	c.pointed, c.points = region, true
	ctx.Send(c.pod.relays[region], moved)
}

// beckon asks all who watch a place to look there. Whoever may not draw, or has no name to others, may not;
// whoever is shadowed is not told that nobody sees it.
func (c *connection) beckon(ctx actor.Context, m Beckon) {
	c.ruled(ctx)
	switch {
	case !c.pod.cfg.Geometry.Contains(int(m.X), int(m.Y)):
	case c.muted || c.person.ReadOnly:
		c.refuse(0, canvas.RefusedRights, 0)
	case c.pod.shadowed(&c.came, c.user):
	default:
		region, _ := c.pod.cfg.Geometry.Locate(int(m.X), int(m.Y))
		ctx.Send(c.pod.relays[region], beckoned{canvas.Pointer{Author: c.user, X: m.X, Y: m.Y}})
	}
}

func (c *connection) hidePointer(ctx actor.Context) {
	if c.points {
		c.points = false
		gone := canvas.Pointer{Author: c.user, X: canvas.PointerGone, Y: canvas.PointerGone}
		ctx.Send(c.pod.relays[c.pointed], pointerMoved{gone})
	}
}

// leave takes the user off the roster. It runs when the socket is gone and when the actor has
// failed. In the second case the socket must be closed too.
func (c *connection) leave(ctx actor.Context) {
	if c.out == nil { // it has ended before its first message
		return
	}
	c.out.Fail()
	if c.purse != nil {
		c.purse.Close(ctx)
	}
	if c.author != 0 {
		c.hidePointer(ctx)
		ctx.Send(c.pod.roster, gone{c.viewer})
	}
}

// describe is for the inspector.
func (c *connection) describe() telemetry.Description {
	state := "greeting"
	if c.author != 0 {
		state = "live"
	}
	return telemetry.Description{State: state, Facts: []message.Fact{
		telemetry.Text("user", fmt.Sprintf("%012x", uint64(c.user))), telemetry.Text("name", c.name), telemetry.Count("last op", c.lastNum),
		telemetry.Count("ops not acknowledged", len(c.placing)), telemetry.Count("ops held", len(c.held)),
		telemetry.Count("allowance in pixels", c.remaining().Pixels), telemetry.Text("leased", c.purse.Describe(c.pod.clock.Now())),
	}}
}

// connectionName is the name of a connection's actor.
func connectionName(v canvas.ViewerID) string {
	return message.KindConnection.String() + "/" + strconv.FormatUint(uint64(v), 36)
}
