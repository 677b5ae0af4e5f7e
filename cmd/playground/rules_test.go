package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
	"pixelplayground/actors/rules"
)

// decide sends a body of some kind as an operator, which must go well, and returns the answer.
func (r *running) decide(t *testing.T, method, path, kind, body string) string {
	t.Helper()
	status, answer := r.ask(t, method, path, body, "Authorization", "Bearer "+operatorsToken, "Content-Type", kind, "Accept", "application/x-ndjson")
	if status >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	return answer
}

// TestBackup_HasTheRules: acts, masks and reports are after a restore what they were, and the chain can be verified.
func TestBackup_HasTheRules(t *testing.T) {
	t.Setenv("PLAYGROUND_ADMIN_TOKEN", operatorsToken)
	dir := t.TempDir()
	data, into, file := filepath.Join(dir, "data"), filepath.Join(dir, "again"), filepath.Join(dir, "a.backup")
	const kind = "application/json"
	r := start(t, "--data", data, "--canvas", "64x64", "--region", "32")
	picture := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	picture.Set(3, 3, color.Black)
	var disc bytes.Buffer
	if err := png.Encode(&disc, picture); err != nil {
		t.Fatal(err)
	}
	mask := r.decide(t, "POST", "/api/masks", "image/png", disc.String())
	name := strings.Split(mask, `"`)[3]
	r.decide(t, "POST", "/api/acts", kind, fmt.Sprintf(`{"do":"protect","area":{"name":"one","x":0,"y":0,"width":8,"height":8,"least":"moderator","mask":%q}}`, name))
	r.decide(t, "POST", "/api/acts", kind, `{"do":"palette","colors":["#FF0000","#FFFFFF"]}`)
	r.decide(t, "POST", "/api/reports", kind, `{"x":1,"y":2,"words":"look here"}`)
	before := r.decide(t, "GET", "/api/acts", kind, "")
	_, told := r.ask(t, "GET", "/api/rules", "")
	r.terminate(t)

	if exit, said, log := does("backup", "--data", data, file); exit != 0 {
		t.Fatalf("exit %d: %s%s", exit, said, log)
	}
	if exit, said, log := does("restore", "--data", into, file); exit != 0 {
		t.Fatalf("exit %d: %s%s", exit, said, log)
	}
	r = start(t, "--data", into, "--canvas", "64x64", "--region", "32")
	if after := r.decide(t, "GET", "/api/acts", kind, ""); after != before || strings.Count(after, "\n") != 1 {
		t.Errorf("the chain was %s and is %s", before, after)
	}
	if _, now := r.ask(t, "GET", "/api/rules", ""); now != told {
		t.Errorf("the rules were %s and are %s", told, now)
	}
	if reports := r.decide(t, "GET", "/api/reports", kind, ""); !strings.Contains(reports, "look here") {
		t.Errorf("the reports: %s", reports)
	}
	if status, _ := r.ask(t, "GET", "/api/rules/mask/"+name+".png", ""); status != http.StatusOK {
		t.Errorf("the mask: %d", status)
	}
	if status, body := r.ask(t, "PUT", "/api/pixel", `{"x":3,"y":3,"color":"#FF0000"}`); status == http.StatusOK {
		t.Errorf("what the mask protects: %d %s", status, body)
	}
	if status, body := r.ask(t, "PUT", "/api/pixel", `{"x":2,"y":3,"color":"#FF0000"}`); status != http.StatusOK {
		t.Errorf("what it leaves out: %d %s", status, body)
	}
	r.terminate(t)
}

// TestBackup_KindsOfDocuments: the kinds that the rules are made of are backed up.
func TestBackup_KindsOfDocuments(t *testing.T) {
	have := fmt.Sprint(lasting())
	for _, kind := range []string{rules.ActKind, rules.MaskKind, "report", "secret", "key"} {
		if !strings.Contains(have, kind) {
			t.Errorf("%s is not", kind)
		}
	}
}

// TestDrawings_Last: what somebody drew last is found in all regions, the latest first, whatever others drew since.
func TestDrawings_Last(t *testing.T) {
	g := canvas.Geometry{Width: 64, Height: 32, Region: 32}
	log := recordtest.NewLog()
	now := time.Now().UnixMilli()
	add := func(region canvas.RegionID, seq uint64, age time.Duration, user canvas.Author) {
		log.Append(&canvas.Batch{Region: region, Epoch: 1, From: seq, To: seq + 1, Time: now - age.Milliseconds(), Ops: []canvas.Op{{
			ID: canvas.OpID{Author: 1, Num: seq + 1}, User: user, From: 0xFA, Name: "eve", Pixels: []canvas.Pixel{{Pos: uint16(seq), Color: 0xFF0000}},
		}}})
	}
	for n := range uint64(30) {
		add(0, n, 3*time.Hour-time.Duration(n)*time.Minute, 0xAA)
		add(1, n, time.Hour-time.Duration(n)*time.Second, canvas.Author(0xAA+n%2))
	}
	d := drawings{record.NewReader(recordtest.NewMemory(), log, record.Config{Geometry: g}), g}
	found, err := d.Last(context.Background(), 0xAA, 20)
	if err != nil || len(found) != 20 {
		t.Fatalf("%d, %v", len(found), err)
	}
	for i, one := range found {
		if i > 0 && one.Time > found[i-1].Time || one.Network != 0xFA || one.Name != "eve" {
			t.Errorf("%d: %+v", i, one)
		}
	}
	if found[0].X < 32 || found[19].X >= 32 {
		t.Errorf("from %+v to %+v", found[0], found[19])
	}
	if found, err := d.Last(context.Background(), 0xBB, 20); err != nil || len(found) != 0 {
		t.Errorf("of nobody: %+v, %v", found, err)
	}
}
