package settings

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"pixelplayground/actors/store/redis"
	"pixelplayground/transport/api/admin"
)

// GossipKeys parses the keys. Errors don't show them.
func (r *reader) gossipKeys(setting, text string) [][]byte {
	if text == "" {
		return nil
	}
	keys, err := ParseGossipKeys(text)
	if err != nil {
		r.refuse(setting, "(hidden)", err.Error(), "$(openssl rand -base64 32)")
	}
	return keys
}

// token parses the tokens. Errors don't show them.
func (r *reader) token(setting, text string) []string {
	if text == "" {
		return nil
	}
	if utf8.RuneCountInString(text) < admin.MinToken {
		r.refuse(setting, "(hidden)", fmt.Sprintf("must have at least %d characters", admin.MinToken), "$(openssl rand -hex 24)")
	}
	return []string{text}
}

// RedisPassword checks that the URL leaves the password to the file.
func (r *reader) redisPassword(setting, path, url, password string) {
	if path == "" || password == "" {
		return
	}
	shared := redis.DefaultConfig()
	shared.URL, shared.Password = url, password
	if url == "" {
		r.refuse(setting, path, "needs the Redis that it is for: set redis as well", exampleFile(setting)+" --redis redis://10.1.2.5:6379")
	} else if err := shared.Validate(); err != nil {
		r.refuse(setting, path, "must not be given when the URL of redis has a password: take it out there", exampleFile(setting))
	}
}

// secretIn is the secret in a file. otherwise is the value of the setting that holds the secret
// itself: only one of the two may be set.
func secretIn[T any](r *reader, setting, path, otherwise string, parse func(string) (T, error)) (value T, from SecretFile) {
	if path == "" {
		return value, SecretFile{}
	}
	example := exampleFile(setting)
	if otherwise != "" {
		r.refuse(setting, path, "must not be given when the secret itself is: leave one of them out", example)
		return value, SecretFile{}
	}
	text, err := ReadSecret(path)
	if err != nil {
		var cause *os.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		r.refuse(setting, path, fmt.Sprintf("can't be read (%v): must be a file with the secret", err), example)
	} else if value, err = parse(text); err != nil {
		r.refuse(setting, path, "what is in it "+err.Error(), example)
	}
	return value, SecretFile{setting, path, text}
}

// exampleFile is where the Kubernetes manifests put a setting's file.
func exampleFile(setting string) string {
	return "/etc/playground/" + strings.TrimSuffix(setting, "-file")
}
