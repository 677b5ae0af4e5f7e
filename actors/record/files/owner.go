package files

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// AboutFile is the file that says whose a record is.
const AboutFile = "canvas.json"

// About is what is in it.
type About struct {
	Format int    `json:"format"` // of the record: Format
	Width  int    `json:"width"`  // pixels
	Height int    `json:"height"`
	Region int    `json:"region"`
	Canvas string `json:"canvas"` // the identity of the canvas in its store; empty: the first that comes
}

// Format is the version of the record's files.
const Format = 1

// Geometry is the canvas' size.
func (a About) Geometry() canvas.Geometry {
	return canvas.Geometry{Width: a.Width, Height: a.Height, Region: a.Region}
}

// Describe reads whose a record is. ErrNotExist says that nothing is recorded there.
func Describe(ctx context.Context, f record.Files) (About, error) {
	var about About
	content, err := f.Get(ctx, AboutFile)
	if errors.Is(err, record.ErrNotExist) {
		return about, fmt.Errorf("%w: there is no record in %s", record.ErrNotExist, f)
	}
	if err != nil {
		return about, err
	}
	if json.Unmarshal(content, &about) != nil || about.Geometry().Validate() != nil {
		return about, fmt.Errorf("%w: %s in %s", record.ErrDamaged, AboutFile, f)
	}
	if about.Format != Format {
		return about, fmt.Errorf("%w: the record in %s has format %d, and this version reads %d", record.ErrForeign, f, about.Format, Format)
	}
	return about, nil
}

// proofTime is for how long it is known whose a record is. Another canvas may have begun its own at the
// same moment, or may have been given the place since.
const proofTime = time.Minute

// Owned are files that are one canvas's: before the first of them is read or written, and from time to
// time, the record must turn out to be this canvas's, or be blank and become it. Until then, and if it
// is another's, every call fails.
type Owned struct {
	files    record.Files
	geometry canvas.Geometry
	identity func(context.Context) (string, error)

	finding chan struct{} // cap 1: holds a token while somebody finds out, and guards what follows
	proven  time.Time     // last; zero: it is not
	wrong   error         // wraps ErrForeign; then it is not asked again
	now     func() time.Time
}

// Own returns files of the canvas with this size, and the identity that its store knows. It asks
// nobody yet.
func Own(f record.Files, g canvas.Geometry, identity func(context.Context) (string, error)) *Owned {
	return &Owned{files: f, geometry: g, identity: identity, finding: make(chan struct{}, 1), now: time.Now}
}

func (o *Owned) String() string { return o.files.String() }

// Prove finds out whether the record is this canvas's.
func (o *Owned) Prove(ctx context.Context) error {
	select {
	case o.finding <- struct{}{}:
		defer func() { <-o.finding }()
	case <-ctx.Done():
		return unavailable(context.Cause(ctx))
	}
	if o.wrong != nil || !o.proven.IsZero() && o.now().Sub(o.proven) < proofTime {
		return o.wrong
	}
	identity, err := o.identity(ctx)
	if err != nil {
		return unavailable(err)
	}
	is, err := Describe(ctx, o.files)
	if errors.Is(err, record.ErrNotExist) || err == nil && is.Canvas == "" && is.Geometry() == o.geometry {
		is, err = Begin(ctx, o.files, o.geometry, identity)
	}
	switch {
	case err == nil && is.Canvas != identity && is.Canvas != "":
		err = fmt.Errorf("%w: %s has that of %s, and this one is %s: give each canvas a place of its own with --record; if it is this canvas's all the same (its store was filled anew), delete %s there",
			record.ErrForeign, o, is.Canvas, identity, AboutFile)
	case err == nil && is.Geometry() != o.geometry:
		err = fmt.Errorf("%w: %s has that of a canvas of %v, and this one is %v: give it a place of its own with --record", record.ErrForeign, o, is.Geometry(), o.geometry)
	}
	if errors.Is(err, record.ErrForeign) {
		o.wrong = err
	}
	if o.proven = (time.Time{}); err == nil {
		o.proven = o.now()
	}
	return err
}

// Begin makes a blank place a canvas's. Pods of one canvas write the same, so it does not matter which
// is last; of two canvases that begin at the same moment, the one that finds the other's leaves it
// alone, perhaps only when it looks again. Without an identity the record is that of the first canvas of this size that uses it.
func Begin(ctx context.Context, f record.Files, g canvas.Geometry, identity string) (About, error) {
	content, err := json.Marshal(About{Format, g.Width, g.Height, g.Region, identity})
	if err == nil {
		err = f.Put(ctx, AboutFile, append(content, '\n'))
	}
	if err != nil {
		return About{}, err
	}
	return Describe(ctx, f)
}

// Put implements record.Files.
func (o *Owned) Put(ctx context.Context, name string, content []byte) error {
	if err := o.Prove(ctx); err != nil {
		return err
	}
	return o.files.Put(ctx, name, content)
}

// Get implements record.Files.
func (o *Owned) Get(ctx context.Context, name string) ([]byte, error) {
	if err := o.Prove(ctx); err != nil {
		return nil, err
	}
	return o.files.Get(ctx, name)
}

// List implements record.Files.
func (o *Owned) List(ctx context.Context, prefix string) ([]record.File, error) {
	if err := o.Prove(ctx); err != nil {
		return nil, err
	}
	return o.files.List(ctx, prefix)
}

// Remove implements record.Files.
func (o *Owned) Remove(ctx context.Context, name string) error {
	if err := o.Prove(ctx); err != nil {
		return err
	}
	return o.files.Remove(ctx, name)
}
