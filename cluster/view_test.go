package cluster

import (
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/vmihailenco/msgpack/v5"

	"pixelplayground/actors/canvas"
)

func geometry() canvas.Geometry { return canvas.Geometry{Width: 64, Height: 64, Region: 16} }

func member(id, peer string, roles Roles, started int64) Member {
	return Member{ID: id, Name: id, Peer: peer, Roles: roles, Started: time.UnixMilli(started)}
}

func TestView_FollowsRolesAndDraining(t *testing.T) {
	a := member("a", "a:1", RoleCanvas, 3)
	b := member("b", "b:1", RoleCanvas|RoleGateway, 2)
	g := member("g", "g:1", RoleGateway, 1)
	v := newView(latest([]Member{a, b, g}), geometry())
	if !slices.Equal(v.Members(), []Member{g, b, a}) {
		t.Errorf("not sorted by start: %v", v.Members())
	}
	if !slices.Equal(v.gateways, []string{"g:1", "b:1"}) {
		t.Errorf("gateways %v", v.gateways)
	}
	owned := map[string]int{}
	for i := range geometry().Regions() {
		at := v.region(canvas.RegionID(i))
		owned[at.region.Address]++
		if len(at.before) != 1 || at.before[0].Address == at.region.Address || at.before[0].Address == "g:1" {
			t.Errorf("region %d at %v, before %v", i, at.region, at.before)
		}
		if at.region.Id != at.before[0].Id {
			t.Errorf("names %s and %s", at.region.Id, at.before[0].Id)
		}
	}
	if owned["a:1"] == 0 || owned["b:1"] == 0 || owned["g:1"] != 0 {
		t.Errorf("owned %v", owned)
	}
	if at := v.region(3).region; at.Id != "region/3" {
		t.Errorf("region 3 is named %s", at.Id)
	}
	if v.presence == nil || v.presence.Id != "presence" {
		t.Errorf("presence %v", v.presence)
	}
	if at := g.Inspector(); at.Address != "g:1" || at.Id != "inspector" {
		t.Errorf("inspector %v", at)
	}

	b.Draining = true
	v = newView(latest([]Member{a, b, g}), geometry())
	for i := range geometry().Regions() {
		if at := v.region(canvas.RegionID(i)); at.region.Address != "a:1" || at.before[0].Address != "b:1" {
			t.Errorf("b drains: region %d at %v, before %v", i, at.region, at.before)
		}
	}
	if v.presence.Address != "a:1" || !slices.Contains(v.gateways, "b:1") {
		t.Errorf("b drains: presence %v, gateways %v", v.presence, v.gateways)
	}
}

func TestView_WithoutOwners(t *testing.T) {
	for name, members := range map[string][]Member{
		"empty": nil, "gateways only": {member("g", "g:1", RoleGateway, 1)},
	} {
		v := newView(members, geometry())
		if at := v.region(0); at.region != nil || at.before != nil || v.presence != nil {
			t.Errorf("%s: %v, presence %v", name, at, v.presence)
		}
	}
}

func TestView_LastStartedAtAnAddressCounts(t *testing.T) {
	old, young := member("b", "x:1", RoleCanvas, 1), member("a", "x:1", RoleCanvas, 2)
	other := member("c", "y:1", RoleCanvas, 1)
	for _, members := range [][]Member{{old, young, other}, {young, other, old}, {other, old, young}} {
		if got := latest(members); !slices.Equal(got, []Member{other, young}) {
			t.Errorf("of %v: %v", members, got)
		}
	}
}

func TestMetadata_FitsAndGrows(t *testing.T) {
	long := string(slices.Repeat([]byte{'x'}, maxText))
	m := &metadata{
		Name: long, Version: long, Peer: "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535", Roles: RoleCanvas,
		Draining: true, Started: 1 << 50, Geometry: "16384x16384/256",
		Store: "0123456789abcdef", Aside: true,
	}
	b := m.encode()
	if len(b) > memberlist.MetaMaxSize/2 {
		t.Errorf("%d bytes leave little room to grow", len(b))
	}
	if got, err := decodeMetadata(b); err != nil || *got != *m {
		t.Errorf("%+v, %v", got, err)
	}
	// Earlier versions knew no store, or did not stand aside, and a later one may add fields.
	fields := []any{"n", 1, "p:1", "v", true, 5, "64x64/16", "\x00\x01\x00\x02", "store", true, 7}
	for n, store := range map[int]string{8: "", 9: "store", 10: "store", 11: "store"} {
		b, _ := msgpack.Marshal(fields[:n])
		if got, err := decodeMetadata(b); err != nil || got.Name != "n" || got.Geometry != "64x64/16" || got.Store != store || got.Aside != (n >= 10) {
			t.Errorf("%d fields: %+v, %v", n, got, err)
		}
	}
	for _, bad := range [][]byte{nil, {0xc1}, []byte("text"), {0x90}, {0x91, 0xa1, 'n'}} {
		if got, err := decodeMetadata(bad); err == nil {
			t.Errorf("% x: %+v", bad, got)
		}
	}
}
