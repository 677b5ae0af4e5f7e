package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"time"
)

const certificateCheck = "certificates"

// soon is how long before its end a certificate should be replaced, if it does not count for so short a time
// that a third of it is less.
const soon = 14 * 24 * time.Hour

// examineCertificates reads those of the servers among each other, which must be there and fit each other: that
// is known from the settings.
func examineCertificates(_ context.Context, p patient) (found []Finding) {
	if !p.TLS.Given() {
		return nil
	}
	own, wrong := certificatesIn(p.TLS.Cert)
	authorities, wrongCA := certificatesIn(p.TLS.CA)
	if wrong != nil || wrongCA != nil || len(own) == 0 {
		return []Finding{fault(certificateCheck, fmt.Sprintf("%s and %s can't be read: %v %v", p.TLS.Cert, p.TLS.CA, wrong, wrongCA), "see that they are PEM files with certificates")}
	}
	found = append(found, judgeDates("--peer-cert "+p.TLS.Cert, own[0], p.now()))
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, one := range authorities {
		roots.AddCert(one)
		found = append(found, judgeDates(fmt.Sprintf("--peer-ca %s, %q", p.TLS.CA, one.Subject.CommonName), one, p.now()))
	}
	for _, one := range own[1:] {
		between.AddCert(one)
	}
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} { // each connects to the others
		verify := x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage}, CurrentTime: own[0].NotBefore.Add(time.Second)} // dates are judged above
		if _, err := own[0].Verify(verify); err != nil {
			return append(found, fault(certificateCheck, fmt.Sprintf("other servers refuse --peer-cert %s: %v", p.TLS.Cert, err),
				"have it signed by an authority in --peer-ca, for both client and server authentication"))
		}
	}
	return found
}

func certificatesIn(path string) (all []*x509.Certificate, err error) {
	rest, err := os.ReadFile(path)
	for err == nil {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		var one *x509.Certificate
		if one, err = x509.ParseCertificate(block.Bytes); err == nil {
			all = append(all, one)
		}
	}
	return all, err
}

// judgeDates says whether a certificate counts now, and for how long.
func judgeDates(name string, is *x509.Certificate, now time.Time) Finding {
	const day = "2006-01-02"
	switch {
	case now.Before(is.NotBefore):
		return fault(certificateCheck, fmt.Sprintf("%s counts from %s on", name, is.NotBefore.Format(time.RFC3339)), "see that this computer's clock is right, or make another one")
	case now.After(is.NotAfter):
		return fault(certificateCheck, fmt.Sprintf("%s has ended on %s", name, is.NotAfter.Format(day)), "replace it; running servers read the file again")
	case now.After(is.NotAfter.Add(-min(soon, is.NotAfter.Sub(is.NotBefore)/3))):
		return warning(certificateCheck, fmt.Sprintf("%s ends on %s", name, is.NotAfter.Format(day)), "replace it before; running servers read the file again")
	}
	return fine(certificateCheck, "%s counts until %s", name, is.NotAfter.Format(day))
}

// examineDatesAt judges the certificate of a server on the web. That it is trusted is known from asking it.
func examineDatesAt(ctx context.Context, p patient, at *url.URL) (found []Finding) {
	if at.Scheme != "https" {
		return nil
	}
	port := at.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	conn, err := new(tls.Dialer).DialContext(ctx, "tcp", at.Hostname()+":"+port)
	if err != nil {
		return nil // asking has said why
	}
	defer conn.Close()
	return []Finding{judgeDates("that of "+at.Host, conn.(*tls.Conn).ConnectionState().PeerCertificates[0], p.now())}
}
