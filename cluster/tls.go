package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc/credentials"
)

// TLSFiles are the PEM files for mutual TLS between peers: this pod's certificate and its
// key, and the authorities that certificates of pods are signed by. All or none.
type TLSFiles struct{ Cert, Key, CA string }

// given tells whether there is any.
func (f TLSFiles) given() bool { return f != TLSFiles{} }

// Validate says what is missing or can't be read.
func (f TLSFiles) Validate() error {
	if !f.given() {
		return nil
	}
	if f.Cert == "" || f.Key == "" || f.CA == "" {
		return errors.New("tls of peers: certificate, key and CA belong together: give all three (--peer-cert, --peer-key, --peer-ca) or none")
	}
	if _, err := f.certificate(); err != nil {
		return err
	}
	_, err := f.authorities()
	return err
}

func (f TLSFiles) certificate() (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("load peer certificate %s with key %s: %w", f.Cert, f.Key, err)
	}
	return &c, nil
}

func (f TLSFiles) authorities() (*x509.CertPool, error) {
	pem, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, fmt.Errorf("load peer CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("load peer CA: no certificate in %s: must be PEM", f.CA)
	}
	return pool, nil
}

// server is the side that is connected to. The files are read for each handshake of
// either side, so they can be replaced while the pod runs; connections that are up stay.
func (f TLSFiles) server() *tls.Config {
	return &tls.Config{
		MinVersion:       tls.VersionTLS13,
		GetCertificate:   func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.certificate() },
		ClientAuth:       tls.RequireAnyClientCert, // VerifyConnection verifies it
		VerifyConnection: f.verify(x509.ExtKeyUsageClientAuth),

		SessionTicketsDisabled: true, // peers connect seldom, and each time as what they then are
	}
}

// client is the side that connects.
//
// InsecureSkipVerify leaves verifying to VerifyConnection, which does all of it but the
// name: pods are called by IP addresses that are not known when certificates are issued.
// So whoever has a certificate of the CA is a peer: it should be one that signs nothing else.
func (f TLSFiles) client() *tls.Config {
	return &tls.Config{
		MinVersion:           tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.certificate() },
		InsecureSkipVerify:   true,
		VerifyConnection:     f.verify(x509.ExtKeyUsageServerAuth),
	}
}

var errNoCertificate = errors.New("peer has no certificate")

// verify wants a certificate that one of the authorities has signed, directly or not, for
// what the peer does. A pod does both, so certificates need both usages, or none listed.
func (f TLSFiles) verify(usage x509.ExtKeyUsage) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errNoCertificate
		}
		roots, err := f.authorities()
		if err != nil {
			return err
		}
		between := x509.NewCertPool()
		for _, c := range state.PeerCertificates[1:] {
			between.AddCert(c)
		}
		_, err = state.PeerCertificates[0].Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage},
		})
		if err != nil {
			return fmt.Errorf("verify peer: %w", err)
		}
		return nil
	}
}

// handshakes tells operators, seldom, that pods can't connect: to gRPC and remote a wrong
// certificate is one more peer that can't be reached.
type handshakes struct {
	credentials.TransportCredentials
	told *refusals
}

// ClientHandshake is this pod connecting.
func (h handshakes) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secure, info, err := h.TransportCredentials.ClientHandshake(ctx, authority, conn)
	if err != nil {
		h.told.add("TLS with a peer failed: are all pods' certificates valid and of one CA?", "to", authority, "err", err)
	}
	return secure, info, err
}

// ServerHandshake is another pod connecting.
func (h handshakes) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secure, info, err := h.TransportCredentials.ServerHandshake(conn)
	if err != nil {
		h.told.add("TLS of a peer failed: are all pods' certificates valid and of one CA?", "from", conn.RemoteAddr().String(), "err", err)
	}
	return secure, info, err
}

// Clone keeps what tells.
func (h handshakes) Clone() credentials.TransportCredentials {
	return handshakes{h.TransportCredentials.Clone(), h.told}
}
