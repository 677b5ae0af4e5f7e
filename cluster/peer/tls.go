package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/credentials"
)

// Files are the PEM files for mutual TLS between peers: this pod's certificate, its key, and the
// authorities that sign the certificates of pods. All or none.
type Files struct{ Cert, Key, CA string }

// Given reports whether any file is given.
func (f Files) Given() bool { return f != Files{} }

// Validate says what is missing or can't be read.
func (f Files) Validate() error {
	_, err := f.load()
	return err
}

// load reads the files. If none is given, there will be nothing to read later either.
func (f Files) load() (*certificates, error) {
	c := &certificates{files: f}
	if !f.Given() {
		return c, nil
	}
	if f.Cert == "" || f.Key == "" || f.CA == "" {
		return nil, errors.New("tls of peers: certificate, key and CA belong together: give all three (--peer-cert, --peer-key, --peer-ca) or none")
	}
	if _, err := c.renew(); err != nil {
		return nil, err
	}
	return c, nil
}

// certificates is the contents of the files when they were last fit for use.
type certificates struct {
	files Files
	own   atomic.Pointer[tls.Certificate]
	roots atomic.Pointer[x509.CertPool]

	mu     sync.Mutex
	pair   [2][]byte // what own was made of
	bundle []byte    // what roots was made of
}

// renew reads the files again. A file that is unfit is the error and changes nothing. The
// certificate and its key change together, the authorities by themselves.
func (c *certificates) renew() (changed bool, err error) {
	if !c.files.Given() {
		return false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	own, err := c.renewOwn()
	roots, wrong := c.renewRoots()
	return own || roots, errors.Join(err, wrong)
}

func (c *certificates) renewOwn() (changed bool, err error) {
	var pair [2][]byte
	for i, name := range []string{c.files.Cert, c.files.Key} {
		if pair[i], err = os.ReadFile(name); err != nil {
			return false, fmt.Errorf("load peer certificate: %w", err)
		}
	}
	if bytes.Equal(pair[0], c.pair[0]) && bytes.Equal(pair[1], c.pair[1]) {
		return false, nil
	}
	own, err := tls.X509KeyPair(pair[0], pair[1])
	if err != nil {
		return false, fmt.Errorf("load peer certificate %s with key %s: %w", c.files.Cert, c.files.Key, err)
	}
	c.own.Store(&own)
	c.pair = pair
	return true, nil
}

func (c *certificates) renewRoots() (changed bool, err error) {
	bundle, err := os.ReadFile(c.files.CA)
	if err != nil {
		return false, fmt.Errorf("load peer CA: %w", err)
	}
	if c.bundle != nil && bytes.Equal(bundle, c.bundle) {
		return false, nil
	}
	roots, err := authorities(bundle)
	if err != nil {
		return false, fmt.Errorf("load peer CA: %s: %w", c.files.CA, err)
	}
	c.roots.Store(roots)
	c.bundle = bundle
	return true, nil
}

// authorities reads one or more certificates. If a file is cut off in its second one, the first is
// still readable, and the second would be dropped too early. So the last one must be whole as well.
func authorities(bundle []byte) (*x509.CertPool, error) {
	pool, found := x509.NewCertPool(), false
	block, rest := pem.Decode(bundle)
	for ; block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		pool.AddCert(cert)
		found = true
	}
	switch {
	case bytes.Contains(rest, []byte("-----BEGIN")):
		return nil, errors.New("the last certificate is not whole")
	case !found:
		return nil, errors.New("no certificate: must be PEM")
	}
	return pool, nil
}

// server is for the side that is connected to. Each handshake, on either side, uses what was read
// last, so the files can be replaced while the pod runs. Established connections stay.
func (c *certificates) server() *tls.Config {
	return &tls.Config{
		MinVersion:       tls.VersionTLS13,
		GetCertificate:   func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.own.Load(), nil },
		ClientAuth:       tls.RequireAnyClientCert, // VerifyConnection verifies it
		VerifyConnection: c.verify(x509.ExtKeyUsageClientAuth),

		SessionTicketsDisabled: true, // peers connect seldom, and each time with the certificate that they have then
	}
}

// client is for the side that connects.
//
// InsecureSkipVerify leaves verification to VerifyConnection, which checks everything except the
// name: pods are addressed by IP addresses that are not known when certificates are issued. So
// whoever has a certificate of the CA is a peer. The CA should sign nothing else.
func (c *certificates) client() *tls.Config {
	return &tls.Config{
		MinVersion:           tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.own.Load(), nil },
		InsecureSkipVerify:   true,
		VerifyConnection:     c.verify(x509.ExtKeyUsageServerAuth),
	}
}

var errNoCertificate = errors.New("peer has no certificate")

// verify wants a certificate that one of the authorities has signed, directly or not, for this
// usage. A pod is both client and server, so its certificate needs both usages, or must list none.
func (c *certificates) verify(usage x509.ExtKeyUsage) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errNoCertificate
		}
		between := x509.NewCertPool()
		for _, link := range state.PeerCertificates[1:] {
			between.AddCert(link)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
			Roots: c.roots.Load(), Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage},
		})
		if err != nil {
			return fmt.Errorf("verify peer: %w", err)
		}
		return nil
	}
}

// handshakes tells operators, but seldom, that pods can't connect: to gRPC and remote, a wrong
// certificate is just one more peer that can't be reached.
type handshakes struct {
	credentials.TransportCredentials
	refuse func(why string, attributes ...any)
}

// ClientHandshake is this pod connecting.
func (h handshakes) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secure, info, err := h.TransportCredentials.ClientHandshake(ctx, authority, conn)
	if err != nil {
		h.refuse("TLS with a peer failed: are all pods' certificates valid and of one CA?", "to", authority, "err", err)
	}
	return secure, info, err
}

// ServerHandshake is another pod connecting.
func (h handshakes) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secure, info, err := h.TransportCredentials.ServerHandshake(conn)
	if err != nil {
		h.refuse("TLS of a peer failed: are all pods' certificates valid and of one CA?", "from", conn.RemoteAddr().String(), "err", err)
	}
	return secure, info, err
}

// Clone keeps reporting.
func (h handshakes) Clone() credentials.TransportCredentials {
	return handshakes{h.TransportCredentials.Clone(), h.refuse}
}
