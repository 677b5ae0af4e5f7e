package wire

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// What must be true of the fields of a message that can be read. The rules are what the actors and
// the codec rely on, and no more: whatever a pod of another version may rightly send passes.

// Bounds on what pods tell each other. Those on texts are in bytes.
const (
	maxAuthor      = 1<<48 - 1      // see canvas.Author: cursors have 6 bytes for it
	maxCount       = 1 << 32        // users, pixels and messages of one pod or of all
	maxPodUsers    = 1 << 13        // users in one PodUsers: twice what a roster puts into one
	maxPointers    = 1 << 12        // in one Point or Pointed
	maxConnections = 1 << 10        // or people, asked for in one Inspect
	maxAct         = 4 << 10        // each text of an Act
	maxStoredAct   = 16 << 10       // as much as a document may have
	maxQuestion    = 256            // each text of another question
	maxRetry       = 24 * time.Hour // that a client is told to wait
	maxLease       = 1 << 27        // pixels in one lease: more than any burst
	maxListed      = 1 << 16        // entries of a list in a report
	maxTold        = 64 << 10       // text in a report: what another pod's actors say
)

var (
	errRegion   = errors.New("of another region")
	errPixel    = errors.New("a pixel that its region does not have")
	errTile     = errors.New("a tile of another size than its region")
	errOp       = errors.New("an op without pixels, or of more than a batch may have")
	errAuthor   = errors.New("an author of more than 48 bits")
	errName     = errors.New("a name that is too long, or no text")
	errText     = errors.New("a text that is too long, or none")
	errCount    = errors.New("a number that is negative or too large")
	errChain    = errors.New("batches that do not follow each other")
	errSeq      = errors.New("a batch that does not have as many pixels as numbers")
	errSpelling = errors.New("a colour that is none")
	errRole     = errors.New("a role that is none")
	errCause    = errors.New("a cause that is none")
	errPoint    = errors.New("a pointer that is not on the canvas")
	errAct      = errors.New("an act of no bytes, or of too many")
	errNobody   = errors.New("an allowance of nobody")
)

// CheckRegion checks messages between the relays and the region of one part of the canvas.
func CheckRegion(g canvas.Geometry, id canvas.RegionID, m any) error {
	_, _, width, height := g.Bounds(id)
	area := width * height
	switch m := m.(type) {
	case *message.Submit:
		return checkOps(m.Ops, area)
	case *message.Committed:
		if m.Batch == nil {
			return nil
		}
		return checkBatch(m.Batch, id, area)
	case *message.Attached:
		return checkReplica(m.Base, m.Recent, id, area)
	case *message.Salvaged:
		return checkReplica(m.Base, m.Recent, id, area)
	}
	return nil
}

func checkReplica(base *canvas.Snapshot, recent []*canvas.Batch, id canvas.RegionID, area int) error {
	if base != nil {
		switch {
		case base.Region != id:
			return errRegion
		case len(base.Tile) != 3*area:
			return errTile
		}
	}
	for i, b := range recent {
		if err := checkBatch(b, id, area); err != nil {
			return err
		}
		if i > 0 && b.From != recent[i-1].To {
			return errChain
		}
	}
	return nil
}

func checkBatch(b *canvas.Batch, id canvas.RegionID, area int) error {
	switch {
	case b.Region != id:
		return errRegion
	case b.To == b.From || b.To-b.From != uint64(b.Pixels()):
		return errSeq
	}
	return checkOps(b.Ops, area)
}

func checkOps(ops []canvas.Op, area int) error {
	for i := range ops {
		op := &ops[i]
		if len(op.Pixels) == 0 || len(op.Pixels) > canvas.MaxBatchPixels {
			return errOp
		}
		if err := checkUser(max(op.ID.Author, op.User), op.Name); err != nil {
			return err
		}
		if len(op.Cause) > canvas.MaxCause || !utf8.ValidString(op.Cause) {
			return errCause
		}
		if op.Owner > maxAuthor {
			return errAuthor
		}
		if op.Role > canvas.RoleOwner {
			return errRole
		}
		if op.Spelling != "" {
			if _, err := canvas.ParseColor(op.Spelling); err != nil {
				return errSpelling
			}
		}
		for _, p := range op.Pixels {
			if int(p.Pos) >= area {
				return errPixel
			}
		}
	}
	return nil
}

