package moderation

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/rules"
)

// drawn is a picture as a PNG.
func drawn(t testing.TB, picture image.Image) string {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// disc is a picture of a disc on some background.
func disc(ink, ground color.Color) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, 20, 10))
	for n := range 200 {
		x, y := n%20, n/20
		picture.Set(x, y, ground)
		if (x-10)*(x-10)+(y-5)*(y-5) < 16 {
			picture.Set(x, y, ink)
		}
	}
	return picture
}

// claims is the beginning of a PNG in RGBA that says how large it is, so that it must be refused before anything is unpacked.
func claims(width, height uint32, bits byte) string {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	head = binary.BigEndian.AppendUint32(head, height)
	head = append(head, bits, 6 /* RGBA */, 0, 0, 0)
	file := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(head)-4))
	file = append(file, head...)
	return string(binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(head)))
}

// uploaded is the answer about a mask.
type uploaded struct {
	Name                  string
	Width, Height, Pixels int
}

func TestMasks_AreUploadedAndShown(t *testing.T) {
	o := newOffice(t)
	upload := func(picture image.Image) uploaded {
		w := o.ask("moderator", "POST", "masks", drawn(t, picture), "Content-Type", "image/png")
		if w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return told[uploaded](t, w)
	}
	opaque := upload(disc(color.NRGBA{R: 255, A: 255}, color.Transparent))
	dark := upload(disc(color.Black, color.White)) // all of it is opaque
	faint := upload(disc(color.NRGBA{A: 200}, color.NRGBA{A: 100}))
	bilevel := image.NewPaletted(image.Rect(0, 0, 20, 10), color.Palette{color.White, color.Black})
	for n := range bilevel.Pix {
		bilevel.Set(n%20, n/20, disc(color.Black, color.White).At(n%20, n/20))
	}
	one := upload(bilevel)
	if opaque.Width != 20 || opaque.Height != 10 || opaque.Pixels != 45 {
		t.Errorf("%+v", opaque)
	}
	if dark != opaque || faint != opaque || one != opaque {
		t.Errorf("%+v, %+v, %+v and %+v are the same mask", opaque, dark, faint, one)
	}
	w := o.ask("", "GET", "rules/mask/"+opaque.Name+".png", "")
	picture, err := png.Decode(w.Body)
	if err != nil || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || picture.Bounds() != image.Rect(0, 0, 20, 10) {
		t.Fatalf("%v %v", err, w.Header())
	}
	for n := range 200 {
		_, _, _, alpha := picture.At(n%20, n/20).RGBA()
		if _, _, _, want := disc(color.Black, color.Transparent).At(n%20, n/20).RGBA(); (alpha > 0) != (want > 0) {
			t.Fatalf("pixel %d has alpha %d", n, alpha)
		}
	}
	if w := o.ask("", "GET", "rules/mask/"+opaque.Name+".png", "", "If-None-Match", w.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", w.Code)
	}
}

// TestMasks_LastAsLongAsTheirArea: a mask that no act names goes, one that an act names stays.
func TestMasks_LastAsLongAsTheirArea(t *testing.T) {
	o := newOffice(t)
	now := noon
	o.Documents, o.masks.docs = nil, clocked(t, o, &now)
	named := told[uploaded](t, o.ask("moderator", "POST", "masks", drawn(t, disc(color.Black, color.White)), "Content-Type", "image/png"))
	other := told[uploaded](t, o.ask("moderator", "POST", "masks", drawn(t, disc(color.White, color.Black)), "Content-Type", "image/png"))
	o.act("moderator", fmt.Sprintf(`{"do":"protect","area":{"name":"disc","x":1,"y":2,"width":20,"height":10,"least":"member","mask":%q}}`, named.Name))
	now = noon.Add(unnamedLasts + time.Second)
	if w := o.ask("", "GET", "rules/mask/"+named.Name+".png", ""); w.Code != 200 {
		t.Errorf("the one that counts: %d", w.Code)
	}
	if w := o.ask("", "GET", "rules/mask/"+other.Name+".png", ""); w.Code != 404 || w.Header().Get("ETag") != "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the one that no act names: %d %v", w.Code, w.Header())
	}
	if w := o.ask("moderator", "POST", "acts", fmt.Sprintf(`{"do":"protect","area":{"name":"gone","x":1,"y":2,"width":20,"height":10,"least":"member","mask":%q}}`, other.Name)); w.Code != 400 || !strings.Contains(w.Body.String(), "upload it first") {
		t.Errorf("an area with a mask that has gone: %d %s", w.Code, w.Body)
	}
	// Who uploads again what an act names takes nothing of its time away.
	o.ask("other", "POST", "masks", drawn(t, disc(color.Black, color.White)), "Content-Type", "image/png")
	now = now.Add(2 * unnamedLasts)
	o.masks.pictures = map[string][]byte{}
	if w := o.ask("", "GET", "rules/mask/"+named.Name+".png", ""); w.Code != 200 {
		t.Errorf("after another upload of it: %d", w.Code)
	}
}

