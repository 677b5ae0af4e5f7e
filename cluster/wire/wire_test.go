package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/cluster/wire/wiretest"
)

var updateWire = flag.Bool("update-wire", false, "rewrite testdata/wire.txt, and keep what changes")

const (
	wireFile    = "testdata/wire.txt"
	earlierFile = "testdata/earlier.txt" // what was in it before
)

// example is a message whose bytes are in testdata/wire.txt. See kinds for how they may change.
type example struct {
	name    string
	message any
}

func examples() []example {
	batch := &canvas.Batch{
		Region: 300, Epoch: 7, From: 1000, To: 1004, Time: 1_700_000_000_000,
		Ops: []canvas.Op{
			{ID: canvas.OpID{Author: 0xA1B2C3D4E5F6, Num: 1}, Name: "Zoë", Pixels: []canvas.Pixel{{Pos: 0xFFFF, Color: 0x123456}, {Pos: 1}}},
			{ID: canvas.OpID{Author: 9, Num: 70_000}, Name: "Al", Alias: true, Spelling: "#aAbBcC", Pixels: []canvas.Pixel{{Pos: 2, Color: 0xAABBCC}}},
		},
	}
	small := &canvas.Batch{Region: 300, Epoch: 7, From: 1004, To: 1005, Ops: []canvas.Op{{ID: canvas.OpID{Author: 9, Num: 2}, Pixels: []canvas.Pixel{{Pos: 3}}}}}
	at := canvas.Position{Epoch: 1_700_000_000, Seq: 70_000}
	ids := []canvas.OpID{{Author: 0xA1B2C3D4E5F6, Num: 1}, {Author: 9, Num: 70_000}}
	keyed := []canvas.OpID{{Author: 0xA1B2C3D4E5F6, Num: 1, Key: canvas.Key{0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 15: 1}}, {Author: 9, Num: 70_000}}
	fromKnown := slices.Clone(batch.Ops)
	for i := range fromKnown {
		fromKnown[i].ID, fromKnown[i].Network = keyed[i], 7
	}
	placed := *small
	placed.Ops = []canvas.Op{{ID: small.Ops[0].ID, User: 0xB1B2C3D4E5F6, Pixels: small.Ops[0].Pixels}, {ID: small.Ops[0].ID, Pixels: []canvas.Pixel{{Pos: 4}}}}
	placed.To++
	traced := *small
	traced.Ops = []canvas.Op{{ID: small.Ops[0].ID, Pixels: small.Ops[0].Pixels, From: 0xC1B2C3D4E5F6, Cause: "rollback 7"}}
	undoing := slices.Clone(traced.Ops)
	undoing[0].Role, undoing[0].Address, undoing[0].Since, undoing[0].Owner = canvas.RoleOwner, canvas.Address{10: 0xFF, 11: 0xFF, 12: 192, 15: 1}, 70_000, 0xA1B2C3D4E5F6
	subject, limit := canvas.Subject{0xA1, 0xB2, 15: 1}, canvas.Limit{Every: 5_000_000, Burst: 2000}
	pointers := []canvas.Pointer{{Author: 9, X: 3, Y: 500}, {Author: 0xA1B2C3D4E5F6, X: canvas.PointerGone, Y: canvas.PointerGone}}
	return []example{
		{"attach", &message.Attach{Stream: 1 << 60, Held: at, Renews: true, Submits: 300}},
		{"attach-rests", &message.Attach{Stream: 1 << 60, Held: at, Renews: true, Submits: 300, Rests: true}},
		{"attach-blank", &message.Attach{}},
		{"submit", &message.Submit{Stream: 1 << 60, N: 5, Ops: batch.Ops}},
		{"submit-none", &message.Submit{}},
		{"submit-again", &message.Submit{Stream: 1 << 60, N: 5, Ops: fromKnown, Again: []message.Again{{After: 70_000}, {Op: 1}}}},
		{"submit-users", &message.Submit{Stream: 1 << 60, N: 5, Ops: placed.Ops}},
		{"submit-terms", &message.Submit{Stream: 1 << 60, N: 5, Ops: undoing}},
		{"detach", &message.Detach{}},
		{"point", &message.Point{Moved: pointers}},
		{"point-beckons", &message.Point{Beckons: pointers[:1]}},
		{"yield", &message.Yield{N: 4}},
		{"yielded", &message.Yielded{N: -1, Served: true}},
		{"attached", &message.Attached{Stream: 1 << 60, Answers: 9, Position: at, Recent: []*canvas.Batch{batch, small}}},
		{"attached-base", &message.Attached{Stream: 2, Position: at, Base: &canvas.Snapshot{Region: 4095, Position: at, Tile: canvas.NewTile(2, 2)}, Recent: []*canvas.Batch{small}}},
		{"attached-users", &message.Attached{Stream: 2, Position: at, Recent: []*canvas.Batch{small, &placed}}},
		{"attached-traced", &message.Attached{Stream: 2, Position: at, Recent: []*canvas.Batch{small, &traced}}},
		{"attached-renewed", &message.Attached{Stream: 2, Position: at}},
		{"attached-rests", &message.Attached{Stream: 2, Position: at, Rests: true}},
		{"resting", &message.Resting{N: 300, Sums: append(make([]uint64, message.RestShares-1), 1<<63)}},
		{"rested", &message.Rested{N: 300, Differ: 1<<63 | 1}},
		{"committed", &message.Committed{Stream: 1 << 60, N: 8, Batch: batch, Acks: ids}},
		{"committed-before", &message.Committed{Stream: 2, Acks: ids[:1]}},
		{"committed-users", &message.Committed{Stream: 2, Batch: &placed, Acks: ids[:1]}},
		{"committed-traced", &message.Committed{Stream: 2, Batch: &traced, Acks: ids[:1]}},
		{"committed-keyed", &message.Committed{Stream: 2, Acks: keyed}},
		{"rejected-keyed", &message.Rejected{Stream: 2, N: 3, Ops: keyed, Why: canvas.RefusedUnsure}},
		{"rejected", &message.Rejected{Stream: 2, N: 3, Ops: ids, Why: canvas.RefusedUnavailable, Retry: 1500 * time.Millisecond}},
		{"lapsed", &message.Lapsed{Stream: 1 << 60}},
		{"pointed", &message.Pointed{Moved: pointers}},
		{"pointed-beckons", &message.Pointed{Moved: pointers, Beckons: pointers[:1]}},
		{"roll", &message.PodUsers{N: 70_000, Full: true, More: true, Joined: []message.Member{{Viewer: 7, User: canvas.User{Author: 9, Name: "Zoë"}}, {Viewer: 300}}, Left: []canvas.ViewerID{1, 1 << 40}}},
		{"roll-renewed", &message.PodUsers{N: 3}},
		{"recall", &message.ResyncUsers{}},
		{"shown", &message.Shown{N: 3, Counted: 4, Full: true, Repeat: true, Count: 1200, Joined: []canvas.User{{Author: 9, Name: "Zoë"}}, Left: []canvas.Author{0xA1B2C3D4E5F6}}},
		{"check", &message.Check{Stream: 1 << 60, N: 300}},
		{"checked", &message.Checked{Stream: 1 << 60, N: 300, Answers: 9, Position: at}},
		{"salvage", &message.Salvage{N: 300}},
		{"salvaged", &message.Salvaged{N: 300, Base: &canvas.Snapshot{Region: 4095, Position: at, Tile: canvas.NewTile(2, 2)}, Recent: []*canvas.Batch{small}}},
		{"salvaged-users", &message.Salvaged{N: 300, Recent: []*canvas.Batch{&placed}}},
		{"salvaged-traced", &message.Salvaged{N: 300, Recent: []*canvas.Batch{&traced}}},
		{"salvaged-none", &message.Salvaged{N: 1}},
		{"inspect", &message.Inspect{Full: true, Connections: 50, Name: "ada", History: true}},
		{"inspect-little", &message.Inspect{}},
		{"inspect-brief", &message.Inspect{Full: true, Brief: true}},
		{"inspect-people", &message.Inspect{Brief: true, People: message.AskPeople{Most: 100, Search: "ada", Addresses: true}}},
		{"report", &message.Report{
			Node: "pod-1", Uptime: 90 * time.Second, Users: 12,
			Kinds: []message.KindReport{{
				Kind: "region", Live: 16, Messages: 70_000, Unhandled: 1, Restarts: 2, DeadLetters: 3, Recent: 500, Deepest: 9, DeepestP99: 4,
				Took: message.Spread{P50: 12 * time.Microsecond, P99: 90 * time.Microsecond},
			}},
			Regions: []message.RegionReport{{
				Region: 300, State: "serving", Epoch: 1_700_000_000, Seq: 70_000, Relays: 3, PendingOps: 4, Pixels: 200,
				Commit: message.Spread{P50: 600 * time.Microsecond, P99: 2 * time.Millisecond},
			}},
			Over: message.Span, Process: message.Process{CPU: time.Second, Memory: 50 << 20, Heap: 10 << 20, GCPause: 400 * time.Microsecond, Goroutines: 120},
			Sockets: message.Sockets{Deliveries: 70_000, MessagesIn: 130, BytesOut: 600_000}, Pixels: 600,
			Commit: message.Spread{P50: 1, P99: 2}, PlaceToAck: message.Spread{P50: 3, P99: 4}, Store: "store is unavailable", Viewers: []int{0, 40},
			Worst: []message.ConnectionReport{{
				Viewer: 70_000, User: canvas.User{Author: 9, Name: "Zoë"}, Since: 1_700_000_000_000, In: 5, Out: 900, BytesOut: 1 << 33, Over: time.Second, Lag: time.Minute, Waiting: 32,
			}},
			Events:  []message.Event{{At: 1_700_000_000_000, Kind: "died", Node: "pod-1", Text: "pod-2 died", Region: -1, Duration: time.Millisecond, Subject: "01"}},
			History: []message.Past{{At: 1_700_000_000, PixelsIn: 600, Deliveries: 70_000, PlaceToAck: time.Millisecond, Connections: 40, Memory: 50 << 20}},
			Placed:  450,
			People: []message.PersonReport{{
				Subject: "0102030405060708090a0b0c0d0e0f10", User: 0x010203040506, Kind: "account", Role: "member", Name: "Zoë", Network: "192.0.2.0/24", From: 0x0A0B0C0D0E0F,
				Connections: 3, Since: 1_700_000_000_000, Viewer: 70_000, Every: 5 * time.Second, Burst: 6, Known: true, Left: 2, Next: 1_700_000_003_500,
			}},
			MorePeople: true,
		}},
		{"report-short", &message.Report{Node: "pod-1"}},
		{"list", &message.List{Kind: "region"}},
		{"listing", &message.Listing{Actors: []message.ActorReport{{Actor: "region/3", State: "serving", Recent: 60, Mailbox: 2}}}},
		{"look", &message.DescribeActor{Actor: "region/3"}},
		{"view", &message.ActorDetails{
			Actor: "region/3", State: "serving", Since: 1_700_000_000_000, Facts: []message.Fact{{Name: "epoch", Value: "7"}},
			Last: []message.HandledReport{{Type: "Submit", At: 1_700_000_000_000, Took: 14 * time.Microsecond}},
		}},
		{"act", &message.Act{Do: "handover", Who: "10.0.0.1", At: 1_700_000_000_000, Target: "region 3 to pod-2", Region: 3, Connection: 70_000, Text: "Zoë"}},
		{"acted", &message.Acted{Error: "there are no other pods"}},
		{"lease", &message.Lease{Subject: subject, Network: canvas.Subject{1: 2}, N: 300, Limit: limit, Least: 1, Want: 101, Unused: 70, Watch: true}},
		{"lease-nobody's", &message.Lease{}},
		{"leased", &message.Leased{Subject: subject, N: 300, Pixels: 101, Full: 1_700_000_000_123_456_789}},
		{"leased-later", &message.Leased{Subject: subject, N: 300, Full: 1_700_000_000_123_456_789, Wait: 5 * time.Second}},
		{"leased-not", &message.Leased{Subject: subject, N: 300, Not: message.LeaseUnavailable}},
		{"unspent", &message.Unspent{Subject: subject, Limit: limit, Pixels: 70}},
		{"yield-allowance", &message.YieldAllowance{Subject: subject, N: 300}},
		{"allowance-yielded", &message.AllowanceYielded{Subject: subject, N: 300, Known: true, Full: 1_700_000_000_123_456_789, Floor: 1_700_000_000_000_000_000}},
		{"move-allowance", &message.MoveAllowance{Subject: subject, Network: canvas.Subject{1: 2}, N: 300, Full: 1_700_000_000_123_456_789, Limit: limit}},
		{"allowance-moved", &message.AllowanceMoved{Subject: subject, N: 300}},
		{"allowances-left", &message.AllowancesLeft{}},
		{"rules-decided", &message.RulesDecided{First: 70_000, Acts: [][]byte{[]byte(`{"n":70000}`), []byte(`{"n":70001}`)}, Held: true}},
		{"rules-obeyed", &message.RulesObeyed{Version: 70_001, Open: []canvas.RegionID{3, 4095}, Held: []canvas.RegionID{0, 300}}},
		{"rules-obeyed-alone", &message.RulesObeyed{Version: 1}},
		{"ask-rules", &message.AskRules{After: 300}},
		{"rules-known", &message.RulesKnown{First: 301, Acts: [][]byte{[]byte(`{"n":301}`)}}},
	}
}

