package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "pixelplayground/"

// imported is what `go list -json` reports about a package.
type imported struct {
	ImportPath string
	Imports    []string // of its code without tests, which may import anything
}

// arrow says what one package may import.
type arrow struct {
	from  string   // path in this module
	may   []string // paths in this module; "*": all
	uses  []string // third-party modules, by the beginning of their packages' paths; "*": all
	never []string // packages of the standard library, and those below them
}

// arrows says which package may import which. Pixels know nothing; actors know neither sockets nor
// encodings; transport and cluster don't know each other; only the server's main knows everything.
func arrows() []arrow {
	const (
		allowances = "actors/allowances"
		aside      = "actors/standaside"
		canvas     = "actors/canvas"
		mailbox    = "actors/mailbox"
		message    = "actors/message"
		oplog      = "actors/oplog"
		record     = "actors/record"
		regions    = "actors/regions"
		rollback   = "actors/record/rollback"
		rollbacks  = "actors/rollbacks"
		journey    = "actors/journey"
		health     = "actors/storehealth"
		decisions  = "actors/decisions"
		rules      = "actors/rules"
		store      = "actors/store"
		telemetry  = "actors/telemetry"
		loadtest   = "cmd/pixelctl/loadtest"
		wireClient = "transport/client/wire"
	)
	io := []string{"net", "os", "syscall"}
	wire := slices.Concat(io, []string{"encoding/json", "encoding/binary", "encoding/gob", "compress"})
	return []arrow{
		{from: canvas, never: io},
		{from: allowances, may: []string{canvas, mailbox, message, store, telemetry}, uses: []string{"github.com/asynkron/protoactor-go/actor"}, never: wire},
		{from: decisions, may: []string{canvas, mailbox, message, rules, store, telemetry}, uses: []string{"github.com/asynkron/protoactor-go/actor"}, never: wire},
		{from: health, may: []string{canvas, message, telemetry}, never: wire},
		{from: aside, may: []string{message, telemetry}, never: wire},
		{from: mailbox, uses: []string{"github.com/asynkron/protoactor-go", "github.com/orcaman/concurrent-map"}, never: wire},
		{from: message, may: []string{canvas}, never: slices.Concat(wire, []string{"context", "sync"})},
		{from: oplog, may: []string{canvas}, never: slices.Concat(wire, []string{"context", "sync"})},
		{from: rules, may: []string{canvas}, never: slices.Concat(io, []string{"context", "sync"})},
		{from: journey, may: []string{canvas}, never: slices.Concat(io, []string{"context", "sync"})},
		{from: "transport/otlp", may: []string{journey}},
		{from: telemetry, may: []string{canvas, journey, mailbox, message}, uses: []string{"github.com/asynkron/protoactor-go"}, never: wire},
		{from: "codec", may: []string{canvas}, uses: []string{"github.com/vmihailenco/msgpack/v5"}, never: io},
		{from: store, may: []string{canvas}, never: io},
		{from: "actors/store/memory", may: []string{canvas, store}, never: io},
		{from: "actors/store/storetest", may: []string{canvas, store}},
		{from: "actors/store/backup", may: []string{canvas, store}, uses: []string{"github.com/klauspost/compress/zstd"}, never: io},
		{from: record, may: []string{canvas, record + "/cache", record + "/pacing", record + "/table"}, uses: []string{"github.com/parquet-go/parquet-go"}, never: io},
		{from: record + "/cache", never: io},
		{from: record + "/pacing", uses: []string{"github.com/parquet-go/parquet-go/compress"}, never: io},
		{from: record + "/table", uses: []string{"github.com/parquet-go/parquet-go"}, never: io},
		{from: rollbacks, may: []string{canvas, record, rollback, rules, store}, never: io},
		{from: rollback, may: []string{canvas, record, rules}, never: io},
		{from: "actors/disk", uses: []string{"golang.org/x/sys"}},
		{from: "actors/record/files", may: []string{canvas, "actors/disk", record, "actors/store/bucket"}},
		{from: "actors/record/recordtest", may: []string{canvas, record}},
		{from: "actors/store/bucket", uses: []string{"github.com/minio/minio-go/v7"}},
		{from: "actors/store/bucket/buckettest", may: []string{"cmd/commandline/programtest"}, uses: []string{"github.com/minio/minio-go/v7"}},
		{from: "actors/store/bolt", may: []string{canvas, "actors/disk", store}, uses: []string{"go.etcd.io/bbolt"}},
		{from: "actors/store/redis", may: []string{canvas, store}, uses: []string{"github.com/redis/go-redis/v9"}},
		{from: "actors/store/redis/redistest"},
		{from: regions, may: []string{aside, canvas, decisions, health, journey, mailbox, message, oplog, record, rules, store, telemetry}, uses: []string{"github.com/asynkron/protoactor-go/actor"}, never: wire},
		{from: "actors", may: []string{allowances, aside, canvas, decisions, health, journey, mailbox, message, oplog, regions, rollback, rollbacks, rules, store, telemetry}, uses: []string{"github.com/asynkron/protoactor-go"}, never: wire},
		{from: "cluster", may: []string{"actors", allowances, aside, canvas, decisions, message, "cluster/peer"}, uses: []string{
			"github.com/asynkron/protoactor-go/actor", "github.com/hashicorp", "github.com/vmihailenco/msgpack/v5",
		}},
		{from: "cluster/peer", may: []string{canvas, mailbox, message, "cluster/wire"}, uses: []string{
			"github.com/asynkron/protoactor-go", "google.golang.org/grpc", "google.golang.org/protobuf",
		}},
		{from: "cluster/wire", may: []string{canvas, message, store}, uses: []string{"github.com/vmihailenco/msgpack/v5"}, never: io},
		{from: "cluster/wire/wiretest", may: []string{canvas}},
		{from: "cluster/clustertest", uses: []string{"github.com/hashicorp/memberlist"}},
		{from: "transport/inbox", may: []string{canvas}, never: io},
		{from: "transport/netpoll", uses: []string{"golang.org/x/sys"}},
		{from: "transport/quota", may: []string{canvas}, uses: []string{"golang.org/x/time"}},
		{from: "transport/pace", uses: []string{"golang.org/x/sys"}, never: io},
		{from: "transport/stats", may: []string{"codec"}, never: io},
		{from: "transport/auth", may: []string{canvas, store, "transport/api/answer", "transport/auth/botkey", "transport/auth/openid", "transport/quota"}, uses: []string{
			"github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4", "golang.org/x/oauth2",
		}},
		{from: "transport/auth/botkey", may: []string{canvas, store}, never: io},
		{from: "transport/auth/openid", may: []string{canvas}, uses: []string{"github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4"}},
		{from: "transport/auth/openidtest", may: []string{"cmd/commandline/programtest"}, uses: []string{"github.com/go-jose/go-jose/v4"}},
		{from: "transport/upgrade", may: []string{canvas, "codec", "transport/auth", "transport/quota", "transport/stats"}, uses: []string{"github.com/pires/go-proxyproto"}},
		{from: "transport/upgrade/upgradetest", may: []string{"codec"}},
		{from: "transport/frames", may: []string{"actors", canvas, "codec"}, uses: []string{"github.com/gobwas"}, never: io},
		{from: "transport", may: []string{"actors", canvas, journey, message, rules, "codec", "transport/auth", "transport/frames", "transport/inbox", "transport/netpoll", "transport/pace", "transport/quota", "transport/stats", "transport/upgrade"}, uses: []string{"github.com/gobwas"}},
		{from: "transport/api/answer", may: []string{"transport/quota"}, uses: []string{"github.com/andybalholm/brotli"}},
		{from: "transport/api/metrics", may: []string{canvas, message, telemetry, "transport/api/answer", "transport/stats"}, uses: []string{"github.com/prometheus/client_golang"}},
		{from: "transport/api/admin", may: []string{"actors", canvas, message, rules, telemetry, "transport/api/answer", "transport/quota", "web/bundle"}, uses: []string{"golang.org/x/time"}},
		{from: "transport/api/history", may: []string{canvas, record, "codec", "transport/api/answer", "transport/quota"}},
		{from: "transport/api/describe", may: []string{"transport/api/answer"}, uses: []string{"gopkg.in/yaml.v3"}},
		{from: "transport/api/history/historytest", may: []string{canvas, record}},
		{from: "transport/api/moderation", may: []string{"actors", canvas, message, rollback, rules, store, "transport/api/answer", "transport/auth", "transport/quota"}},
		{from: "transport/api/templates", may: []string{"transport/api/answer"}},
		{from: "transport/api", may: []string{"actors", canvas, rules, store, telemetry, "codec", "transport/api/admin", "transport/api/answer", "transport/api/describe", "transport/api/history", "transport/api/metrics", "transport/api/moderation", "transport/api/templates", "transport/auth", "transport/quota", "transport/stats", "web/bundle"}},
		{from: wireClient, may: []string{canvas, "codec"}, uses: []string{"github.com/gobwas"}},
		{from: "transport/client", may: []string{canvas, "codec", wireClient}, uses: []string{"github.com/gobwas"}},
		{from: "transport/client/clienttest", may: []string{canvas, "codec"}, uses: []string{"github.com/gobwas"}},
		{from: "transport/client/conformance", may: []string{canvas, "codec", "transport/client/javascript"}},
		{from: "transport/client/conformance/godriver", may: []string{canvas, "codec", "transport/client"}},
		{from: "transport/client/examples/picture", may: []string{canvas, "transport/client"}},
		{from: "transport/client/javascript", may: []string{"web", "web/bundle"}},
		{from: "transport/client/javascript/npm", may: []string{"transport/client/javascript"}},
		{from: "actors/telemetry/logtest"},
		{from: "web"},
		{from: "web/bundle", uses: []string{"github.com/tdewolff"}, never: io},
		{from: "cmd/commandline/programtest"},
		{from: "cmd/commandline/s3", may: []string{"actors/store/bucket"}},
		{from: "cmd/commandline", uses: []string{"github.com/alecthomas/kong"}},
		{from: "cmd/pixelctl/dataset", may: []string{canvas, record}, uses: []string{"github.com/klauspost/compress/gzip", "github.com/parquet-go/parquet-go"}},
		{from: "cmd/pixelctl/govern", may: []string{canvas, rules, "cmd/commandline", loadtest + "/target"}},
		{from: "cmd/pixelctl/past", may: []string{canvas, record, "actors/record/files", "actors/store/bucket"}},
		{from: "cmd/pixelctl/rebuild", may: []string{canvas, record, store, "actors/store/bolt", "cmd/pixelctl/dataset"}},
		{from: "cmd/pixelctl/timelapse", may: []string{canvas}, uses: []string{"github.com/klauspost/compress/zlib"}},
		{from: "cmd/pixelctl", may: []string{
			canvas, record, "actors/record/files", "codec", "transport/client", "cmd/commandline", "cmd/commandline/s3",
			"cmd/pixelctl/dataset", "cmd/pixelctl/govern", "cmd/pixelctl/past", "cmd/pixelctl/rebuild", "cmd/pixelctl/timelapse", loadtest, loadtest + "/allowance", loadtest + "/chaos", loadtest + "/contend",
			loadtest + "/fleet", loadtest + "/report", loadtest + "/target",
		}, uses: []string{"*"}},
		{from: loadtest, may: []string{canvas, loadtest + "/crew", loadtest + "/fleet", loadtest + "/ledger", loadtest + "/report", loadtest + "/target"}, uses: []string{"*"}},
		{from: loadtest + "/allowance", may: []string{canvas, "codec", wireClient, loadtest + "/fleet", loadtest + "/report", loadtest + "/target"}, uses: []string{"github.com/gobwas"}},
		{from: loadtest + "/chaos", may: []string{
			canvas, record, rules, "cmd/pixelctl/govern", "codec", "transport/client", wireClient, loadtest + "/audit", loadtest + "/crew", loadtest + "/fleet", loadtest + "/obedience", loadtest + "/recorded",
			loadtest + "/report", loadtest + "/target",
		}},
		{from: loadtest + "/obedience", may: []string{canvas, rules, wireClient, loadtest + "/report"}},
		{from: loadtest + "/contend", may: []string{canvas, record, "codec", wireClient, loadtest + "/fleet", loadtest + "/pattern", loadtest + "/recorded", loadtest + "/report", loadtest + "/target"}, uses: []string{"github.com/anishathalye/porcupine"}},
		{from: loadtest + "/crew", may: []string{canvas, "codec", wireClient, loadtest + "/fleet", loadtest + "/ledger", loadtest + "/report"}},
		{from: loadtest + "/fleet", may: []string{canvas, "cmd/commandline", "codec", wireClient, loadtest + "/ledger", loadtest + "/pattern", loadtest + "/report", loadtest + "/target"}, uses: []string{
			"github.com/gobwas", "golang.org/x/time",
		}},
		{from: loadtest + "/audit", may: []string{canvas, loadtest + "/pattern", loadtest + "/report"}, never: io},
		{from: loadtest + "/recorded", may: []string{canvas, record, loadtest + "/target", "cmd/pixelctl/past"}},
		{from: loadtest + "/ledger", may: []string{canvas}, never: io},
		{from: loadtest + "/pattern", may: []string{canvas}, never: io},
		{from: loadtest + "/report", may: []string{"web"}, uses: []string{"github.com/HdrHistogram/hdrhistogram-go", "github.com/dustin/go-humanize", "golang.org/x/term"}},
		{from: loadtest + "/target", uses: []string{"github.com/prometheus/common"}},
		{from: loadtest + "/report/reporttest", may: []string{loadtest + "/report"}},
		{from: "cmd/cluster", may: []string{"cmd/commandline"}},
		{from: "cmd/bench", may: []string{canvas, "codec", wireClient, "cmd/commandline", loadtest + "/target"}, uses: []string{"*"}},
		{from: "k8s/manifest", uses: []string{"k8s.io", "sigs.k8s.io"}},
		{from: "cmd/playground/settings", may: []string{"actors", canvas, record, store, "codec", "cluster/wire", "actors/store/bolt", "actors/store/bucket", "actors/store/redis", "cluster", "cluster/peer", "cmd/commandline", "transport", "transport/api", "transport/api/admin", "transport/auth", "transport/auth/openid", "transport/quota"}, uses: []string{
			"github.com/alecthomas/kong", "gopkg.in/yaml.v3",
		}},
		{from: "cmd/playground/backup", may: []string{canvas, store, "actors/store/backup", "actors/store/bolt", "actors/store/bucket", "actors/store/redis", "cmd/commandline", "cmd/commandline/s3", "cmd/playground/process", "cmd/playground/settings"}},
		{from: "cmd/playground/doctor", may: []string{"actors/store/bolt", "actors/store/bucket", "actors/store/redis", "cmd/commandline", "cmd/commandline/s3", "cmd/playground/process", "cmd/playground/settings", "transport/api", "transport/auth/openid"}, uses: []string{"golang.org/x/sys"}},
		{from: "cmd/playground/gateway", may: []string{message, "cluster", "transport", "transport/stats"}, never: io},
		{from: "cmd/playground/process", may: []string{message}},
		{from: "cmd/playground", may: []string{"*"}, uses: []string{"*"}},
	}
}

