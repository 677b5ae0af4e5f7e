package moderation

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestPaced_EachTheirOwn: a key takes from its account's allowance, and operators have one each. Who has none left is told when to try again.
func TestPaced_EachTheirOwn(t *testing.T) {
	o := newOffice(t)
	n := 0
	post := func(who string, headers ...string) int {
		n++
		w := o.ask(who, "POST", "acts", fmt.Sprintf(`{"do":"ban","target":{"user":"%012x"}}`, 0x1000+n), headers...)
		if w.Code == http.StatusTooManyRequests && (w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "try again in 1 s")) {
			t.Errorf("%s: %v %s", who, w.Header(), w.Body)
		}
		return w.Code
	}
	for i := range actsAtOnce {
		if code := post([]string{"moderator", "key moderate"}[i%2]); code != http.StatusOK {
			t.Fatal(i, code)
		}
	}
	if post("moderator") != http.StatusTooManyRequests || post("key moderate") != http.StatusTooManyRequests {
		t.Error("an account and its key have an allowance each")
	}
	if code := post("other"); code != http.StatusOK {
		t.Errorf("another moderator: %d", code)
	}
	o.later(time.Second)
	if code := post("key moderate"); code != http.StatusOK {
		t.Errorf("a second later: %d", code)
	}

	at := func(network int) []string { return []string{"From", fmt.Sprintf("198.51.100.%d:1", network)} }
	for i := range actsAtOnce {
		if code := post("operator", at(1)...); code != http.StatusOK {
			t.Fatal(i, code)
		}
	}
	if code := post("operator", at(1)...); code != http.StatusTooManyRequests {
		t.Errorf("an operator who has decided too much: %d", code)
	}
	for who, headers := range map[string][]string{"operator": at(2), "operator's token": at(1)} {
		if code := post(who, headers...); code != http.StatusOK {
			t.Errorf("%s %v: %d", who, headers, code)
		}
	}
	if code := post("operator", append(at(1), "Cookie", "session=other")...); code != http.StatusOK {
		t.Errorf("an operator in another session: %d", code)
	}
}

// TestPaced_Refused: what makes no sense takes nothing from what somebody may decide, but is bounded as questions are.
func TestPaced_Refused(t *testing.T) {
	o := newOffice(t)
	for range questionsAtOnce {
		if w := o.ask("moderator", "POST", "acts", `{"do":"palette"}`); w.Code != http.StatusForbidden {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if w := o.ask("moderator", "POST", "acts", `{"do":"freeze"}`); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	refused := 0
	for range 2 * actsAtOnce {
		if o.ask("moderator", "POST", "acts", `{"untill":1}`).Code == http.StatusBadRequest {
			refused++
		}
	}
	if refused >= actsAtOnce {
		t.Errorf("%d more are read without end", refused)
	}
}
