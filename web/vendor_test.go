package web_test

import (
	"os"
	"strings"
	"testing"

	"pixelplayground/web"
)

// Goal: pages get the library in the version that is named beside it, with its licence.
func TestUPlot_IsWhatItSays(t *testing.T) {
	js, css := web.UPlot()
	version, err := os.ReadFile("vendor/uplot/VERSION")
	if err != nil {
		t.Fatal(err)
	}
	number := strings.TrimSuffix(strings.Fields(string(version))[1], ",")
	if !strings.Contains(js, "(v"+number+")") || !strings.Contains(js, "var uPlot=") {
		t.Errorf("the script is not uPlot %s", number)
	}
	if !strings.HasPrefix(js, "/*\nThe MIT License") || !strings.Contains(css, ".uplot") {
		t.Error("the licence or the style is missing")
	}
	// Pages put it between script tags.
	if strings.Contains(strings.ToLower(js), "</script") || strings.Contains(js, "<!--") {
		t.Error("the script would end its tag")
	}
}