func checkUser(author canvas.Author, name string) error {
	switch {
	case author > maxAuthor:
		return errAuthor
	case len(name) > maxNameBytes || !utf8.ValidString(name):
		return errName
	}
	return nil
}

// CheckFields checks messages that belong to no region, and the rules that are the same for every
// region.
func CheckFields(g canvas.Geometry, m any) error {
	switch m := m.(type) {
	case *message.Rejected:
		if m.Why.String() == "invalid" || m.Why == 0 { // a reason of a later version
			m.Why = canvas.RefusedUnknown
		}
		return counts(int64(m.Retry), int64(maxRetry))
	case *message.Point:
		return errors.Join(checkPointers(g, m.Moved), checkPointers(g, m.Beckons))
	case *message.Pointed:
		return errors.Join(checkPointers(g, m.Moved), checkPointers(g, m.Beckons))
	case *message.PodUsers:
		return checkPodUsers(m)
	case *message.Shown:
		return checkShown(m)
	case *message.Resting:
		if len(m.Sums) != message.RestShares {
			return errCount
		}
		return nil
	case *message.Lease, *message.Leased, *message.Unspent, *message.YieldAllowance, *message.AllowanceYielded, *message.MoveAllowance, *message.AllowanceMoved:
		return checkAllowance(m)
	case *message.RulesDecided:
		return checkActs(m.First, m.Acts)
	case *message.RulesKnown:
		return checkActs(m.First, m.Acts)
	case *message.RulesObeyed:
		return errors.Join(checkRegions(g, m.Open), checkRegions(g, m.Held))
	case *message.Inspect:
		return errors.Join(counts(int64(m.Connections), maxConnections), texts(maxQuestion, m.Name, m.People.Search), counts(int64(m.People.Most), maxConnections))
	case *message.List:
		return texts(maxQuestion, m.Kind)
	case *message.DescribeActor:
		return texts(maxQuestion, m.Actor)
	case *message.Act:
		if m.Do == message.ActHandOver && int(m.Region) >= g.Regions() {
			return errRegion
		}
		return texts(maxAct, m.Do, m.Who, m.Target, m.Text)
	case *message.Acted:
		return texts(maxTold, m.Error)
	case *message.Report:
		return checkReport(g, m)
	case *message.Listing:
		return counts(int64(len(m.Actors)), maxListed)
	case *message.ActorDetails:
		return errors.Join(counts(int64(len(m.Facts)+len(m.Last)), maxListed), texts(maxTold, m.Actor, m.State))
	}
	return nil
}

func checkAllowance(m any) error {
	switch m := m.(type) {
	case *message.Lease:
		return errors.Join(somebody(m.Subject), checkLimit(m.Limit), counts(int64(m.Least), int64(m.Want)), counts(int64(m.Want), maxLease), counts(int64(m.Unused), maxLease))
	case *message.Leased:
		if m.Not > message.LeaseUnavailable { // a reason of a later version
			m.Not = message.LeaseUnavailable
		}
		return errors.Join(somebody(m.Subject), counts(int64(m.Pixels), maxLease), counts(int64(m.Full), math.MaxInt64), counts(int64(m.Wait), math.MaxInt64))
	case *message.Unspent:
		return errors.Join(somebody(m.Subject), checkLimit(m.Limit), counts(int64(m.Pixels), maxLease))
	case *message.AllowanceYielded:
		return errors.Join(counts(int64(m.Full), math.MaxInt64), counts(m.Floor, math.MaxInt64))
	case *message.MoveAllowance:
		return errors.Join(somebody(m.Subject), checkLimit(m.Limit), counts(int64(m.Full), math.MaxInt64))
	case *message.AllowanceMoved:
		return somebody(m.Subject)
	}
	return nil
}