// TestMasks_OfRefusedActs: a mask that was to be kept for an act which was refused ends after all, unless another act has named it, be it
// taken back since or decided in the same moment.
func TestMasks_OfRefusedActs(t *testing.T) {
	o := newOffice(t)
	now := noon
	o.Documents, o.masks.docs = nil, clocked(t, o, &now)
	protect := func(who string, least string, mask uploaded) int {
		return o.ask(who, "POST", "acts", fmt.Sprintf(`{"do":"protect","area":{"name":"disc","x":1,"y":2,"width":20,"height":10,"least":%q,"mask":%q}}`, least, mask.Name)).Code
	}
	upload := func(ink, ground color.Color) uploaded {
		return told[uploaded](t, o.ask("moderator", "POST", "masks", drawn(t, disc(ink, ground)), "Content-Type", "image/png"))
	}
	refused, named := upload(color.Black, color.White), upload(color.White, color.Black)
	if code := protect("moderator", "owner", refused); code != 403 {
		t.Fatal(code)
	}
	if code := protect("moderator", "member", named); code != 200 {
		t.Fatal(code)
	}
	o.act("moderator", `{"do":"undo","of":1}`)
	if code := protect("moderator", "owner", named); code != 403 {
		t.Fatal(code)
	}
	now = noon.Add(unnamedLasts + time.Second)
	if w := o.ask("", "GET", "rules/mask/"+refused.Name+".png", ""); w.Code != 404 {
		t.Errorf("the one of an act that was refused: %d", w.Code)
	}
	if w := o.ask("", "GET", "rules/mask/"+named.Name+".png", ""); w.Code != 200 {
		t.Errorf("the one of an act that was taken back: %d", w.Code)
	}
	// Somebody decides an act with the mask while another's is refused.
	o.later(now.Sub(noon))
	both := upload(color.Black, color.White)
	o.asking = func() {
		if code := protect("other", "member", both); code != 200 {
			t.Error(code)
		}
	}
	if code := protect("moderator", "owner", both); code != 403 {
		t.Fatal(code)
	}
	now = now.Add(2 * unnamedLasts)
	if w := o.ask("", "GET", "rules/mask/"+both.Name+".png", ""); w.Code != 200 {
		t.Errorf("the one that another act has named meanwhile: %d", w.Code)
	}
}

func TestMasks_Refused(t *testing.T) {
	o := newOffice(t)
	for name, test := range map[string]struct {
		body string
		want int
	}{
		"nothing":               {"", 400},
		"no picture":            {"hello", 400},
		"half a picture":        {drawn(t, disc(color.Black, color.White))[:90], 400},
		"too large a picture":   {claims(rules.MaxMaskSide+1, rules.MaxMaskSide, 8), 400},
		"too deep a picture":    {claims(rules.MaxMaskSide, rules.MaxMaskSide, 16), 400},
		"a picture of nothing":  {drawn(t, disc(color.Transparent, color.Transparent)), 400},
		"a file that is no end": {strings.Repeat("a", maxMaskFile+1), 413},
	} {
		w := o.ask("moderator", "POST", "masks", test.body, "Content-Type", "image/png")
		if w.Code != test.want || strings.HasPrefix(name, "too") && !strings.Contains(w.Body.String(), "must have at most") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := o.ask("moderator", "POST", "masks", "GIF89a", "Content-Type", "image/gif"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a GIF: %d", w.Code)
	}
	for _, name := range []string{"x.png", "../../etc/passwd", strings.Repeat("0", 32), strings.Repeat("0", 32) + ".png", strings.Repeat("0", 32) + "-00.png"} {
		if w := o.ask("guest", "GET", "rules/mask/"+strings.ReplaceAll(name, "/", "%2F"), ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// TestMasks_Flood: who asks for ever other masks has to wait, others have not.
func TestMasks_Flood(t *testing.T) {
	o := newOffice(t)
	refused := 0
	for n := range 2 * picturesAtOnce {
		w := o.ask("guest", "GET", fmt.Sprintf("rules/mask/%032x.png", n), "")
		if w.Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != picturesAtOnce {
		t.Errorf("%d of %d refused", refused, 2*picturesAtOnce)
	}
}