// decoded returns the message in b, or the error of reading it.
func decoded(b []byte) any {
	message, err := Decode(b)
	if err != nil {
		return err
	}
	return message
}

// update writes the golden file anew, and adds to those of earlier versions what was in it.
func update(t *testing.T, now string) {
	t.Helper()
	before, err := os.ReadFile(wireFile)
	earlier, wrong := os.ReadFile(earlierFile)
	if err := errors.Join(err, wrong); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(before)) {
		if !strings.Contains(now+string(earlier), line) {
			earlier = append(earlier, line...)
		}
	}
	if err := errors.Join(os.WriteFile(earlierFile, earlier, 0o644), os.WriteFile(wireFile, []byte(now), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestWire_Golden(t *testing.T) {
	var now strings.Builder
	for _, e := range examples() {
		fmt.Fprintf(&now, "%s %x\n", e.name, Encode(e.message, nil))
	}
	if *updateWire {
		update(t, now.String())
	}
	golden, err := os.ReadFile(wireFile)
	if err != nil {
		t.Fatal(err)
	}
	if now.String() != string(golden) {
		t.Errorf("what travels has changed; in %s:\n%snow:\n%s", wireFile, golden, now.String())
	}
	for _, blank := range blanks() {
		if !slices.ContainsFunc(examples(), func(e example) bool { return reflect.TypeOf(e.message) == reflect.TypeOf(blank) }) {
			t.Errorf("%T has no example", blank)
		}
	}
	lines := strings.Split(strings.TrimSpace(string(golden)), "\n")
	for i, e := range examples() {
		name, digits, _ := strings.Cut(lines[i], " ")
		b, err := hex.DecodeString(digits)
		if err != nil || name != e.name {
			t.Fatalf("line %d: %s, want %s: %v", i, name, e.name, err)
		}
		if got := decoded(b); !reflect.DeepEqual(got, e.message) {
			t.Errorf("%s: decoded\n%+v, want\n%+v", e.name, got, e.message)
		}
	}
}

// blanks are messages of all kinds, by kind.
func blanks() (blanks []any) {
	for kind := uint64(1); formOf(kind) != nil; kind++ {
		blank := decoded([]byte{0x92, wireVersion, byte(kind)})
		blanks = append(blanks, blank)
	}
	return blanks
}

func TestWire_EveryFieldOfEveryKindTravels(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, blank := range blanks() {
		for range 20 {
			message := reflect.New(reflect.TypeOf(blank).Elem())
			fill(message.Elem(), random)
			want := message.Interface()
			if got := decoded(Encode(want, new(Records))); !reflect.DeepEqual(got, want) {
				t.Fatalf("decoded\n%+v, want\n%+v", got, want)
			}
		}
	}
}

// fill sets every field to a value other than zero.
func fill(v reflect.Value, random *rand.Rand) {
	switch v.Interface().(type) {
	case canvas.Color:
		v.SetUint(1 + random.Uint64N(0xFFFFFF))
		return
	case canvas.NetworkID:
		v.SetUint(1 + random.Uint64N(1<<48-1))
		return
	case canvas.Batch:
		v.Set(reflect.ValueOf(randomBatch(random)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), random)
		}
		if person, ok := v.Addr().Interface().(*message.PersonReport); ok {
			person.Pace = canvas.Pace{} // which does not travel
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), random)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), random)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+random.IntN(20), 20))
		for i := range v.Len() {
			fill(v.Index(i), random)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(strings.Repeat("é", 1+random.IntN(40)))
	case reflect.Float64:
		v.SetFloat(1 + random.Float64())
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + random.Int64()>>random.IntN(63))
	default:
		v.SetUint(1 + random.Uint64()>>random.IntN(63)%(1<<(8*v.Type().Size()-1)))
	}
}

