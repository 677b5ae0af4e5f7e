package k8s

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fakeCluster is a kubectl that does what rotate.sh needs: it keeps Secrets as folders of files,
// and its pods log at once that they have read a change. Each change of a Secret is a line in the
// file changes: the Secret, and what each of its keys holds.
const fakeCluster = `#!/bin/bash
set -euo pipefail
cd "$CLUSTER"
[ "$1 $2" = "-n pixel-playground" ] || exit 1
shift 2
if [ -f fails ] && [[ "$*" == *"$(cat fails)"* ]]; then rm fails; exit 1; fi
note() { for f in secrets/"$1"/*; do [ ! -f "$f" ] || printf '%s=%s ' "$(basename "$f")" "$(base64 -w0 "$f")"; done > line; echo "$1 $(cat line)" >> changes; echo x >> version; }
case "$1 $2" in
"get secret")
  key=$(sed 's/.*{\.data\.\(.*\)}/\1/; s/\\//g' <<< "${*: -1}")
  [ ! -f "secrets/$3/$key" ] || base64 -w0 "secrets/$3/$key" ;;
"patch secret")
  if [ -s slow ] && [ -s version ]; then echo "gateway-1 has not read the one before" >&2; exit 1; fi
  case "$*" in *--patch-file=/dev/stdin) patch=$(cat) ;; *) patch=${*: -1} ;; esac
  grep -oE '"[a-z-]+":("[^"]*"|null)' <<< "$patch" | while IFS=: read -r key value; do
    key=${key//\"/}
    if [ "$value" = null ]; then rm "secrets/$3/$key"; else base64 -d <<< "${value//\"/}" > "secrets/$3/$key"; fi
  done
  note "$3" ;;
"delete secret")
  rm -r "secrets/$3"; note "$3"
  case $3 in # as cert-manager does
  peer-ca) mkdir secrets/peer-ca; wc -l < changes > secrets/peer-ca/tls.crt ;;
  peer-tls) mkdir secrets/peer-tls; cp secrets/peer-ca/tls.crt secrets/peer-tls/ca.crt; wc -l < changes > secrets/peer-tls/tls.crt ;;
  esac ;;
"create secret")
  [ "${*: -1}" = --from-file=ca.crt=/dev/stdin ]
  mkdir "secrets/$4"; cat > "secrets/$4/ca.crt"; note "$4" ;;
"get pods")
  if [ -f late ] && [ -s changes ]; then echo pod/gateway-2; fi
  case "$4" in
  *component=gateway) echo pod/gateway-1 ;;
  *name=redis,*) printf '%s\n' pod/redis-0 pod/redis-1 ;;
  *" in "*) printf '%s\n' pod/gateway-1 pod/canvas-1 pod/redis-0 pod/redis-1 ;;
  *) printf '%s\n' pod/gateway-1 pod/canvas-1 ;;
  esac ;;
"get statefulset") echo redis sentinel ;;
"annotate pods") ;;
"get pod/"*) echo "$2" ;;
"annotate secret") # as kubectl does, it overwrites nothing
  case $4 in *-) rm -f annotated ;; *) [ ! -e annotated ]; touch annotated ;; esac ;;
"logs pod/redis-"*)
  for c in redis sentinel; do echo "[$2/$c] $(wc -l < version) secret read anew: /etc/redis-secrets"; done ;;
"logs pod/"*)
  version=$(wc -l < version)
  if [ "$2 $version" = "pod/gateway-2 1" ]; then
    if [ -s slow ]; then sed -i 1d slow; exit 0; fi # it has read the value of before when it started
    if [ "$(cat late)" = silent ]; then exit 0; fi
  fi
  if [ -s slow ] && [ ! -f late ] && [ "$2 $version" = "pod/gateway-1 1" ]; then version=0; sed -i 1d slow; fi
  for s in gossip-key-file redis-password-file admin-token-file peer-cert; do echo "[$2/playground] $version {\"msg\":\"secret read anew\",\"setting\":\"$s\"}"; done ;;
*) echo "nobody knows: $*" >&2; exit 1 ;;
esac
`

