package main

import (
	"strings"
	"testing"

	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/cmd/playground/process"
)

// TestRun_BeforeRedis: a server that starts before its Redis says so and serves its page, but is
// not ready. It becomes ready by itself.
func TestRun_BeforeRedis(t *testing.T) {
	redis := redistest.Start(t)
	redis.Kill()
	r := start(t, "--redis", redis.URL(), "--node", "n1")
	if status, _ := r.ask(t, "GET", "/", ""); status != 200 {
		t.Errorf("page: got %d", status)
	}
	if status, _ := r.ask(t, "GET", "/readyz", ""); status != 503 {
		t.Errorf("readyz without Redis: got %d", status)
	}
	r.logged(t, "redis does not answer")
	if n := strings.Count(r.log.String(), "redis does not answer"); n != 1 {
		t.Errorf("said %d times that there is no Redis; log:\n%s", n, r.log)
	}
	redis.Restart()
	redistest.Eventually(t, "the server is ready", func() bool {
		status, _ := r.ask(t, "GET", "/readyz", "")
		return status == 200
	})
	if status, body := r.ask(t, "PUT", "/api/pixel", `{"x":1,"y":2,"color":"#0a0B0c"}`); status != 200 {
		t.Errorf("put: got %d %s", status, body)
	}
	if _, metrics := r.ask(t, "GET", "/metrics", ""); !strings.Contains(metrics, "pixelplayground_redis_calls_total") {
		t.Error("the metrics don't count the calls to Redis")
	}
	r.terminate(t)

	var stdout, stderr strings.Builder
	code := run([]string{"--listen", "127.0.0.1:0", "--redis", redis.URL(), "--canvas", "64x32"}, &stdout, &stderr, nil)
	if want := "use --canvas 1024x1024 --region 256 as before, or choose another --redis-prefix\n"; code != process.ExitFailed || !strings.HasSuffix(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("another size: exit %d, %q", code, stderr.String())
	}
}
