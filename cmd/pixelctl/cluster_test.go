package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestCluster_CountsInEnglish(t *testing.T) {
	for text, want := range map[string]string{
		`{"canvas":"9x9/9","users":1,"members":[{"name":"a"}],"regions":[{}]}`:  "1 member, 1 region in use of a canvas of 9x9/9, 1 user\n",
		`{"canvas":"9x9/9","users":1200,"members":[{"name":"a"},{"name":"b"}]}`: "2 members, 0 regions in use of a canvas of 9x9/9, 1,200 users\n",
	} {
		var report clusterReport
		if err := json.Unmarshal([]byte(text), &report); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := report.print(&out, false, time.Now()); err != nil || !strings.HasSuffix(out.String(), "\n"+want) {
			t.Errorf("%v, %s", err, &out)
		}
	}
}

func TestCluster_SaysHowMembersAre(t *testing.T) {
	var report clusterReport
	text := `{"members":[{"name":"a","answers":true,"store_ok":true},{"name":"b","answers":true,"aside":true,"store_ok":false},
		{"name":"c","answers":true,"store_ok":false},{"name":"d","answers":true,"draining":true,"store_ok":false},{"name":"e"},{"name":"f","answers":true}]}`
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := report.print(&out, false, time.Now()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{"serving", "aside, no store", "no store", "draining", "no answer", "serving"} {
		if !strings.Contains(lines[i+1], " "+want+" ") || strings.Contains(lines[i+1], "aside") != strings.Contains(want, "aside") {
			t.Errorf("%q is not %s", lines[i+1], want)
		}
	}
}
