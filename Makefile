# Everything a maintainer runs. `make help` lists it.

SHELL   := /bin/bash -o pipefail
MODULE  := $(shell sed -n 's/^module //p' go.mod)
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# -w: no debugging information, a quarter of the program. Stack traces don't need it.
LDFLAGS := -w -X $(MODULE)/cmd/commandline.stamp=$(VERSION)
IMAGE   ?= pixel-playground:$(VERSION)

# One package or test: make race PKG=./actors/... RUN=TestRegion
PKG      ?= ./...
RUN      ?=
BENCH    ?= .
FUZZTIME ?= 20s
# Of a package
NUMBER   ?= 0.0.0

# As in the image: without C. Then nothing but the race detector needs a C compiler, and all others share what is compiled once.
export CGO_ENABLED = 0
# Compiling takes an eighth less without debugging information. What is compiled for a release does not know where its sources were:
# nor does anything else, so that it is compiled once.
LEAN := -trimpath -gcflags=all=-dwarf=false
# The compiler's garbage is collected less often: that would be an eighth of its time. Not that of the tests: some judge their memory.
COMPILING := GOGC=400
export GOFLAGS := $(filter-out $(LEAN),$(shell go env GOFLAGS 2>/dev/null)) $(LEAN)

.DEFAULT_GOAL := help
.PHONY: help run cluster build test tools lint vet staticcheck servers raced race web ready e2e upgrade npm rename bench fuzz image dist packages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start the server; options: make run ARGS="--listen :8080"
	@.ci/compile "$(LDFLAGS)" playground && exec bin/playground $(ARGS)

cluster: ## redis-server, two gateways and two canvas servers on 127.0.0.x; options: make cluster ARGS="--canvases 3"
	@.ci/compile "$(LDFLAGS)" cluster playground pixelctl && exec bin/cluster $(ARGS)

build: ## make bin/playground and bin/pixelctl
	go build -ldflags "$(LDFLAGS)" -o bin/ ./cmd/...

# Much of the time is waiting: for downloads at first, and for timeouts in e2e. What only needs the processor runs beside it, and
# gives way, because e2e judges pauses: one after the other, what may find faults soon first. Tests do not run beside tests of
# processes: some judge pauses too.
test: ## all checks and tests; installs what they need where it may
	@.ci/tools able
	@$(MAKE) --no-print-directory -j2 tools ready servers SERVERS=$(SIGN_IN)
	@$(MAKE) --no-print-directory -j2 POLITELY='nice -n 15' e2e vet raced servers staticcheck web packages
	@$(MAKE) --no-print-directory race
	$(PROCESSES) -run '$(GREEDY)' ./cmd/playground/e2e
	$(BUSY)

tools:
	@.ci/tools

lint: vet staticcheck ## gofmt, go vet, staticcheck

vet:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(COMPILING) $(POLITELY) go vet -tags e2e,upgrade ./...

# It needs every package and its tests compiled: it takes what is compiled for the race detector. `go tool` would compile staticcheck,
# and the standard library with it, once more: it ignores GOFLAGS.
staticcheck:
	$(COMPILING) $(POLITELY) go build -o bin/ honnef.co/go/tools/cmd/staticcheck
	$(COMPILING) CGO_ENABLED=1 GOFLAGS="$(GOFLAGS) $(RACED)" $(POLITELY) bin/staticcheck -tags e2e $(call all-but,$(ALONE) $(E2E))
	$(COMPILING) $(POLITELY) bin/staticcheck -tags e2e $(ALONE) $(E2E)

# With cgo, which the detector needs. It would wait a second at the end of each process, for goroutines that our tests don't leave.
RACE = CGO_ENABLED=1 GORACE=atexit_sleep_ms=0 $(POLITELY) go test $(RACED) -timeout 10m $(if $(RUN),-run '$(RUN)')
# The race detector has its own of every package. Compiling takes a fifth less where libraries are not inlined, and
# tests that spend their time in libraries take up to a fifth more.
RACED = -race -gcflags=all=-dwarf=false $(foreach host,github.com go.opentelemetry.io golang.org/x google.golang.org gopkg.in,'-gcflags=$(host)/...=-dwarf=false -l')
# In these there is one goroutine, so the detector would find nothing: tests with many use them elsewhere. With it actors/record would
# take ten times as long. The libraries that read manifests are a fourth of all there is to compile.
# Each package is vetted in lint.
ALONE = $(addprefix $(MODULE)/,actors/canvas actors/oplog actors/record k8s k8s/manifest)
E2E = $(MODULE)/cmd/playground/e2e
all-but = $$(go list ./... | grep -vxF "$$(printf '%s\n' $1)")
TOGETHER = $(call all-but,$(ALONE))
# Servers that tests run. What these need is compiled first, and not while tests wait for it. e2e runs only that for signing in.
SERVERS = $(dir $(shell find . -mindepth 2 -name go.mod))
SIGN_IN = transport/auth/openidtest/server
servers:
	@for server in $(SERVERS); do (cd $$server && $(COMPILING) $(POLITELY) go list -export -deps . >/dev/null) || exit; done

