package cluster

import (
	"context"
	"log"
	"log/slog"
	"strings"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	// newsTargets is how many members each round of news goes to. newsRepeats is how often each
	// member passes it on at least (times the decimal logarithm of their number). With ten members,
	// news reaches all of them in three rounds, except one time in a million.
	newsTargets = 4
	newsRepeats = 8
	// indirectProbes is how many members are asked to probe one that has not answered.
	indirectProbes = 3
	// strained bounds how many times slower a member probes once it finds itself too slow.
	strained = 4
	// deadKnown is how long memberlist keeps the dead. Tombstones do that job better, and memberlist
	// counts the dead it keeps as members where numbers matter.
	deadKnown = 5 * time.Second
)

// memberlist makes the configuration of a membership.
func (c Config) memberlist(l *incarnation, s *socket, keys *memberlist.Keyring) *memberlist.Config {
	m := memberlist.DefaultLANConfig()
	m.Name = l.id
	m.Transport, m.BindPort, m.AdvertisePort = s, s.port, s.port
	m.TCPTimeout = c.StreamTimeout
	m.ProbeInterval, m.ProbeTimeout = c.ProbeEvery, c.ProbeTimeout
	m.IndirectChecks, m.AwarenessMaxMultiplier = indirectProbes, strained
	// No extra wait for confirmations, so that a death is found as fast with two members.
	m.SuspicionMult, m.SuspicionMaxTimeoutMult = c.Suspicion, 1
	m.GossipInterval, m.GossipNodes, m.RetransmitMult = c.GossipEvery, newsTargets, newsRepeats
	m.GossipToTheDeadTime = deadKnown
	m.PushPullInterval = c.SyncEvery
	m.EnableCompression = false // there is little to say
	m.Keyring = keys
	m.Delegate, m.Events, m.Alive, m.Merge = l, l, l, l
	m.Logger = gossipLogger(c.Log, l.refusals)
	return m
}

// gossipLogger passes on memberlist's lines for debugging, since they report every failed packet.
// What an operator must know is logged elsewhere, except a gossip key that differs from the
// others': only memberlist's lines report that.
func gossipLogger(to *slog.Logger, refusals *refusals) *log.Logger {
	return log.New(gossipLog{to, refusals}, "", 0)
}

type gossipLog struct {
	to       *slog.Logger
	refusals *refusals
}

func (w gossipLog) Write(b []byte) (int, error) {
	line := strings.TrimSpace(string(b))
	for _, sign := range []string{"no installed keys could decrypt", "encryption is configured but", "encryption is not configured"} {
		if strings.Contains(line, sign) {
			w.refusals.add("a pod has another gossip key, or one of both has none: give all the same", "gossip", line)
		}
	}
	if w.to.Enabled(context.Background(), slog.LevelDebug) {
		w.to.Debug("gossip", "line", line)
	}
	return len(b), nil
}
