package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"pixelplayground/actors"
	"pixelplayground/codec"
)

const maxEntries = 100_000 // in one request

func (s *server) putPixels(w http.ResponseWriter, r *http.Request) {
	if !s.allowAny(w, r) {
		return
	}
	body, free, ok := s.body(w, r, maxPixelsBody)
	if !ok {
		return
	}
	defer free()
	var strokes []actors.Stroke
	var valid, status int
	var problem string
	// In a slot, so that only a few bodies are decoded at once: see maxPixelsBody.
	s.slots.during(func() { strokes, valid, status, problem = s.strokes(body) })
	if problem != "" {
		fail(w, status, problem)
		return
	}
	if !s.allow(w, r, valid) {
		return
	}
	if written, err := s.place(r.Context(), strokes); err != nil {
		s.refuse(w, r, err, written, valid)
		return
	}
	reply(w, http.StatusOK, struct {
		Success   bool  `json:"success"`
		Updated   int   `json:"updated"`
		Timestamp int64 `json:"timestamp"`
	}{true, valid, s.Now().UnixMilli()})
}

// strokes makes ops of the pixels that were sent, in their order. Consecutive pixels whose colours
// have the same spelling are one op. valid counts the valid entries. Other entries are skipped, as
// existing clients expect.
func (s *server) strokes(body []byte) (strokes []actors.Stroke, valid, status int, problem string) {
	var sent struct {
		Pixels any `json:"pixels"`
	}
	if json.Unmarshal(body, &sent) != nil {
		return nil, 0, http.StatusBadRequest, badList
	}
	entries, ok := sent.Pixels.([]any)
	if !ok {
		return nil, 0, http.StatusBadRequest, badList
	}
	if len(entries) > maxEntries {
		return nil, 0, http.StatusRequestEntityTooLarge, "At most " + strconv.Itoa(maxEntries) + " pixels in one request"
	}
	for _, entry := range entries {
		dot, color, problem := s.entry(entry)
		if problem != "" {
			continue
		}
		valid++
		spelt, last := spelling(dot, color), len(strokes)-1
		if last < 0 || strokes[last].Spelling != spelt || len(strokes[last].Dots) == codec.MaxPlacePixels {
			strokes = append(strokes, actors.Stroke{Spelling: spelt})
			last++
		}
		strokes[last].Dots = append(strokes[last].Dots, dot)
	}
	return strokes, valid, 0, ""
}
