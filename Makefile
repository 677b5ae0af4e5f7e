# Everything a maintainer runs. `make help` lists it.

SHELL   := /bin/bash -o pipefail
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# -w: no debugging information, a quarter of the program, which linking is quicker without. Stack traces don't need it.
LDFLAGS := -w -X pixelplayground/cmd/commandline.stamp=$(VERSION)
IMAGE   ?= pixel-playground:$(VERSION)

# One package or test: make race PKG=./actors/... RUN=TestRegion
PKG      ?= ./...
RUN      ?=
BENCH    ?= .
FUZZTIME ?= 20s

.DEFAULT_GOAL := help
.NOTPARALLEL: # the checks come in the order in which they find things
.PHONY: help run cluster build test tools lint race web e2e bench fuzz image

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start the server; options: make run ARGS="--listen :8080"
	@.ci/compile "$(LDFLAGS)" playground && exec bin/playground $(ARGS)

cluster: ## redis-server, two gateways and two canvas servers on 127.0.0.x; options: make cluster ARGS="--canvases 3"
	@.ci/compile "$(LDFLAGS)" cluster playground pixelctl && exec bin/cluster $(ARGS)

build: ## make bin/playground and bin/pixelctl
	go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/...

test: tools lint race web e2e ## all checks and tests; installs what they need where it may

tools:
	@.ci/tools

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet -tags e2e ./...
	go tool staticcheck -tags e2e ./...

# The manifests are read by one goroutine, with libraries that are a fourth of all there is to compile: that would be for nothing.
# Each package is vetted in lint.
MANIFESTS = ./k8s/...
race: ## all Go tests, with the race detector where there is more than one goroutine
ifeq ($(PKG),./...)
	go test -race -vet=off -timeout 10m $(if $(RUN),-run '$(RUN)') $$(go list ./... | grep -vx '.*/k8s\(/.*\)\?')
	go test -vet=off $(if $(RUN),-run '$(RUN)') $(MANIFESTS)
else
	go test -race -timeout 10m $(if $(RUN),-run '$(RUN)') $(PKG)
endif

web: ## the page's unit tests
	node --test web/test/*.js

# The tests that start processes and need what cmd/playground does not export. Its others are in race.
INSIDE = $(shell sed -n 's/^func \(Test[A-Za-z_]*\).*/\1/p' $$(grep -l '^//go:build e2e' cmd/playground/*_test.go) | paste -sd'|')

# Of the parallel tests, which mostly wait, the two longest take all the time that the others need together: hence three.
e2e: ## the server as a process, a browser, clusters of processes that are killed
	go test -tags e2e -vet=off -count=1 -parallel 3 -timeout 15m $(if $(RUN),-run '$(RUN)' ./cmd/playground/...,./cmd/playground/e2e)
	$(if $(RUN),,go test -tags e2e -vet=off -count=1 -timeout 5m -run '^($(INSIDE))$$' ./cmd/playground)
	$(if $(RUN),,go test -vet=off -count=1 -timeout 2m -run Busy ./cluster)

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
