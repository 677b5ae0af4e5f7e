package redis

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	driver "github.com/redis/go-redis/v9"
)

// Time limits, unless the URL sets others with dial_timeout and read_timeout. The caller's ctx can
// end a call earlier. A commit takes a millisecond. If it takes this long, Redis is stuck or out of
// reach, and the driver tries again on another connection.
const (
	dialTimeout = 2 * time.Second
	readTimeout = 2 * time.Second
)

// parse reads a URL in one of the driver's forms and returns a function that makes a client:
//
//	redis://user:password@host:port/db                        one Redis; unix:///path as well
//	redis://host:port?addr=host2:port2&addr=host3:port3       Redis Cluster: some of its nodes
//	redis://host:port?master_name=mymaster&addr=host2:port2   Redis Sentinel: its addresses;
//	                                                          username and password are parameters
//
// rediss is the same with TLS. The driver's settings (pool_size, skip_verify, …) can be added as
// parameters. password is for a URL without one. It is also the Sentinels', unless the URL has one
// for them before the @ (which may be empty). The client calls made whenever it has made a
// connection.
func parse(text, password string) (connect func(made func()) driver.UniversalClient, err error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errNoURL // the cause repeats the offending text
	case strings.Contains(text, "#"), strings.Contains(u.EscapedPath(), "@"): // within a password, as a rule
		return nil, errNoURL
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errNoURL
	}
	for _, setting := range []string{"read_only", "replica_only", "route_by_latency", "route_randomly"} {
		if query.Has(setting) {
			return nil, fmt.Errorf("%s: a replica may be behind, everything is read where it is written", setting)
		}
	}
	_, inURL := u.User.Password()
	switch {
	case query.Has("master_name"):
		o, err := driver.ParseFailoverURL(text)
		if err != nil {
			return nil, plain(text, err)
		}
		if err := take(&o.Password, password); err != nil {
			return nil, err
		}
		if !inURL && o.SentinelPassword == "" {
			o.SentinelPassword = password
		}
		limit(&o.DialTimeout, &o.ReadTimeout, &o.DialerRetries, &o.ContextTimeoutEnabled)
		return func(made func()) driver.UniversalClient {
			o.OnConnect = tell(made)
			return driver.NewFailoverClient(o)
		}, nil
	case query.Has("addr"):
		if db := strings.Trim(u.Path, "/"); db != "" && db != "0" {
			return nil, errors.New("a cluster has only database 0")
		}
		o, err := driver.ParseClusterURL(text)
		if err != nil {
			return nil, plain(text, err)
		}
		if err := take(&o.Password, password); err != nil {
			return nil, err
		}
		limit(&o.DialTimeout, &o.ReadTimeout, &o.DialerRetries, &o.ContextTimeoutEnabled)
		return func(made func()) driver.UniversalClient {
			o.OnConnect = tell(made)
			return driver.NewClusterClient(o)
		}, nil
	default:
		o, err := driver.ParseURL(text)
		if err != nil {
			return nil, plain(text, err)
		}
		if err := take(&o.Password, password); err != nil {
			return nil, err
		}
		limit(&o.DialTimeout, &o.ReadTimeout, &o.DialerRetries, &o.ContextTimeoutEnabled)
		return func(made func()) driver.UniversalClient {
			o.OnConnect = tell(made)
			return driver.NewClient(o)
		}, nil
	}
}

func tell(made func()) func(context.Context, *driver.Conn) error {
	return func(context.Context, *driver.Conn) error {
		made()
		return nil
	}
}

// take gives the driver the password, unless the URL has one.
func take(into *string, password string) error {
	switch {
	case password == "":
	case *into != "":
		return errors.New("the URL has a password, and another one is given: take it out of the URL")
	default:
		*into = password
	}
	return nil
}

// limit sets what the driver's three kinds of options have in common.
func limit(dial, read *time.Duration, dials *int, deadlines *bool) {
	if *dial == 0 {
		*dial = dialTimeout
	}
	if *read == 0 {
		*read = readTimeout // writing takes the same
	}
	// The driver repeats commands, and regions repeat calls, so dialling need not be repeated.
	*dials = 1
	*deadlines = true
}

// errNoURL does not say what is wrong with the URL: that text may be a part of the password.
var errNoURL = errors.New("it is no URL: in a user and password % / # ? @ are written as %25 %2F %23 %3F %40")

// plain returns the driver's objection to a URL. The objection quotes the URL, possibly a part of a
// password with characters that mean something in a URL: then the quotation is cut off.
func plain(text string, err error) error {
	said := strings.TrimPrefix(err.Error(), "redis: ")
	if _, _, clear := parts(text); !clear || passwordParameter.MatchString(text) {
		said, _, _ = strings.Cut(said, ":")
		said += ` (in a user and password % / # ? @ are written as %25 %2F %23 %3F %40)`
	}
	return errors.New(said)
}

var (
	schemeOf          = regexp.MustCompile(`^[a-z]+://`)
	addressOf         = regexp.MustCompile(`@[A-Za-z0-9.:\[\]-]+$`)
	withoutPassword   = regexp.MustCompile(`^[A-Za-z0-9.\[\]-]*(:[0-9]+)?$`)
	passwordParameter = regexp.MustCompile(`(?i)(pass[a-z_]*=)[^&]*`)
)

// parts takes a URL apart: authority holds user, password and address, and rest is what follows.
// clear reports that no password can reach into rest: if one did, the @ before the address would be
// in rest.
func parts(text string) (authority, rest string, clear bool) {
	authority = text[len(schemeOf.FindString(text)):]
	if i := strings.IndexAny(authority, "/?#"); i >= 0 {
		authority, rest = authority[:i], authority[i:]
	}
	_, err := url.Parse(text)
	return authority, rest, err == nil && !strings.ContainsAny(rest, "@#")
}

// Redact hides the passwords in a URL. In a malformed URL it may be unknown where they end. Then
// everything is hidden except the scheme and what can only be the address.
func Redact(text string) string {
	authority, rest, clear := parts(text)
	_, err := parse(text, "")
	at := strings.LastIndexByte(authority, '@')
	switch shown := schemeOf.FindString(text); {
	case text == "":
		return ""
	case err != nil && passwordParameter.MatchString(text):
		return shown + "***"
	case err != nil && (at < 0 && !withoutPassword.MatchString(authority) || at >= 0 && !clear || at < 0 && strings.Contains(rest, "@")):
		return shown + "***" + addressOf.FindString(text)
	case at >= 0:
		return shown + "***" + authority[at:] + passwordParameter.ReplaceAllString(rest, "${1}***")
	default:
		return shown + authority + passwordParameter.ReplaceAllString(rest, "${1}***")
	}
}
