package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/memberlist"
)

// MaxGossipKeys bounds how many keys are tried on a stranger's packet. A rotation takes two.
const MaxGossipKeys = 4

func validateGossipKeys(keys [][]byte) error {
	if len(keys) > MaxGossipKeys {
		return fmt.Errorf("gossip keys: there are %d, must be at most %d: drop those that no pod encrypts with any more", len(keys), MaxGossipKeys)
	}
	for _, key := range keys {
		if memberlist.ValidateKey(key) != nil {
			return fmt.Errorf("gossip key: has %d bytes, must have 16, 24 or 32; make one with: head -c 32 /dev/urandom | base64", len(key))
		}
	}
	return nil
}

// gossipKeys outlives memberships: each one is given the same ring.
type gossipKeys struct {
	ring *memberlist.Keyring // nil: gossip is not encrypted
	mu   sync.Mutex          // one change at a time
}

// newKeyring returns nil if there are no keys.
func newKeyring(keys [][]byte) (*memberlist.Keyring, error) {
	if err := validateGossipKeys(keys); err != nil || len(keys) == 0 {
		return nil, err
	}
	return memberlist.NewKeyring(keys, keys[0])
}

var errGossipKeys = errors.New("gossip keys: encryption can't be turned on or off while the pod runs")

// use replaces the ring's keys: the first encrypts, all decrypt.
func (g *gossipKeys) use(keys [][]byte) error {
	if err := validateGossipKeys(keys); err != nil {
		return err
	}
	if g.ring == nil || len(keys) == 0 {
		return errGossipKeys
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return exchange(g.ring, keys)
}

// exchange replaces the keys of a ring in use, which never lacks the first new one. It drops keys
// from the end only: memberlist's readers share the list, and dropping one in the middle would move
// the others while they are read. A key that stays, but stands behind one that goes, is missing for
// a moment, which costs a packet at most.
func exchange(ring *memberlist.Keyring, keys [][]byte) error {
	add := func() error {
		for _, key := range keys {
			if err := ring.AddKey(key); err != nil {
				return err
			}
		}
		return nil
	}
	if err := errors.Join(add(), ring.UseKey(keys[0])); err != nil {
		return err
	}
	goes := func(key []byte) bool {
		return !slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })
	}
	for held := ring.GetKeys(); slices.ContainsFunc(held, goes); held = ring.GetKeys() {
		if err := ring.RemoveKey(held[len(held)-1]); err != nil {
			return err
		}
	}
	return add()
}
