package k8s

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"pixelplayground/k8s/manifest"
)

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// routeFaults checks that the route lets in what the Ingress did, to the same Service.
func routeFaults(t *testing.T, s manifest.Set) (faults []string) {
	t.Helper()
	if len(manifest.All[networkingv1.Ingress](s)) > 0 {
		faults = append(faults, "there is still an Ingress")
	}
	var want, got []string
	for _, p := range manifest.Get[networkingv1.Ingress](kustomization{"overlays/prod"}.load(t), "gateway").Spec.Rules[0].HTTP.Paths {
		kind := "Exact"
		if *p.PathType == networkingv1.PathTypePrefix {
			kind = "PathPrefix"
		}
		want = append(want, kind+" "+p.Path)
	}
	for _, r := range manifest.Get[manifest.HTTPRoute](s, "gateway").Spec.Rules {
		for _, m := range r.Matches {
			got = append(got, m.Path.Type+" "+m.Path.Value)
		}
		for _, b := range r.BackendRefs {
			if service := manifest.Get[corev1.Service](s, b.Name); service == nil || int(service.Spec.Ports[0].Port) != b.Port {
				faults = append(faults, fmt.Sprintf("it leads to %v", b))
			}
		}
	}
	if slices.Sort(want); !slices.Equal(want, slices.Sorted(slices.Values(got))) {
		faults = append(faults, fmt.Sprintf("it lets in %v, the Ingress %v", got, want))
	}
	for _, fault := range faults {
		t.Error(fault)
	}
	return faults
}

func externalKeys(s manifest.Set) (keys []string) {
	e := manifest.Get[manifest.ExternalSecret](s, "playground")
	for _, d := range e.Spec.Data {
		keys = append(keys, d.SecretKey)
	}
	slices.Sort(keys)
	return keys
}

// peersEncrypted reports whether both workloads name files that the certificate's Secret has, where
// it is mounted, and whether the certificate is valid for both sides of a connection.
func peersEncrypted(s manifest.Set) bool {
	c := manifest.Get[manifest.Certificate](s, "peer")
	authority := manifest.Get[manifest.Issuer](s, c.Spec.IssuerRef.Name)
	if authority == nil || authority.Spec.CA.SecretName != manifest.Get[manifest.Certificate](s, "peer-ca").Spec.SecretName {
		return false
	}
	for _, w := range ours(s) {
		volume := w.Volume("peer")
		if volume == nil || keysOf(*volume)[0] != (keyOf{secret: c.Spec.SecretName}) {
			return false
		}
		p, err := s.Process(w, somePod())
		if err != nil {
			return false
		}
		for name, file := range map[string]string{"CERT": "tls.crt", "KEY": "tls.key", "CA": "ca.crt"} {
			if p.Env["PLAYGROUND_PEER_"+name] != "/etc/peer/"+file { // a rule checks that the file exists
				return false
			}
		}
	}
	usages := strings.Join(c.Spec.Usages, ", ")
	return strings.Contains(usages, "server auth") && strings.Contains(usages, "client auth")
}
