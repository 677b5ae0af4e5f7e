package redis

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// No part of a password gets into an error about a URL, or into the redacted URL, whatever
// characters it has and however they break the URL.
func TestConfig_KeepsPasswords(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const broken = "/#?@%:&=[] +\\\"'<>{}|^;,!$*()~\x00\x7f\n"
	forms := []string{
		"redis://:PASSWORD@127.0.0.1:6379", "redis://user:PASSWORD@host:6379/2", "rediss://user:PASSWORD@host?db=1",
		"redis://:PASSWORD@a:1?addr=b:2", "redis://a:1/3?addr=b:2&password=PASSWORD", "redis://a:1?master_name=m&addr=b:2&password=PASSWORD",
		"redis://a:1?password=PASSWORD&master_name=m", "http://user:PASSWORD@host", "user:PASSWORD@host:6379", "redis://:PASSWORD", "redis://user:PASSWORD",
		"redis://:PASSWORD@", "redis:/:PASSWORD@host", "unix://user:PASSWORD@/run/redis.sock?db=1", "redis://u:PASSWORD@host:port/db?pool_size=x",
		"redis://a:1?master_name=m&sentinel_password=PASSWORD",
	}
	accepted := 0
	for range 5_000 {
		parts := make([]string, 2+random.IntN(3))
		for i := range parts {
			parts[i] = "sEcRet" + string(rune('A'+i))
		}
		password := parts[0]
		for _, part := range parts[1:] {
			password += string(broken[random.IntN(len(broken))]) + part
		}
		form := forms[random.IntN(len(forms))]
		if strings.HasSuffix(form, "PASSWORD") && strings.Contains(password, "@") && strings.Count(form, "@") == 0 && !strings.Contains(form, "=") {
			continue // what follows the last @ is taken for the address by everybody
		}
		cfg := DefaultConfig()
		cfg.URL = strings.ReplaceAll(form, "PASSWORD", password)
		said := Redact(cfg.URL)
		if err := cfg.Validate(); err != nil {
			said += " " + err.Error()
		} else {
			accepted++
		}
		if strings.Contains(said, "sEcRet") {
			t.Fatalf("%q: %s", cfg.URL, said)
		}
	}
	t.Logf("%d were accepted", accepted)
}