// refused lists the imports that no arrow allows.
func refused(packages []imported, arrows []arrow) (faults []string) {
	for _, p := range packages {
		from := strings.TrimPrefix(p.ImportPath, module)
		at := slices.IndexFunc(arrows, func(a arrow) bool { return a.from == from })
		if at < 0 {
			if len(p.Imports) > 0 {
				faults = append(faults, from+" has no arrows: add it to the table")
			}
			continue
		}
		for _, to := range p.Imports {
			if !arrows[at].allows(to) {
				faults = append(faults, fmt.Sprintf("%s must not import %s", from, strings.TrimPrefix(to, module)))
			}
		}
	}
	return faults
}

func (a arrow) allows(to string) bool {
	below := func(parent string) bool { return parent == "*" || to == parent || strings.HasPrefix(to, parent+"/") }
	if inside, ok := strings.CutPrefix(to, module); ok {
		return slices.Contains(a.may, inside) || slices.Contains(a.may, "*")
	}
	if first, _, _ := strings.Cut(to, "/"); strings.Contains(first, ".") {
		return slices.ContainsFunc(a.uses, below)
	}
	return to == "net/netip" || !slices.ContainsFunc(a.never, below) // which only reckons with addresses
}

func TestImports_FollowTheArrows(t *testing.T) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	list.Dir = "../.."
	var stderr strings.Builder
	list.Stderr = &stderr
	output, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var packages []imported
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p imported
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 5 {
		t.Fatalf("go list shows only %v", packages)
	}
	for _, fault := range refused(packages, arrows()) {
		t.Error(fault)
	}
}