// rotate runs the script on a cluster with these Secrets, and returns how they changed. Beside them
// there may be /fails, a part of a command that fails once; /slow, with as many lines as
// gateway-1's log is asked for before it has the first change; and /late: then gateway-2 starts
// with the first change and logs it late (slow) or not at all (silent).
func rotate(t *testing.T, secret string, secrets map[string]string) (changes []map[string]string, said string, err error) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("bin/kubectl", fakeCluster, 0o700)
	write("bin/sleep", "#!/bin/sh\n", 0o700)
	write("changes", "", 0o600)
	write("version", "", 0o600)
	for name, text := range secrets {
		if file, ok := strings.CutPrefix(name, "/"); ok {
			write(file, text, 0o600)
		} else {
			write("secrets/"+name, text, 0o600)
		}
	}
	script := exec.Command("sh", "rotate.sh", secret)
	script.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "CLUSTER=" + dir}
	out, err := script.CombinedOutput()
	log, wrong := os.ReadFile(filepath.Join(dir, "changes"))
	if wrong != nil {
		t.Fatal(wrong)
	}
	for line := range strings.Lines(string(log)) {
		name, keys, _ := strings.Cut(strings.TrimSpace(line), " ")
		change := map[string]string{"": name}
		for _, pair := range strings.Fields(keys) {
			key, value, _ := strings.Cut(pair, "=")
			text, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			change[key] = string(text)
		}
		changes = append(changes, change)
	}
	return changes, string(out), err
}

// TestRotate_IsThreeSteps: the script changes a Secret as the page says, and in the end nothing of
// the old one is left.
func TestRotate_IsThreeSteps(t *testing.T) {
	lines := func(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }
	for key, size := range map[string]int{"gossip-key": 44, "admin-token": 64} {
		const old = `what "was" \before`
		changes, said, err := rotate(t, key, map[string]string{"playground/" + key: old})
		if err != nil || len(changes) != 3 {
			t.Fatalf("%s: %d changes, %v\n%s", key, len(changes), err, said)
		}
		next := changes[2][key]
		if len(next) != size || !slices.Equal(lines(changes[0][key]), []string{old, next}) || !slices.Equal(lines(changes[1][key]), []string{next, old}) {
			t.Errorf("%s: %q", key, changes)
		}
	}

	changes, said, err := rotate(t, "redis-password", map[string]string{"playground/redis-password": `what "was" \before`})
	if err != nil || len(changes) != 3 {
		t.Fatalf("redis-password: %d changes, %v\n%s", len(changes), err, said)
	}
	const mine, other = "redis-password", "redis-password-other"
	if next := changes[2][mine]; len(next) != 64 || changes[0][mine] != `what "was" \before` || changes[0][other] != next || changes[1][mine] != next || changes[1][other] != changes[0][mine] || changes[2][other] != "" {
		t.Errorf("redis-password: %q", changes)
	}

	changes, said, err = rotate(t, "peer-authority", map[string]string{"peer-ca/tls.crt": "old", "peer-tls/ca.crt": "old", "peer-tls/tls.crt": "by old"})
	if err != nil {
		t.Fatalf("peer-authority: %v\n%s", err, said)
	}
	var names []string
	for _, change := range changes {
		names = append(names, change[""])
	}
	if !slices.Equal(names, []string{"peer-ca", "peer-authorities", "peer-tls", "peer-authorities"}) || !slices.Equal(lines(changes[1]["ca.crt"])[:1], []string{"old"}) || len(lines(changes[1]["ca.crt"])) < 2 {
		t.Errorf("peer-authority: %q", changes)
	}
}

// TestRotate_Refuses: the script refuses a rotation while another is unfinished, and a secret that
// does not exist.
func TestRotate_Refuses(t *testing.T) {
	for secret, held := range map[string]map[string]string{
		"redis-password": {"playground/redis-password": "one", "playground/redis-password-other": "other"},
		"password":       {"playground/redis-password": "one"},
	} {
		if changes, said, err := rotate(t, secret, held); err == nil || len(changes) > 0 || !strings.Contains(said, "redis-password-other") && !strings.Contains(said, "sh k8s/rotate.sh") {
			t.Errorf("%s: %d changes, %v\n%s", secret, len(changes), err, said)
		}
	}
}

