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
		Store: "0123456789abcdef", Aside: true, Allowances: true, Rules: true,
	}
	b := m.encode()
	if len(b) > memberlist.MetaMaxSize/2 {
		t.Errorf("%d bytes leave little room to grow", len(b))
	}
	if got, err := decodeMetadata(b); err != nil || *got != *m {
		t.Errorf("%+v, %v", got, err)
	}
	// Earlier versions knew no store, did not stand aside or knew neither allowances nor acts, and a later one may add
	// fields.
	fields := []any{"n", 1, "p:1", "v", true, 5, "64x64/16", "\x00\x01\x00\x02", "store", true, true, true, 7}
	for n, store := range map[int]string{8: "", 9: "store", 10: "store", 11: "store", 12: "store", 13: "store"} {
		b, _ := msgpack.Marshal(fields[:n])
		if got, err := decodeMetadata(b); err != nil || got.Name != "n" || got.Geometry != "64x64/16" || got.Store != store || got.Aside != (n >= 10) || got.Allowances != (n >= 11) || got.Rules != (n >= 12) {
			t.Errorf("%d fields: %+v, %v", n, got, err)
		}
	}
	for _, bad := range [][]byte{nil, {0xc1}, []byte("text"), {0x90}, {0x91, 0xa1, 'n'}} {
		if got, err := decodeMetadata(bad); err == nil {
			t.Errorf("% x: %+v", bad, got)
		}
	}
}

// TestView_Allowances: only canvas pods that know what an allowance is own any. Where none does, the gateways
// that do own each one once, and where there is no canvas pod nobody owns one.
func TestView_Allowances(t *testing.T) {
	a, b, old := member("a", "a:1", RoleCanvas, 3), member("b", "b:1", RoleCanvas, 4), member("o", "o:1", RoleCanvas, 2)
	a.Allowances, b.Allowances = true, true
	g, h, oldGateway := member("g", "g:1", RoleGateway, 1), member("h", "h:1", RoleGateway, 5), member("i", "i:1", RoleGateway, 6)
	g.Allowances, g.Self, h.Allowances = true, true, true
	owners := func(members ...Member) (at map[string]int) {
		o := newView(latest(members), geometry()).allowances
		at = make(map[string]int)
		for i := range 200 {
			s := canvas.Subject{14: byte(i), 15: 1}
			owner := o.Owner(s)
			if owner == nil {
				at["none"]++
				continue
			}
			at[owner.Address]++
			for _, front := range o.Before(s) {
				if front.Equal(owner) || front.Id != "allowance" {
					t.Fatalf("%v before %v", front, owner)
				}
			}
		}
		return at
	}
	if at := owners(a, b, old, g); at["a:1"] < 50 || at["b:1"] < 50 || at["a:1"]+at["b:1"] != 200 {
		t.Errorf("owned by %v", at)
	}
	if at := owners(old, g, oldGateway); at["g:1"] != 200 {
		t.Errorf("of earlier canvas pods alone: %v", at)
	}
	if at := owners(old, g, h, oldGateway); at["g:1"] < 50 || at["h:1"] < 50 || at["g:1"]+at["h:1"] != 200 {
		t.Errorf("of earlier canvas pods alone, and two gateways: %v", at)
	}
	h.Draining = true
	if at := owners(old, g, h); at["g:1"] != 200 {
		t.Errorf("of earlier canvas pods alone, and one of two gateways drains: %v", at)
	}
	if at := owners(g); at["none"] != 200 {
		t.Errorf("without a canvas pod: %v", at)
	}
	a.Draining = true
	if at := owners(a, b, g); at["b:1"] != 200 {
		t.Errorf("one drains: %v", at)
	}
	if o := new(View).allowances; o.Owner(canvas.Subject{1}) != nil || o.Before(canvas.Subject{1}) != nil || o.Members() != nil {
		t.Error("an empty view has owners")
	}
	if n := testing.AllocsPerRun(100, func() { newView([]Member{a, b}, geometry()).allowances.Owner(canvas.Subject{1}) }) - testing.AllocsPerRun(100, func() { newView([]Member{a, b}, geometry()) }); n > 0 {
		t.Errorf("%v allocations to find an owner", n)
	}
}