// TestImports_Refused: the check finds the imports that it should find.
func TestImports_Refused(t *testing.T) {
	for _, test := range []struct {
		from, to string
		ok       bool
	}{
		{"actors", module + "codec", false},
		{"actors", module + "transport", false},
		{"actors", "net/http", false},
		{"actors", "encoding/json", false},
		{"actors", module + "actors/store/bolt", false},
		{"actors", module + "actors/store", true},
		{"actors/regions", module + "actors", false},
		{"actors", "strings", true},
		{"actors/rules", "net/netip", true},
		{"actors/rules", "net", false},
		{"actors/oplog", module + "actors/message", false},
		{"actors/message", module + "actors", false},
		{"cluster/wire", module + "actors", false},
		{"actors/canvas", "github.com/vmihailenco/msgpack/v5", false},
		{"transport", module + "cluster", false},
		{"cluster", module + "transport", false},
		{"transport", "github.com/asynkron/protoactor-go/actor", false},
		{"transport", "github.com/gobwas/ws", true},
		{"codec", "github.com/vmihailenco/msgpack/v5/msgpcode", true},
		{"codec", "github.com/vmihailenco/msgpack/v55", false},
		{"cmd/pixelctl", module + "actors", false},
		{"cmd/playground", module + "cluster", true},
		{"misc", "strings", false},
	} {
		faults := refused([]imported{{ImportPath: module + test.from, Imports: []string{test.to}}}, arrows())
		if (len(faults) == 0) != test.ok {
			t.Errorf("%s imports %s: got %v", test.from, test.to, faults)
		}
	}
}