// checkActs checks the bounds of acts. It does not read them: this version may not know all kinds.
func checkActs(first uint64, acts [][]byte) error {
	if first == 0 && len(acts) > 0 || len(acts) > message.MaxActsKnown {
		return errCount
	}
	for _, act := range acts {
		if len(act) == 0 || len(act) > maxStoredAct {
			return errAct
		}
	}
	return nil
}

func checkRegions(g canvas.Geometry, regions []canvas.RegionID) error {
	if len(regions) > g.Regions() {
		return errCount
	}
	for _, id := range regions {
		if int(id) >= g.Regions() {
			return errRegion
		}
	}
	return nil
}

func somebody(s canvas.Subject) error {
	if s == (canvas.Subject{}) {
		return errNobody
	}
	return nil
}

// checkLimit wants what a Pace can become: nothing overflows then.
func checkLimit(l canvas.Limit) error {
	if l.Every < 1 || l.Burst < 1 || l.Burst > maxLease || l.Every > int64(canvas.LongestFill)/int64(l.Burst) {
		return errCount
	}
	return nil
}

func checkPointers(g canvas.Geometry, moved []canvas.Pointer) error {
	if len(moved) > maxPointers {
		return errCount
	}
	for _, p := range moved {
		switch {
		case p.Author > maxAuthor:
			return errAuthor
		case p.X == canvas.PointerGone && p.Y == canvas.PointerGone:
		case !g.Contains(int(p.X), int(p.Y)):
			return errPoint
		}
	}
	return nil
}

func checkPodUsers(m *message.PodUsers) error {
	if len(m.Joined)+len(m.Left) > maxPodUsers {
		return errCount
	}
	for i := range m.Joined {
		if err := checkUser(m.Joined[i].User.Author, m.Joined[i].User.Name); err != nil {
			return err
		}
	}
	return nil
}

func checkShown(m *message.Shown) error {
	if len(m.Joined) > canvas.MaxListedUsers || len(m.Left) > canvas.MaxListedUsers {
		return errCount
	}
	for _, u := range m.Joined {
		if err := checkUser(u.Author, u.Name); err != nil {
			return err
		}
	}
	for _, author := range m.Left {
		if author > maxAuthor {
			return errAuthor
		}
	}
	return cmp.Or(counts(int64(m.Count), maxCount), counts(int64(m.People), maxCount))
}

func checkReport(g canvas.Geometry, m *message.Report) error {
	for _, r := range m.Regions {
		if int(r.Region) >= g.Regions() {
			return errRegion
		}
	}
	for _, n := range m.Viewers {
		if err := counts(int64(n), maxCount); err != nil {
			return err
		}
	}
	for _, c := range m.Worst {
		if err := checkUser(c.User.Author, c.User.Name); err != nil {
			return err
		}
	}
	for _, person := range m.People {
		if err := errors.Join(checkUser(person.User, person.Name), checkUser(canvas.Author(person.From), ""), texts(maxQuestion, person.Subject, person.Kind, person.Role, person.Network)); err != nil {
			return err
		}
	}
	return errors.Join(counts(int64(m.Users), maxCount), counts(int64(len(m.Viewers)), canvas.MaxRegions), texts(maxTold, m.Node, m.Store),
		counts(int64(max(len(m.Kinds), len(m.Regions), len(m.Worst), len(m.Events), len(m.History), len(m.People))), maxListed))
}

func counts(n, most int64) error {
	if n < 0 || n > most {
		return fmt.Errorf("%w: %d", errCount, n)
	}
	return nil
}

func texts(most int, all ...string) error {
	for _, s := range all {
		if len(s) > most || !utf8.ValidString(s) {
			return errText
		}
	}
	return nil
}
