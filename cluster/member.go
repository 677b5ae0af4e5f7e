package cluster

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/memberlist"
	"github.com/vmihailenco/msgpack/v5"

	"pixelplayground/actors/message"
	"pixelplayground/cluster/peer"
)

// Roles is the set of things that a member does.
type Roles uint8

// The roles.
const (
	RoleGateway Roles = 1 << iota // has users
	RoleCanvas                    // can own regions
)

// Has reports whether all of r are in the set.
func (s Roles) Has(r Roles) bool { return s&r == r }

// String is the form that flags take: "gateway,canvas".
func (s Roles) String() string {
	var names []string
	if s.Has(RoleGateway) {
		names = append(names, "gateway")
	}
	if s.Has(RoleCanvas) {
		names = append(names, "canvas")
	}
	return strings.Join(names, ",")
}

func (c Config) roles() (s Roles) {
	if c.Gateway {
		s |= RoleGateway
	}
	if c.Canvas {
		s |= RoleCanvas
	}
	return s
}

// Member is a pod as the others know it. Comparable with ==.
type Member struct {
	ID       string // of this incarnation of the pod; ids sort by Started
	Name     string
	Peer     string // address for actor.PID, "ip:port"
	Roles    Roles
	Version  string
	Draining bool      // about to leave: it owns nothing, unless all members are draining or aside
	Aside    bool      // its store takes no commits, while the others' do: it owns nothing either
	Started  time.Time // when the process started, or returned after it was taken for dead
	Self     bool      // the pod whose view this is

	Allowances bool // it can own allowances; pods of earlier versions can't

	Rules bool // it obeys acts; pods of earlier versions don't

	gossip string // "ip:port"
	pins   pins
	store  string
}

// Inspector is the member's inspector actor.
func (m Member) Inspector() *actor.PID { return actor.NewPID(m.Peer, message.InspectorName) }

// maxID bounds the length of an id, in bytes; those of newID have 21.
const maxID = 64

// newID makes an id that no other process and no other incarnation of this one has.
func newID(started time.Time) string {
	var random [4]byte
	rand.Read(random[:]) // never fails: see crypto/rand
	return fmt.Sprintf("%012x-%08x", started.UnixMilli(), binary.BigEndian.Uint32(random[:]))
}

// metadata is what members gossip about themselves: one MessagePack array of at most
// memberlist.MetaMaxSize bytes, with the fields in this order. A later version may append some.
type metadata struct {
	Name       string
	Roles      Roles
	Peer       string
	Version    string
	Draining   bool   // or aside: pods of earlier versions don't know Aside, and still place regions as the others do
	Started    int64  // Unix milliseconds
	Geometry   string // canvas.Geometry.String
	Pins       pins
	Store      string // Config.Store; "": not known, or a pod of a version without this field
	Aside      bool   // why it says that it is draining
	Allowances bool   // it knows what an allowance is
	Rules      bool   // it knows what an act is
}

// encode can't fail or be too long: Validate bounds what goes in.
func (m *metadata) encode() []byte {
	b, err := msgpack.Marshal([]any{m.Name, uint8(m.Roles), m.Peer, m.Version, m.Draining, m.Started, m.Geometry, []byte(m.Pins), m.Store, m.Aside, m.Allowances, m.Rules})
	if err != nil || len(b) > memberlist.MetaMaxSize {
		panic(fmt.Sprintf("cluster: metadata of %d bytes: %v", len(b), err))
	}
	return b
}

// decodeMetadata reads what anybody who reaches the gossip port may have written. No field may be
// longer than Validate allows in a pod's own metadata.
func decodeMetadata(b []byte) (*metadata, error) {
	if len(b) > memberlist.MetaMaxSize {
		return nil, fmt.Errorf("metadata: %d bytes, at most %d", len(b), memberlist.MetaMaxSize)
	}
	m, d := new(metadata), msgpack.NewDecoder(bytes.NewReader(b))
	var pinned []byte
	fields := []any{&m.Name, (*uint8)(&m.Roles), &m.Peer, &m.Version, &m.Draining, &m.Started, &m.Geometry, &pinned}
	n, err := d.DecodeArrayLen()
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	} else if n < len(fields) {
		return nil, fmt.Errorf("metadata: %d fields, not %d", n, len(fields))
	}
	later := []any{&m.Store, &m.Aside, &m.Allowances, &m.Rules} // which earlier versions don't have
	fields = append(fields, later[:min(n-len(fields), len(later))]...)
	if err := d.DecodeMulti(fields...); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	m.Pins = pins(pinned)
	return m, m.validate()
}

func (m *metadata) validate() error {
	for _, text := range []string{m.Name, m.Version, m.Geometry, m.Store} {
		if len(text) > maxText || !utf8.ValidString(text) {
			return fmt.Errorf("metadata: %q: must be a text of at most %d bytes", text, maxText)
		}
	}
	if err := checkAddress(m.Peer); err != nil || len(m.Peer) > peer.MaxName {
		return fmt.Errorf("metadata: peer %q: must be host:port", m.Peer)
	}
	if len(m.Pins) > 4*maxPins || len(m.Pins)%4 != 0 {
		return fmt.Errorf("metadata: %d bytes of pins: must be 4 for each of at most %d", len(m.Pins), maxPins)
	}
	return nil
}

// member makes a Member of a gossip node. The node's metadata must have been accepted.
func (m *metadata) member(node *memberlist.Node) Member {
	return Member{
		ID: node.Name, Name: m.Name, Peer: m.Peer, Roles: m.Roles, Version: m.Version, Draining: m.Draining && !m.Aside, Aside: m.Draining && m.Aside, Allowances: m.Allowances, Rules: m.Rules,
		Started: time.UnixMilli(m.Started), gossip: node.Address(), pins: m.Pins, store: m.Store,
	}
}
