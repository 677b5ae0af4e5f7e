package admin

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/message"
)

const adasSubject = "0102030405060708090a0b0c0d0e0f10"

// peopleReport is what two pods tell of their people: Ada has connections to both.
func peopleReport(address string) *message.Report {
	ada := message.PersonReport{Subject: adasSubject, User: 0xA1, Kind: "account", Role: "member", Name: "Ada", Network: "192.0.2.0/24", Connections: 1, Since: 500, Viewer: 4, Every: 5 * time.Second, Burst: 6}
	if address == "there" {
		ada.Connections, ada.Since, ada.Viewer, ada.Network, ada.Known, ada.Left, ada.Next = 2, 400, 9, "198.51.100.0/24", true, 2, 900
		return &message.Report{People: []message.PersonReport{ada}, MorePeople: true}
	}
	program := message.PersonReport{Subject: strings.Repeat("f", 32), Kind: "program", Role: "guest", Network: "2001:db8::/48", Connections: 7, Since: 100, Viewer: 1}
	return &message.Report{People: []message.PersonReport{program, ada}}
}

func TestAdmin_People(t *testing.T) {
	p := newPod(testToken)
	cookie := p.login(t)
	want := `{"people":[` +
		`{"subject":"` + strings.Repeat("f", 32) + `","kind":"program","role":"guest","name":"","network":"2001:db8::/48","since":100,"connections":7,"on":[{"member":"a","connections":7}]},` +
		`{"subject":"` + adasSubject + `","user":"0000000000a1","kind":"account","role":"member","name":"Ada","network":"198.51.100.0/24","since":400,"connections":3,` +
		`"on":[{"member":"a","connections":1},{"member":"b","connections":2}],"every":5000,"burst":6,"left":2,"next":900}],"more":true}`
	w := p.ask("GET", "/admin/api/people?search=ada&addresses=1", "", "Cookie", cookie)
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
		t.Errorf("%d %s, want %s", w.Code, got, want)
	}
	if !slices.ContainsFunc(p.cluster.asked, func(q string) bool { return strings.Contains(q, "People:{Most:100 Search:ada Addresses:true}") }) {
		t.Errorf("asked %v", p.cluster.asked)
	}
	if w := p.ask("GET", "/admin/api/people?search="+strings.Repeat("a", maxName+1), "", "Cookie", cookie); w.Code != http.StatusBadRequest {
		t.Errorf("a long search: %d", w.Code)
	}
	if w := p.ask("GET", "/admin/api/people", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("without a login: %d", w.Code)
	}
}
