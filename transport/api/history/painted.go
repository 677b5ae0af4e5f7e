package history

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"math"
	"net/http"

	"pixelplayground/transport/api/answer"
)

// getPainted answers when each pixel of a region was painted last: what maps of a canvas are made of.
func (h *History) getPainted(w http.ResponseWriter, r *http.Request) {
	region, err := regionOf(r, h.Geometry)
	if err != nil {
		answer.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if ask(r).answered(w) {
		return
	}
	job, ok := h.Begin(w, r, snapshotWork)
	if !ok {
		return
	}
	defer job.End()
	ctx, cancel := context.WithTimeout(r.Context(), readPatience)
	defer cancel()
	times, err := h.Record.Painted(ctx, region)
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	var packed []byte
	h.Encode(func() { packed = packTimes(times) })
	h.Cacheable(w, false, Now())
	if known(w, r, tagOf(string(packed))) {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = job.Write(packed) // if it fails, the client is gone
}

// packTimes writes times as whole seconds of 4 bytes, 0 for none, as zlib.
func packTimes(times []int64) []byte {
	seconds := make([]byte, 0, 4*len(times))
	for _, ms := range times {
		seconds = binary.BigEndian.AppendUint32(seconds, uint32(min(max(ms/1000, 0), math.MaxUint32)))
	}
	var packed bytes.Buffer
	to, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	if err == nil {
		_, _ = to.Write(seconds) // a buffer takes everything
		_ = to.Close()
	}
	return packed.Bytes()
}
