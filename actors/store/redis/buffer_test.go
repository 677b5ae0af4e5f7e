package redis

import (
	"testing"

	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/actors/store/storetest"
)

func TestStore_LongLogHasLostPixels(t *testing.T) {
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	cfg.LogPixels, cfg.Buffer = 10, 1000
	storetest.LongLogHasLostPixels(t, open(t, cfg), func() { server.Do("DEL", "test:{0}:pixels") })
}

func TestStore_HistoryWithHoles(t *testing.T) {
	server := redistest.Start(t)
	storetest.HistoryWithHoles(t, open(t, testConfig(server.URL())), func() {
		server.Do("XDEL", "test:{0}:log", "5-0", "6-0", "12-0")
		server.Do("XADD", "test:{0}:log", "21-0", "batch", "?")
	})
}