func randomBatch(random *rand.Rand) canvas.Batch {
	b := canvas.Batch{Region: canvas.RegionID(random.Uint32()), Epoch: random.Uint64(), From: random.Uint64() >> 1, Time: random.Int64()}
	b.Ops = make([]canvas.Op, 1+random.IntN(20))
	for i := range b.Ops {
		fill(reflect.ValueOf(&b.Ops[i]).Elem(), random)
	}
	for i := range b.Ops { // a batch that travels leaves behind where its ops are from
		op := &b.Ops[i]
		op.ID.Key, op.Network, op.InTurn = canvas.Key{}, 0, false
		op.Role, op.Address, op.Since, op.Owner = 0, canvas.Address{}, 0, 0
	}
	b.To = b.From + uint64(b.Pixels())
	return b
}

// TestWire_KnowsEveryMessage reads the files that declare the messages between pods: their exported
// structs that are not part of another.
func TestWire_KnowsEveryMessage(t *testing.T) {
	var known, messages, parts []string
	for _, blank := range blanks() {
		known = append(known, reflect.TypeOf(blank).Elem().Name())
	}
	files, err := filepath.Glob("../../actors/message/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			if fields, ok := spec.Type.(*ast.StructType); ok {
				messages = append(messages, spec.Name.Name)
				ast.Inspect(fields, func(n ast.Node) bool {
					if name, ok := n.(*ast.Ident); ok {
						parts = append(parts, name.Name)
					}
					return true
				})
			}
			return true
		})
	}
	for _, name := range messages {
		if !slices.Contains(parts, name) && !slices.Contains(known, name) {
			t.Errorf("message.%s is not in the table of the kinds of message", name)
		}
	}
	if len(messages) < len(known) {
		t.Errorf("found only %v, and %v can travel", messages, known)
	}
}

