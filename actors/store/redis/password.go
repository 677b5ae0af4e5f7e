package redis

import (
	"context"
	"fmt"
	"sync"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/store"
)

// link is the client for as long as its password is used.
type link struct {
	driver.UniversalClient
	connect func(made func()) driver.UniversalClient // makes others like it
	used    sync.RWMutex                             // for reading during a call; locked for good when the link is retired
}

func newLink(connect func(made func()) driver.UniversalClient, made func()) *link {
	return &link{UniversalClient: connect(made), connect: connect}
}

// client is the one for calls from now on.
func (s *Store) client() driver.UniversalClient { return s.link.Load().UniversalClient }

// hold gives the link with a hold on it, which its used.RUnlock ends.
func (s *Store) hold() *link {
	for {
		if l := s.link.Load(); l.used.TryRLock() {
			return l
		} // else it is being retired, and another one is there
	}
}

// retire closes a link that no new call takes, once those under way have ended.
func (l *link) retire() {
	l.used.Lock()
	_ = l.Close() // its connections end, whatever it says
}

// UsePassword replaces Config.Password: what is called from now on goes over connections that
// are made with the new one. Redis is asked first. When it does not take the password, or
// can't be asked, that is the error, and the one before stays. Calls under way are not
// disturbed. An empty one is the URL's.
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
	s.mu.RLock() // Close comes before or after
	defer s.mu.RUnlock()
	if s.closed {
		_ = next.Close()
		return store.ErrClosed
	}
	before := s.link.Swap(next)
	s.retiring.Go(before.retire)
	return nil
}

// admits asks every Redis that is written to whether it lets a client in.
func admits(ctx context.Context, client driver.UniversalClient) error {
	if nodes, ok := client.(*driver.ClusterClient); ok {
		return nodes.ForEachMaster(ctx, func(ctx context.Context, node *driver.Client) error { return node.Ping(ctx).Err() })
	}
	return client.Ping(ctx).Err()
}
