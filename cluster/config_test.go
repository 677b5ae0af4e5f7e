package cluster

import "testing"

func TestConfig_ListenAt(t *testing.T) {
	for address, want := range map[string]map[string]string{ // by Advertise
		"localhost:7": {"": "127.0.0.1:7"},
		"[::1]:7":     {"": "[::1]:7"},
		":7":          {"": "0.0.0.0:7", "10.0.0.3": "0.0.0.0:7", "fd00::3": "[::]:7"},
		"127.0.0.1":   {"": ""},
	} {
		for advertise, want := range want {
			at, err := Config{Advertise: advertise}.listenAt(address)
			if got := at.String(); (err != nil) != (want == "") || err == nil && got != want {
				t.Errorf("%s, advertised as %q: %s, %v, want %s", address, advertise, got, err, want)
			}
		}
	}
}
