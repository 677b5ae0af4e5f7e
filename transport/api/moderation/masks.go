package moderation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/quota"
)

// Bounds of masks beyond those of package rules.
const (
	maxMaskFile = 1 << 20 // bytes of a PNG
	// maxMaskMemory is what unpacking a PNG may take, in bytes, and one is unpacked at a time: the largest mask in 8 bits.
	maxMaskMemory = 4 * rules.MaxMaskSide * rules.MaxMaskSide
	// unnamedLasts is how long a mask is kept that no act names.
	unnamedLasts = time.Hour
	maskPatience = 5 * time.Second
)

// masks are the masks in the store.
type masks struct {
	docs store.Documents
	turn chan struct{} // cap 1: full while one is unpacked, or made a picture of
	drew *quota.Rates  // pictures made for a network

	mu       sync.Mutex        // guards:
	pictures map[string][]byte // by name
	held     int               // bytes of them
}

// Pictures of masks are kept, since all who look at the canvas ask for them. A network may have so many made that are not kept.
const (
	maxPictures                       = 16 << 20 // bytes; when there are more, all are made anew
	picturesPerSecond, picturesAtOnce = 2, 50
)

func newMasks(docs store.Documents) *masks {
	return &masks{docs: docs, turn: make(chan struct{}, 1), drew: quota.NewRates(picturesPerSecond, picturesAtOnce), pictures: make(map[string][]byte)}
}

// put stores a mask; until zero: for good.
func (m *masks) put(ctx context.Context, name string, stored []byte, until time.Time) error {
	for part := 0; part*rules.MaskPart < len(stored); part++ {
		rest := stored[part*rules.MaskPart:]
		if err := m.docs.PutDocument(ctx, rules.MaskKind, rules.MaskPartID(name, part), rest[:min(len(rest), rules.MaskPart)], until); err != nil {
			return fmt.Errorf("store a mask: %w", err)
		}
	}
	return nil
}

// get reads what was stored; errNone: there is no such mask.
func (m *masks) get(ctx context.Context, name string) ([]byte, error) {
	if !rules.IsMaskName(name) {
		return nil, errNone
	}
	var stored []byte
	for part, parts := 0, 1; part < parts; part++ {
		one, err := m.docs.Document(ctx, rules.MaskKind, rules.MaskPartID(name, part))
		if err != nil {
			return nil, fmt.Errorf("read a mask: %w", err)
		}
		if part == 0 {
			parts = rules.MaskParts(one)
		}
		if len(one) == 0 || parts == 0 {
			return nil, errNone
		}
		stored = append(stored, one...)
	}
	return stored, nil
}

// keep keeps a mask for good, because an act is about to name it.
func (m *masks) keep(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, maskPatience)
	defer cancel()
	stored, err := m.get(ctx, name)
	if errors.Is(err, errNone) {
		return fmt.Errorf("%w: there is no mask %.40q: upload it first", rules.ErrInvalid, name)
	}
	if err == nil {
		err = m.put(ctx, name, stored, time.Time{})
	}
	return err
}

// settleMask sees to it that a mask is kept for as long as it should be, now that an act which names it was decided or refused. If it is
// not known which, it stays.
func (d *Desk) settleMask(ctx context.Context, name string, err error) {
	switch {
	case err == nil:
		err = d.masks.keep(ctx, name) // who was refused the same one meanwhile may have given it an end
	case errors.Is(err, rules.ErrInvalid), errors.Is(err, rules.ErrRights):
		err = d.forgetMask(ctx, name)
	default:
		err = nil
	}
	if err != nil {
		d.told.Note("a mask could not be kept or forgotten", "moderation", "err", err)
	}
}

// forgetMask gives a mask an end again that no act names, be it in force or not. Others may decide such an act at the same time: so it is
// looked for again afterwards, in all that was decided until then.
func (d *Desk) forgetMask(ctx context.Context, name string) error {
	if d.Canvas.Rules().NamesMask(name) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, maskPatience)
	defer cancel()
	stored, err := d.masks.get(ctx, name)
	if err == nil {
		err = d.masks.put(ctx, name, stored, d.Now().Add(unnamedLasts))
	}
	if err != nil {
		return err
	}
	if _, err := d.Canvas.Acts(ctx, 0, 1); err != nil || d.Canvas.Rules().NamesMask(name) { // asks the store first
		return errors.Join(err, d.masks.keep(ctx, name))
	}
	return nil
}

// during runs f when it is its turn.
func (m *masks) during(ctx context.Context, f func() error) error {
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-m.turn }()
	return f()
}

