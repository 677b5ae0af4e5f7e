package k8s

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestRecord_InABucket: with the documented component and settings both kinds of pods are told of the
// bucket and have its keys, and the rules hold.
func TestRecord_InABucket(t *testing.T) {
	_, page, _ := strings.Cut(pages(t)["operations.md"], "\n## Keeping a record\n")
	page, _, _ = strings.Cut(page, "\n## ")
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(page, -1)
	if len(blocks) != 1 {
		t.Fatalf("the page has %d blocks", len(blocks))
	}
	set := knob{title: "record", files: map[string]string{"kustomization.yaml": blocks[0][1]}}.load(t)
	for _, w := range ours(set) {
		p, err := set.Process(w, somePod())
		if err != nil || p.Env["PLAYGROUND_RECORD"] != "s3://my-bucket/record" || p.Env["PLAYGROUND_S3_ENDPOINT"] != "https://s3.example.org" || p.Env["PLAYGROUND_RECORD_KEEP"] != "365d,100GB" {
			t.Errorf("%s: %v, %v", w.Name, err, p.Env)
		}
		v, file := w.Volume("s3"), p.Env["AWS_SHARED_CREDENTIALS_FILE"]
		if v == nil || v.Secret == nil || v.Secret.SecretName != "record-s3" || !mounts(w, "s3", path.Dir(file)) {
			t.Errorf("%s: the file with the keys is not there", w.Name)
		}
	}
	for _, r := range rules(t) {
		for _, fault := range r.faults(set) {
			t.Errorf("%s: %s", r.name, fault)
		}
	}
}
