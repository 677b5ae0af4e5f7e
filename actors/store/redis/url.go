package redis

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	driver "github.com/redis/go-redis/v9"
)

// Time limits unless the URL sets others with dial_timeout and read_timeout. The caller's
// ctx ends a call earlier. A commit takes a millisecond; what takes this long is a Redis
// that is stuck or out of reach, and the driver then tries again on another connection.
const (
	dialTimeout = 2 * time.Second
	readTimeout = 2 * time.Second
)

// parse reads a URL in one of the driver's forms and returns what makes a client of it:
//
//	redis://user:password@host:port/db                        one Redis; unix:///path as well
//	redis://host:port?addr=host2:port2&addr=host3:port3       Redis Cluster: some of its nodes
//	redis://host:port?master_name=mymaster&addr=host2:port2   Redis Sentinel: its addresses;
//	                                                          username and password are parameters
//
// rediss is the same with TLS. The driver's settings (pool_size, skip_verify, …) can be
// added as parameters.
func parse(text string) (connect func() driver.UniversalClient, err error) {
	u, err := url.Parse(text)
	if err != nil {
		var cause *url.Error // tells the whole URL, with the password
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, err
	}
	query := u.Query()
	for _, setting := range []string{"read_only", "replica_only", "route_by_latency", "route_randomly"} {
		if query.Has(setting) {
			return nil, fmt.Errorf("%s: a replica may be behind, everything is read where it is written", setting)
		}
	}
	switch {
	case query.Has("master_name"):
		o, err := driver.ParseFailoverURL(text)
		if err != nil {
			return nil, plain(err)
		}
		limit(&o.DialTimeout, &o.ReadTimeout, &o.DialerRetries, &o.ContextTimeoutEnabled)
		return func() driver.UniversalClient { return driver.NewFailoverClient(o) }, nil
	case query.Has("addr"):
		if db := strings.Trim(u.Path, "/"); db != "" && db != "0" {
			return nil, fmt.Errorf("database %s: a cluster has only database 0", db)
		}
		o, err := driver.ParseClusterURL(text)
		if err != nil {
			return nil, plain(err)
		}
		limit(&o.DialTimeout, &o.ReadTimeout, &o.DialerRetries, &o.ContextTimeoutEnabled)
		return func() driver.UniversalClient { return driver.NewClusterClient(o) }, nil
	default:
		o, err := driver.ParseURL(text)
		if err != nil {
			return nil, plain(err)
		}
		limit(&o.DialTimeout, &o.ReadTimeout, &o.DialerRetries, &o.ContextTimeoutEnabled)
		return func() driver.UniversalClient { return driver.NewClient(o) }, nil
	}
}

// limit sets what the three kinds of the driver's options have in common.
func limit(dial, read *time.Duration, dials *int, deadlines *bool) {
	if *dial == 0 {
		*dial = dialTimeout
	}
	if *read == 0 {
		*read = readTimeout // writing takes the same
	}
	// Commands are repeated by the driver and calls by the regions: dialling need not be.
	*dials = 1
	*deadlines = true
}

func plain(err error) error { return errors.New(strings.TrimPrefix(err.Error(), "redis: ")) }

// Redact hides the passwords in a URL, also in one that is malformed.
func Redact(text string) string {
	start := 0
	if scheme := strings.Index(text, "://"); scheme >= 0 {
		start = scheme + len("://")
	}
	if at := strings.LastIndexByte(text, '@'); at >= start {
		text = text[:start] + "***" + text[at:]
	}
	if before, after, found := strings.Cut(text, "password="); found {
		end := strings.IndexByte(after, '&')
		if end < 0 {
			end = len(after)
		}
		text = before + "password=***" + after[end:]
	}
	return text
}
