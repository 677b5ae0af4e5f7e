// Package storetest is the contract of store.Store and store.Documents as tests. Every store runs them
// against itself, so that regions need not know which one they have:
//
//	storetest.Run(t, storetest.Harness{Blank: ..., Lasting: true})
package storetest

import (
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// LogPixels is the bound of the log per region that the store under test must be set to.
const LogPixels = 2000

// Geometry is the canvas of all tests: 4 x 3 regions of 16 pixels, those at the right
// edge cut to a width of 2 and those at the lower edge to a height of 8.
func Geometry() canvas.Geometry { return canvas.Geometry{Width: 50, Height: 40, Region: 16} }

// Regions of Geometry that tests use.
const (
	whole  canvas.RegionID = 5  // 16x16
	other  canvas.RegionID = 6  // 16x16
	corner canvas.RegionID = 11 // 2x8
)

// Harness tells Run about the store under test.
type Harness struct {
	// Blank makes a blank canvas of Geometry, and returns a function that opens a store on it with a
	// log of LogPixels and a buffer: see store.Keep. The tests close every store they open; t.Cleanup
	// does the rest of the tidying up.
	Blank func(t *testing.T) (open func(buffer int) store.Store)
	// Lasting says that a reopened store has what it had before.
	Lasting bool
	// Shared says that several stores can be open on one canvas, as pods share a Redis.
	Shared bool
}

// Run runs all tests, each on a canvas of its own.
func Run(t *testing.T, h Harness) {
	tests := []struct {
		name string
		run  func(f *fixture)
	}{
		{"ClaimOfBlankRegion", claimOfBlankRegion},
		{"ClaimRaisesEpoch", claimRaisesEpoch},
		{"ClaimGivesState", claimGivesState},
		{"ClaimTileIsCallersOwn", claimTileIsCallersOwn},
		{"ClaimFencesFormerOwner", claimFencesFormerOwner},
		{"ClaimIsTokenToo", claimIsTokenToo},
		{"HoldsTellsWhoseTheClaimIs", holdsTellsWhoseTheClaimIs},
		{"ClaimsTellOfEveryClaim", claimsTellOfEveryClaim},
		{"MendReplacesAll", mendReplacesAll},
		{"MendWithoutLog", mendWithoutLog},
		{"MendOfLostClaim", mendOfLostClaim},
		{"ReleaseEndsClaim", releaseEndsClaim},
		{"FenceEndsClaim", fenceEndsClaim},
		{"ReleaseOfStaleClaimDoesNothing", releaseOfStaleClaimDoesNothing},
		{"CommitIsAllOrNothing", commitIsAllOrNothing},
		{"CommitRepeated", commitRepeated},
		{"CommitThatDoesNotContinue", commitThatDoesNotContinue},
		{"CommitOfLargeBatch", commitOfLargeBatch},
		{"RegionsAreIndependent", regionsAreIndependent},
		{"EdgeRegions", edgeRegions},
		{"HistoryWindows", historyWindows},
		{"LogIsBounded", logIsBounded},
		{"LogKeepsLargeBatch", logKeepsLargeBatch},
		{"RecordedIsDropped", recordedIsDropped},
		{"RecordedIsTheOwners", recordedIsTheOwners},
		{"BufferIsBounded", bufferIsBounded},
		{"ClaimOfLongLog", claimOfLongLog},
		{"MendIsNotRecorded", mendIsNotRecorded},
		{"Cancelled", cancelled},
		{"Closed", closed},
		{"CloseWaitsForCommits", closeWaitsForCommits},
		{"RandomAgainstModel", randomAgainstModel},
		{"RacingOwners", racingOwners},
		{"DocumentsAreKept", documentsAreKept},
		{"DocumentsEnd", documentsEnd},
		{"DocumentsSwap", documentsSwap},
		{"DocumentsSwapRaces", documentsSwapRaces},
		{"DocumentsHaveBounds", documentsHaveBounds},
		{"DocumentsLifecycle", documentsLifecycle},
	}
	if h.Lasting {
		tests = append(tests, []struct {
			name string
			run  func(f *fixture)
		}{{"Reopened", reopened}, {"RecordedReopened", recordedReopened}, {"DocumentsReopened", documentsReopened}}...)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(newFixture(t, h)) })
	}
}