// TestRotate_ACommandThatFails: what kubectl could not tell is not taken for nothing. A secret that
// was not read would be gone from the first step on, and a pod that could not be asked for is not
// one that has ended.
func TestRotate_ACommandThatFails(t *testing.T) {
	for _, c := range []struct {
		secret, fails string
		held          map[string]string
	}{
		{"gossip-key", "data.gossip-key", map[string]string{"playground/gossip-key": "one"}},
		{"admin-token", "data.admin-token", map[string]string{"playground/admin-token": "one"}},
		{"redis-password", "data.redis-password}", map[string]string{"playground/redis-password": "one"}},
		{"redis-password", "data.redis-password-other", map[string]string{"playground/redis-password": "one", "playground/redis-password-other": "other"}},
		{"peer-authority", "get secret peer-tls", map[string]string{"peer-ca/tls.crt": "old", "peer-tls/ca.crt": "old", "peer-tls/tls.crt": "by old"}},
		{"peer-authority", "get secret peer-authorities", map[string]string{"peer-ca/tls.crt": "old", "peer-tls/ca.crt": "old", "peer-tls/tls.crt": "by old", "peer-authorities/ca.crt": "both"}},
		{"gossip-key", "", map[string]string{"playground/admin-token": "one"}}, // there is none
	} {
		if c.fails != "" {
			c.held["/fails"] = c.fails
		}
		if changes, said, err := rotate(t, c.secret, c.held); err == nil || len(changes) > 0 {
			t.Errorf("%s, %q fails: %d changes, %v\n%s", c.secret, c.fails, len(changes), err, said)
		}
	}
	for _, fails := range []string{"get pod/gateway-1", "logs pod/gateway-1"} {
		changes, said, err := rotate(t, "gossip-key", map[string]string{"playground/gossip-key": "one", "/slow": "1\n2\n3\n", "/fails": fails})
		if err != nil || len(changes) != 3 {
			t.Errorf("%s fails: %d changes, %v\n%s", fails, len(changes), err, said)
		}
	}
}

// TestRotate_PodsThatStartMeanwhile: a pod that has started with the value of before is waited for,
// and one that has started with the new value does not hold the rotation up for ever.
func TestRotate_PodsThatStartMeanwhile(t *testing.T) {
	for _, late := range []string{"slow", "silent"} {
		held := map[string]string{"playground/gossip-key": "one", "/late": late}
		if late == "slow" {
			held["/slow"] = "1\n2\n3\n"
		}
		changes, said, err := rotate(t, "gossip-key", held)
		if err != nil || len(changes) != 3 || !strings.Contains(said, "read by 3 pods") {
			t.Errorf("%s: %d changes, %v\n%s", late, len(changes), err, said)
		}
	}
}

// TestOperations_SayHowToRotate: the page names each of the script's secrets. Other commands on the
// page have a test of their own.
func TestOperations_SayHowToRotate(t *testing.T) {
	script, err := os.ReadFile("rotate.sh")
	if err != nil {
		t.Fatal(err)
	}
	page := pages(t)["operations.md"]
	known := regexp.MustCompile(`(?m)^  ([a-z-]+)\) `).FindAllStringSubmatch(string(script), -1)
	if len(known) != 4 {
		t.Errorf("the script knows %q", known)
	}
	for _, m := range known {
		if !strings.Contains(page, "`sh k8s/rotate.sh "+m[1]+"`") {
			t.Errorf("the page does not say how to replace %s", m[1])
		}
	}
	for _, w := range containers(kustomization{"base"}.load(t)) {
		p, err := kustomization{"base"}.load(t).Process(w, somePod())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range p.Mounts {
			if m.Secret && !slices.ContainsFunc(known, func(k []string) bool {
				return m.Files[k[1]] != "" || m.Files[strings.TrimPrefix(k[1], "redis-")] != ""
			}) {
				t.Errorf("%s reads %v, which nothing replaces", w.Name, m.Files)
			}
		}
	}
}