raced: # what the race detector's tests need is compiled
	@CGO_ENABLED=1 $(COMPILING) $(POLITELY) go list $(RACED) -export -test -deps $(TOGETHER) >/dev/null

race: $(if $(filter ./...,$(PKG)),servers raced) ## all Go tests, with the race detector where there is more than one goroutine
ifeq ($(PKG),./...)
# Of packages on two processors some always wait: hence four.
	$(RACE) -vet=off -p 4 $(TOGETHER)
	$(POLITELY) go test -vet=off $(if $(RUN),-run '$(RUN)') $(ALONE)
else
	$(RACE) $(PKG)
endif

web: ## the page's unit tests
	$(POLITELY) node --test web/test/*.js

# The tests that start processes and need what cmd/playground does not export. Its others are in race.
INSIDE = $(shell sed -n 's/^func \(Test[A-Za-z_]*\).*/\1/p' $$(grep -l '^//go:build e2e' cmd/playground/*_test.go) | paste -sd'|')
# Nothing may run beside these: one takes all processors for half a minute, the other judges how busy the machine is.
GREEDY = ^TestMemory_
BUSY = go test -tags e2e -vet=off -count=1 -timeout 2m -run Busy ./cluster

ready: # what e2e needs is compiled
	$(COMPILING) go list -export -deps ./cmd/pixelctl >/dev/null
	$(COMPILING) go list -export -deps -test -tags e2e ./cmd/playground $(E2E) >/dev/null

PROCESSES = go test -tags e2e -vet=off -count=1 -timeout 15m
e2e: ## the server as a process, a browser, clusters of processes that are killed
	$(PROCESSES) $(if $(RUN),-run '$(RUN)' ./cmd/playground/...,$(if $(POLITELY),-skip '$(GREEDY)') ./cmd/playground/e2e)
	$(if $(RUN),,go test -tags e2e -vet=off -count=1 -timeout 5m -run '^($(INSIDE))$$' ./cmd/playground)
	$(if $(RUN)$(POLITELY),,$(BUSY))

# It builds the program of before out of the history, which a shallow clone does not have: so it is no part of test.
upgrade: ## roll from a revision to this tree and back, under load: make upgrade FROM=v0.2.0; keep what it leaves: KEEP=0.2.0
	@git rev-parse -q --verify '$(FROM)^{commit}' >/dev/null || { echo "make: FROM=$(FROM): must be a revision of this history, for example make upgrade FROM=v0.2.0 (a shallow clone has none: git fetch --unshallow --tags)"; exit 1; }
	@before=$$(mktemp -d) && trap 'rm -rf "$$before"' EXIT && mkdir "$$before/source" && git archive '$(FROM)' | tar x -C "$$before/source" \
	  && (cd "$$before/source" && go build -ldflags "-w -X $$(go list -m)/cmd/commandline.stamp=$(FROM)" -o ../playground ./cmd/playground) \
	  && UPGRADE_FROM="$$before/playground" UPGRADE_KEEP='$(KEEP)' go test -tags e2e,upgrade -vet=off -count=1 -timeout 15m -v \
	    -run '^TestUpgrade_$(if $(KEEP),Keep,(Roll|Server))$$' ./cmd/playground/e2e

npm: ## the npm package of the JavaScript client, in bin/: make npm NUMBER=1.2.3
	@mkdir -p bin && go run ./transport/client/javascript/npm bin/pixelplayground-client-$(NUMBER).tgz $(NUMBER)
	@echo bin/pixelplayground-client-$(NUMBER).tgz

rename: ## give the Go module a path that others can import: make rename TO=github.com/you/pixelplayground
	@.ci/rename '$(TO)'

packages: # what a release has can be installed, runs, and is the same when it is made again
	cd cmd/dist && $(COMPILING) $(POLITELY) go test -vet=off -count=1 -timeout 20m ./...

bench: ## Go benchmarks (one: BENCH=Canvas PKG=./transport/api), then the whole server beside a raw loop (another part: ARGS=one)
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)
	go build -ldflags "$(LDFLAGS)" -o bin/ ./cmd/playground ./cmd/bench
	bin/bench --server bin/playground $(or $(ARGS),fanout)

fuzz: ## each fuzz test for FUZZTIME (20s)
	@set -e; for package in $$(go list $(PKG)); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "== $$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
	  done; \
	done

image: ## the container image, stamped with the version
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

dist: ## all that a release has, in dist/: programs for each system, packages, a container image, SBOMs, checksums
	cd cmd/dist && $(COMPILING) go run . --stamp $(VERSION) --out $(CURDIR)/dist
