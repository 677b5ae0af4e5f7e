package timelapse

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// raw writes each frame whole: three bytes a pixel, red, green and blue, row by row.
type raw struct {
	w     io.Writer
	film  Film
	whole []byte
}

// NewRaw writes the frames of a film one after the other, for another program to read.
func NewRaw(w io.Writer, film Film) Encoder {
	width, height := film.size()
	return &raw{w, film, make([]byte, 3*width*height)}
}

// Frame implements Encoder.
func (r *raw) Frame(f *Frame) error {
	stride := 3 * f.Width * r.film.Scale
	for _, at := range f.Changed {
		x, y, c := int(at)%f.Width, int(at)/f.Width, f.Colors[at]
		for row := range r.film.Scale {
			line := r.whole[(y*r.film.Scale+row)*stride+3*x*r.film.Scale:][:3*r.film.Scale]
			for i := 0; i < len(line); i += 3 {
				line[i], line[i+1], line[i+2] = byte(c>>16), byte(c>>8), byte(c)
			}
		}
	}
	for range f.Count {
		if _, err := r.w.Write(r.whole); err != nil {
			return err
		}
	}
	return nil
}

// Close implements Encoder.
func (r *raw) Close() error { return nil }

// video is raw frames on their way into a file.
type video struct {
	Encoder
	into  io.WriteCloser
	maker *exec.Cmd
	says  bytes.Buffer
}

// playable is what all players take: an even number of pixels, and colours at half the resolution.
var playable = []string{"-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-movflags", "+faststart"}

// NewVideo has ffmpeg make a video whose format follows from the file's name.
// Without ffmpeg the error says how to get it. Close must be called; when ctx ends, ffmpeg is stopped.
func NewVideo(ctx context.Context, name string, film Film) (Encoder, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%s is made by ffmpeg, which is not installed: install it (apt install ffmpeg), or write a .gif, .webp or .png", name)
	}
	width, height := film.size()
	args := []string{
		"-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", fmt.Sprintf("%dx%d", width, height), "-r", fmt.Sprint(film.FPS), "-i", "-",
	}
	v := &video{maker: exec.CommandContext(ctx, program, slices.Concat(args, playable, []string{"file:" + name})...)}
	v.maker.Stderr = &v.says
	if v.into, err = v.maker.StdinPipe(); err != nil {
		return nil, err
	}
	if err := v.maker.Start(); err != nil {
		return nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	v.Encoder = NewRaw(v.into, film)
	return v, nil
}

// Frame implements Encoder.
func (v *video) Frame(f *Frame) error {
	if err := v.Encoder.Frame(f); err != nil {
		return v.explain(v.Close()) // ffmpeg has ended, and says why
	}
	return nil
}

// Close implements Encoder. It waits for ffmpeg.
func (v *video) Close() error {
	v.into.Close()
	return v.explain(v.maker.Wait())
}

func (v *video) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(v.says.String()))
}
