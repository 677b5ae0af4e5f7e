package redis

import (
	"context"
	"reflect"
	"testing"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
)

// Pods of an earlier version read the field "batch" alone, write it alone, and refuse a
// record of another version than 1.
func TestLog_EarlierVersionsReadAndWrite(t *testing.T) {
	s := open(t, testConfig(redistest.Start(t).URL()))
	claim := claimed(t, s, 0)
	b := dot(0, claim.Epoch, 0)
	b.Ops[0].ID.Key, b.Ops[0].Network, b.Ops[0].InTurn, b.Ops[0].User = canvas.Key{1, 2}, 7, true, 9
	b.Ops[0].From, b.Ops[0].Cause = 5, "rollback 7"
	if err := s.Commit(context.Background(), b, claim.Token); err != nil {
		t.Fatal(err)
	}
	log := s.keys(0)[2]
	entries, err := s.client().XRange(context.Background(), log, "-", "+").Result()
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	record, _ := entries[0].Values["batch"].(string)
	plain := *b
	plain.Ops = []canvas.Op{b.Ops[0]}
	plain.Ops[0].ID.Key, plain.Ops[0].Network, plain.Ops[0].InTurn, plain.Ops[0].User = canvas.Key{}, 0, false, 0
	plain.Ops[0].From, plain.Ops[0].Cause = 0, ""
	if got, err := store.DecodeBatch([]byte(record)); err != nil || record[0] != 1 || !reflect.DeepEqual(got, &plain) {
		t.Errorf("they read %+v of version %d, %v; want %+v", got, record[0], err, &plain)
	}

	if err := s.client().XTrimMaxLen(context.Background(), log, 0).Err(); err != nil {
		t.Fatal(err)
	}
	s.client().XAdd(context.Background(), &driver.XAddArgs{Stream: log, ID: "2-0", Values: []any{"batch", record}})
	if history, err := s.History(context.Background(), 0, 0, 9); err != nil || !reflect.DeepEqual(history, []*canvas.Batch{&plain}) {
		t.Errorf("of what they write is read %+v, %v; want %+v", history, err, &plain)
	}
}
