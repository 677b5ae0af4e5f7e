package redis

import (
	"context"
	"fmt"
	"sync"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/store"
)

// link is a client, for as long as its password is in use.
type link struct {
	driver.UniversalClient
	connect func(made func()) driver.UniversalClient // makes others like it
	used    sync.RWMutex                             // read-locked during a call; locked for good when the link is retired
}

func newLink(connect func(made func()) driver.UniversalClient, made func()) *link {
	return &link{UniversalClient: connect(made), connect: connect}
}

// client returns the client for calls from now on.
func (s *Store) client() driver.UniversalClient { return s.link.Load().UniversalClient }

// hold returns the current link, held until the caller calls used.RUnlock.
func (s *Store) hold() *link {
	for {
		if l := s.link.Load(); l.used.TryRLock() {
			return l
		} // else it is being retired, and another one is there
	}
}

// retire closes a link that no new call uses, once the calls under way have ended.
func (l *link) retire() {
	l.used.Lock()
	_ = l.Close() // its connections end, whatever Close returns
}

// UsePassword replaces Config.Password: later calls use connections that are made with the new one.
// Redis is asked first. If it refuses the password or can't be asked, UsePassword returns an error,
// and the previous password stays. Calls under way are not disturbed. An empty password means the
// URL's.
func (s *Store) UsePassword(ctx context.Context, password string) error {
	connect, err := parse(s.cfg.URL, password)
	if err != nil {
		return fmt.Errorf("use another password of redis: %w", err)
	}
	next := newLink(connect, s.identity.doubt)
	if err := admits(ctx, next.UniversalClient); err != nil {
		_ = next.Close()
		return fmt.Errorf("use another password of redis: %w", err)
	}
	s.mu.RLock() // Close comes either before or after
	defer s.mu.RUnlock()
	if s.closed {
		_ = next.Close()
		return store.ErrClosed
	}
	before := s.link.Swap(next)
	s.retiring.Go(before.retire)
	return nil
}

// admits asks every Redis node that takes writes whether it lets the client in.
func admits(ctx context.Context, client driver.UniversalClient) error {
	if nodes, ok := client.(*driver.ClusterClient); ok {
		return nodes.ForEachMaster(ctx, func(ctx context.Context, node *driver.Client) error { return node.Ping(ctx).Err() })
	}
	return client.Ping(ctx).Err()
}
