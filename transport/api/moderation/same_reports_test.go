package moderation

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/auth"
)

// TestReports_FloodOfManyNetworks: who has an IPv6 /48 writes no more than a network may, and keeps nobody else's reports out.
func TestReports_FloodOfManyNetworks(t *testing.T) {
	const side, elsewhere = 16, 1000
	o := newOffice(t, func(p *Ports) {
		p.Identify = func(r *http.Request) (canvas.Person, *auth.Refusal) {
			who, err := r.Cookie("who")
			if err != nil {
				return canvas.Person{}, &auth.Refusal{Status: http.StatusUnauthorized}
			}
			n, err := strconv.Atoi(who.Value)
			if err != nil {
				return canvas.Person{}, &auth.Refusal{Status: http.StatusUnauthorized}
			}
			person := canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{1, byte(n), byte(n >> 8)}, From: canvas.NetworkID(0x100 + n%side), Address: canvas.Address{0x20, 0x01, 15: byte(n >> 8)}}
			person.User = person.Subject.User(canvas.Guest)
			return person, nil
		}
		p.Around = func(from canvas.Address) canvas.NetworkID { return 0x2000 + canvas.NetworkID(from[15]>>1) }
	})
	post := func(n int) int {
		body := fmt.Sprintf(`{"x":1,"y":2,"user":"%012x","words":"spam"}`, n+1)
		return o.ask(strconv.Itoa(n), "POST", "reports", body, "From", fmt.Sprintf("[2001:db8:%d:%d::1]:1", n/elsewhere, n%side)).Code
	}
	taken := 0
	for n := range 10 * side {
		if post(n) == http.StatusCreated {
			taken++
		}
	}
	if taken != networkReportsAtOnce {
		t.Errorf("a /48 has written %d", taken)
	}
	if code := post(elsewhere); code != http.StatusCreated {
		t.Errorf("another network: %d", code)
	}
}

// TestReports_OneStrangerCountsOnce: the same said with many cookies from one address is said by one.
func TestReports_OneStrangerCountsOnce(t *testing.T) {
	one := someone(1, "first", 1)
	join := func(subject string, network canvas.NetworkID) {
		other := someone(1, subject, network)
		other.Around = network
		one.join(other)
	}
	for n := range 50 {
		join(fmt.Sprint("of the first ", n), 1)
		if n > 0 {
			join(fmt.Sprint("of another ", n), 2)
		}
	}
	if one.Count != 2 || len(one.Others) != 1 {
		t.Errorf("two strangers count as %d, %d others", one.Count, len(one.Others))
	}
}

// TestReports_AlikeToOneWithOthers: a report that others have made as well is dealt with when it is named as the one to go by, and first.
func TestReports_AlikeToOneWithOthers(t *testing.T) {
	o := newOffice(t)
	for n := range 3 {
		one := someone(n, fmt.Sprint("of ", n), 0xA0)
		if n == 1 {
			one.join(someone(1, "else", 0xEE))
		}
		if err := o.reports.put(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	w := o.ask("moderator", "POST", "reports/resolve", `{"alike":"r00001","text":"a flood"}`)
	if got := told[resolvedMany](t, w); w.Code != 200 || !slices.Equal(got.Resolved, []string{"r00001", "r00000", "r00002"}) || len(got.Left) != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = o.ask("moderator", "POST", "reports/resolve", `{"alike":"r00001","text":"again"}`)
	if w.Code != http.StatusConflict {
		t.Errorf("again: %d %s", w.Code, w.Body)
	}
}

// documents has a name that hides no method of it where it is embedded.
type documents = store.Documents

// meanwhile does something between the reading of all documents and that of one.
type meanwhile struct {
	documents
	do func()
}

func (m *meanwhile) Document(ctx context.Context, kind store.Kind, id string) ([]byte, error) {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.documents.Document(ctx, kind, id)
}

// TestReports_ResolvedMeanwhile: what is said again while the report of before is closed is a new report.
func TestReports_ResolvedMeanwhile(t *testing.T) {
	o := newOffice(t)
	first := someone(1, "first", 1)
	if err := o.reports.put(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	behind := reports{docs: o.reports.docs, now: o.reports.now}
	o.reports.docs = &meanwhile{o.store, func() {
		if _, err := behind.change(t.Context(), first.ID, func(r *report) error { r.Resolved = &resolved{Act: 1, Time: noon.UnixMilli()}; return nil }); err != nil {
			t.Error(err)
		}
	}}
	second := someone(1, "second", 2)
	second.ID = "second"
	if id, err := o.reports.add(t.Context(), second); err != nil || id != second.ID {
		t.Errorf("noted in %s, %v", id, err)
	}
	all, err := behind.all(t.Context())
	if err != nil || len(all) != 2 || slices.ContainsFunc(all, func(r report) bool { return len(r.Others) > 0 }) {
		t.Errorf("%+v, %v", all, err)
	}
}