// TestWire_EarlierVersions is about pods of versions that some message has grown since. What they
// send is read, and what they are sent differs only at its end from what they know.
func TestWire_EarlierVersions(t *testing.T) {
	for i, before := range wiretest.Golden(t, earlierFile) {
		message, err := Decode(before)
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
			continue
		}
		const head = 3 // an array, and of how many fields
		if now := Encode(message, nil); !bytes.HasPrefix(now[head:], before[head:]) {
			t.Errorf("line %d: sent as\n%x, which does not begin with\n%x", i+1, now, before)
		}
	}
}

// TestWire_OtherVersions is about pods of two versions in one cluster.
func TestWire_OtherVersions(t *testing.T) {
	longer := bytes.Clone(Encode(&message.Lapsed{Stream: 5}, nil))
	longer[2]++ // fields
	longer = append(longer, 0x93, 1, 2, 3)
	if got, want := decoded(longer), (&message.Lapsed{Stream: 5}); !reflect.DeepEqual(got, want) {
		t.Errorf("with a field more: %+v, want %+v", got, want)
	}
	shorter := bytes.Clone(Encode(&message.Attach{Stream: 5, Submits: 9, Rests: true}, nil))
	shorter[2]--
	if got, want := decoded(shorter[:len(shorter)-1]), (&message.Attach{Stream: 5, Submits: 9}); !reflect.DeepEqual(got, want) {
		t.Errorf("with a field less: %+v, want %+v", got, want)
	}
	for name, b := range map[string][]byte{
		"another version": {0x93, wireVersion + 1, 8, 5},
		"kind 0":          {0x92, wireVersion, 0},
		"a future kind":   {0x93, wireVersion, 0x7F, 5},
		"a huge kind":     {0x92, wireVersion, 0xCF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		if got, ok := decoded(b).(error); !ok {
			t.Errorf("%s: %+v, want an error", name, got)
		}
	}
}

func TestDecode_BrokenBytes(t *testing.T) {
	cases := map[string][]byte{
		"nothing":             {},
		"no array":            {0x01},
		"a map":               {0x81, 1, 1},
		"2^32-1 fields":       {0xDD, 0xFF, 0xFF, 0xFF, 0xFF, wireVersion, 8},
		"2^32-1 acks":         {0x96, wireVersion, 1, 1, 1, 0xC0, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF},
		"a batch of 2^32-1":   {0x96, wireVersion, 1, 1, 1, 0xC6, 0xFF, 0xFF, 0xFF, 0xFF},
		"a tile of 2^32-1":    {0x97, wireVersion, 6, 1, 1, 1, 1, 0x94, 1, 1, 1, 0xC6, 0xFF, 0xFF, 0xFF, 0xFF},
		"a batch of text":     {0x96, wireVersion, 1, 1, 1, 0xA3, 'a', 'b', 'c', 0x90},
		"a nil batch in list": {0x97, wireVersion, 6, 1, 1, 1, 1, 0xC0, 0x91, 0xC0},
		"an ack of 3":         {0x96, wireVersion, 1, 1, 1, 0xC0, 0x91, 0x93, 1, 2, 3},
		"a number too large":  {0x93, wireVersion, 3, 0x91, 0x93, 1, 0xCE, 0, 1, 0, 0, 1},
		"a nested array":      append([]byte{0x94, wireVersion, 12, 1}, bytes.Repeat([]byte{0x91}, 1<<20)...),
		"a byte too many":     append(Encode(&message.Lapsed{Stream: 5}, nil), 0),
	}
	for _, e := range examples() {
		whole := Encode(e.message, nil)
		for n := range whole {
			cases[fmt.Sprintf("%d of the %d bytes of %s", n, len(whole), e.name)] = whole[:n]
		}
	}
	for name, b := range cases {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := decoded(b)
		runtime.ReadMemStats(&after)
		if _, ok := got.(error); !ok {
			t.Errorf("%s: %+v, want an error", name, got)
		}
		if allocated, bound := after.TotalAlloc-before.TotalAlloc, uint64(64<<10+35*len(b)); allocated > bound {
			t.Errorf("%s: allocates %d bytes, at most %d", name, allocated, bound)
		}
	}
}

func FuzzDecode(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, e := range examples() {
		f.Add(Encode(e.message, nil))
	}
	for _, blank := range blanks() {
		message := reflect.New(reflect.TypeOf(blank).Elem())
		fill(message.Elem(), random)
		f.Add(Encode(message.Interface(), nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		message := decoded(b)
		if _, ok := message.(error); ok {
			return
		}
		if again := decoded(Encode(message, nil)); !reflect.DeepEqual(again, message) {
			t.Fatalf("written and read again: %+v, want %+v", again, message)
		}
	})
}

// TestPacker_Allocations: one for the bytes, another if they are more than smallMessage, and then
// slices.Grow needs one more under the race detector.
func TestPacker_Allocations(t *testing.T) {
	p, known := newPacker(), new(Records)
	batch := &message.Committed{Batch: wiretest.BusyBatch(100)}
	Encode(batch, known)
	for _, c := range []struct {
		kind    uint64
		message any
		want    float64
	}{{5, &message.Attach{Stream: 1 << 60, Held: canvas.Head()}, 1}, {1, batch, 3}} {
		n := testing.AllocsPerRun(1000, func() {
			p.begin(c.kind, known)
			formOf(c.kind).write(p, c.message)
			p.finish()
		})
		if n > c.want {
			t.Errorf("%T: allocates %v times, at most %v", c.message, n, c.want)
		}
	}
}
