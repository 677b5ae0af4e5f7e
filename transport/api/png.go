package api

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// pngWriter writes a PNG image (RFC 2083) in 8-bit RGB, row by row. The standard library's
// encoder needs the whole image in memory: 256 MB at the size allowed here.
type pngWriter struct {
	out  io.Writer
	data *zlib.Writer  // compresses rows and writes to idat
	idat *bufio.Writer // collects image data into chunks
	same []byte        // a filtered row that is equal to the one above
}

// pngChunk is the size of an image data chunk in bytes. libpng uses 8 KiB; larger chunks save
// checksums.
const pngChunk = 32 << 10

const (
	filterNone = 0
	filterUp   = 2 // bytes are differences to the row above
)

func newPNG(out io.Writer, width, height int) (*pngWriter, error) {
	if _, err := io.WriteString(out, "\x89PNG\r\n\x1a\n"); err != nil {
		return nil, err
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(width))
	header = binary.BigEndian.AppendUint32(header, uint32(height))
	header = append(header, 8 /* bits */, 2 /* RGB */, 0, 0, 0 /* no interlace */)
	if err := writeChunk(out, "IHDR", header); err != nil {
		return nil, err
	}
	p := &pngWriter{out: out, same: make([]byte, 1+3*width)}
	p.same[0] = filterUp
	p.idat = bufio.NewWriterSize(idat{out}, pngChunk)
	var err error
	p.data, err = zlib.NewWriterLevel(p.idat, zlib.BestSpeed)
	return p, err
}

// Row writes a row count times. It has 3 bytes (red, green, blue) for each pixel.
func (p *pngWriter) Row(rgb []byte, count int) error {
	if _, err := p.data.Write([]byte{filterNone}); err != nil {
		return err
	}
	if _, err := p.data.Write(rgb); err != nil {
		return err
	}
	for range count - 1 {
		if _, err := p.data.Write(p.same); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the image. It does not close what it was written to.
func (p *pngWriter) Close() error {
	if err := p.data.Close(); err != nil {
		return err
	}
	if err := p.idat.Flush(); err != nil {
		return err
	}
	return writeChunk(p.out, "IEND", nil)
}

// idat writes each write as a chunk of image data.
type idat struct{ out io.Writer }

func (i idat) Write(p []byte) (int, error) {
	if err := writeChunk(i.out, "IDAT", p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func writeChunk(out io.Writer, kind string, data []byte) error {
	head := binary.BigEndian.AppendUint32(make([]byte, 0, 8), uint32(len(data)))
	head = append(head, kind...)
	sum := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, data)
	for _, part := range [][]byte{head, data, binary.BigEndian.AppendUint32(nil, sum)} {
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
	return nil
}