func (d *Desk) postMask(w http.ResponseWriter, r *http.Request, c caller) {
	if !d.paced(w, d.acts, c) {
		return
	}
	body, free, ok := d.read(w, r, "image/png", maxMaskFile)
	if !ok {
		return
	}
	defer free()
	ctx, cancel := context.WithTimeout(r.Context(), maskPatience)
	defer cancel()
	var mask *rules.Mask
	var name string
	var stored []byte
	pixels := 0
	err := d.masks.during(ctx, func() (err error) {
		if mask, pixels, err = readMask(body); err == nil {
			name, stored, err = mask.Encode()
		}
		return err
	})
	if err == nil && pixels == 0 {
		err = fmt.Errorf("%w: no pixel of the mask counts", rules.ErrInvalid)
	}
	if err == nil {
		err = d.masks.offer(ctx, name, stored, d.Now().Add(unnamedLasts))
	}
	if err != nil {
		d.failed(w, err)
		return
	}
	answer.JSON(w, http.StatusCreated, struct {
		Name   string `json:"name"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
		Pixels int    `json:"pixels"`
	}{name, mask.Width, mask.Height, pixels})
}

// offer stores a mask that no act names yet. One that is there stays for as long as it would: an act may name it.
func (m *masks) offer(ctx context.Context, name string, stored []byte, until time.Time) error {
	there, err := m.get(ctx, name)
	if err == nil && bytes.Equal(there, stored) {
		return nil
	}
	if err != nil && !errors.Is(err, errNone) {
		return err
	}
	return m.put(ctx, name, stored, until)
}

// readMask makes a mask of a PNG: of its opaque pixels or, if all are opaque, of its dark ones.
func readMask(file []byte) (mask *rules.Mask, pixels int, err error) {
	about, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: this is not a PNG", rules.ErrInvalid)
	}
	bytesEach := 4
	switch about.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		bytesEach = 8
	}
	if about.Width > rules.MaxMaskSide || about.Height > rules.MaxMaskSide || bytesEach*about.Width*about.Height > maxMaskMemory {
		return nil, 0, fmt.Errorf("%w: a picture of %dx%d pixels, must have at most %dx%d in 8 bits", rules.ErrInvalid, about.Width, about.Height, rules.MaxMaskSide, rules.MaxMaskSide)
	}
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: the PNG is damaged", rules.ErrInvalid)
	}
	const half = 0x8000 // of RGBA's 16 bits
	counts := func(x, y int) bool { _, _, _, a := picture.At(x, y).RGBA(); return a >= half }
	if opaque, ok := picture.(interface{ Opaque() bool }); ok && opaque.Opaque() {
		counts = func(x, y int) bool { return color.Gray16Model.Convert(picture.At(x, y)).(color.Gray16).Y < half }
	}
	mask, err = rules.NewMask(about.Width, about.Height, func(x, y int) bool {
		has := counts(x, y)
		if has {
			pixels++
		}
		return has
	})
	return mask, pixels, err
}

// getMask answers with a mask as a picture, which never changes: its name is a hash of it.
func (d *Desk) getMask(w http.ResponseWriter, r *http.Request, _ caller) {
	name, ok := strings.CutSuffix(r.PathValue("name"), ".png")
	if !ok || !rules.IsMaskName(name) {
		answer.Fail(w, http.StatusNotFound, "There is no such mask")
		return
	}
	tag := `"` + name + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	if answer.Matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	picture := d.masks.picture(name)
	if picture == nil {
		if wait, ok := d.masks.drew.Take(answer.ClientOf(r), 1, d.Now()); !ok {
			tooMuch(w, wait)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), maskPatience)
		defer cancel()
		var err error
		if picture, err = d.masks.draw(ctx, name); err != nil {
			d.failed(w, err)
			return
		}
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(picture) // a client that is gone has nobody to tell
}

// picture is the picture of a mask, if it is kept.
func (m *masks) picture(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pictures[name]
}

// draw makes the picture of a mask and keeps it. Whoever asks for the same meanwhile waits.
func (m *masks) draw(ctx context.Context, name string) (picture []byte, err error) {
	stored, err := m.get(ctx, name) // not in its turn: names that mean nothing must not keep others waiting
	if err != nil {
		return nil, err
	}
	err = m.during(ctx, func() error {
		if picture = m.picture(name); picture != nil {
			return nil
		}
		mask, err := rules.DecodeMask(name, stored)
		if err != nil {
			return err
		}
		var file bytes.Buffer
		if err := drawMask(&file, mask); err != nil {
			return fmt.Errorf("draw a mask: %w", err)
		}
		picture = file.Bytes()
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.held+len(picture) > maxPictures {
			m.pictures, m.held = make(map[string][]byte), 0
		}
		m.pictures[name], m.held = picture, m.held+len(picture)
		return nil
	})
	return picture, err
}

// drawMask makes a picture of a mask: what counts is black, the rest transparent.
func drawMask(to io.Writer, mask *rules.Mask) error {
	picture := image.NewPaletted(image.Rect(0, 0, mask.Width, mask.Height), color.Palette{color.Transparent, color.Black})
	for n := range picture.Pix {
		if mask.Has(n%mask.Width, n/mask.Width) {
			picture.Pix[n] = 1
		}
	}
	return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(to, picture)
}
