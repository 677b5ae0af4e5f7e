package settings

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"pixelplayground/cluster"
	"pixelplayground/transport/api/admin"
)

// SecretFile is a secret in a file, which is read again and again while the server runs.
type SecretFile struct {
	Setting string
	Path    string // empty: the secret is not in a file
	Text    string // what the file held at first
}

// MaxSecret is far more than a file of secrets holds, in bytes.
const MaxSecret = 64 << 10

// ReadSecret reads a file. Its errors name the file, and never show what is in it.
func ReadSecret(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, MaxSecret+1))
	if err == nil && len(content) > MaxSecret {
		err = &os.PathError{Op: "read", Path: path, Err: errors.New("file is too large for a secret")}
	}
	return string(content), err
}

// ParseGossipKeys reads base64 keys, separated by commas or one on a line. The first encrypts, all
// decrypt.
func ParseGossipKeys(text string) (keys [][]byte, err error) {
	for _, one := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",\r\n", c) }) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(one))
		if n := len(key); err != nil || n != 16 && n != 24 && n != 32 {
			return nil, errors.New("must be 16, 24 or 32 bytes in base64")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 || len(keys) > cluster.MaxGossipKeys {
		return nil, fmt.Errorf("must be 1 to %d keys", cluster.MaxGossipKeys)
	}
	return keys, nil
}

// ParseAdminTokens reads tokens, one on a line.
func ParseAdminTokens(text string) (tokens []string, err error) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			tokens = append(tokens, line)
		}
	}
	if len(tokens) == 0 || admin.CheckTokens(tokens) != nil {
		return nil, fmt.Errorf("must be 1 to %d tokens of at least %d characters, each on a line of its own", admin.MaxTokens, admin.MinToken)
	}
	return tokens, nil
}

// ParsePassword reads one line. The line's end is not part of the password.
func ParsePassword(text string) (string, error) {
	password := strings.TrimRight(text, "\r\n")
	if password == "" || strings.ContainsAny(password, "\r\n") {
		return "", errors.New("must be one line with the password")
	}
	return password, nil
}
