package rollback

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/rules"
)

const (
	edge   = 6
	pixels = edge * edge
)

// model is a region as the definition has it, without any cleverness: at each position the pixels that lie
// on one another, and for each rollback what lay where before.
type model struct {
	rnd     *rand.Rand
	colors  int // how many there are; 0: each pixel has one of its own
	lie     [pixels][]lying
	saved   map[string]map[uint16][]lying // by cause
	history []record.Pixel
	time    int64
	acts    uint64
}

// lying is a pixel that lies on others, and what has brought it to the top.
type lying struct {
	record.Pixel
	by []string
}

// broughtBy is the pixels with the one at the top brought there by one more cause.
func broughtBy(lie []lying, cause string) []lying {
	lie = slices.Clone(lie)
	top := &lie[len(lie)-1]
	top.by = append(slices.Clone(top.by), cause)
	return lie
}

func newModel(seed uint64, colors int) *model {
	m := &model{rnd: rand.New(rand.NewPCG(seed, 3)), colors: colors, saved: make(map[string]map[uint16][]lying), time: 1}
	for pos := range m.lie {
		m.lie[pos] = []lying{{Pixel: record.Pixel{Color: canvas.Background, User: 1 << 40}}}
	}
	return m
}

func (m *model) at(pos uint16) canvas.Color { return m.lie[pos][len(m.lie[pos])-1].Color }

func (m *model) tile() canvas.Tile {
	t := canvas.NewTile(edge, edge)
	for pos := range uint16(pixels) {
		t.Set(pos, m.at(pos))
	}
	return t
}

// put adds a pixel to the history.
func (m *model) put(pos uint16, p record.Pixel) record.Pixel {
	p.Seq, p.Time = uint64(len(m.history)+1), m.time
	p.X, p.Y, p.Before, p.Known = pos%edge, pos/edge, m.at(pos), true
	m.history = append(m.history, p)
	return p
}

func (m *model) draw(n int) {
	for range n {
		m.time += m.rnd.Int64N(3)
		color := canvas.Color(len(m.history) + 1)
		if m.colors > 0 {
			color = canvas.Color(m.rnd.IntN(m.colors))
		}
		pos := uint16(m.rnd.IntN(pixels))
		p := m.put(pos, record.Pixel{Color: color, User: canvas.Author(1 + m.rnd.IntN(4)), Network: canvas.NetworkID(1 + m.rnd.IntN(3))})
		m.lie[pos] = append(m.lie[pos], lying{Pixel: p})
	}
}

// selection is any.
func (m *model) selection() *rules.Selection {
	s := new(rules.Selection)
	if m.rnd.IntN(2) == 0 {
		s.Users = []canvas.Author{canvas.Author(1 + m.rnd.IntN(4)), canvas.Author(1 + m.rnd.IntN(4))}[:1+m.rnd.IntN(2)]
	}
	if m.rnd.IntN(4) == 0 {
		s.Networks = []canvas.NetworkID{canvas.NetworkID(1 + m.rnd.IntN(3))}
	}
	if m.rnd.IntN(3) == 0 {
		s.X, s.Y, s.Width, s.Height = m.rnd.IntN(edge), m.rnd.IntN(edge), 1+m.rnd.IntN(edge), 1+m.rnd.IntN(edge)
	}
	if m.rnd.IntN(3) == 0 && m.time > 0 {
		s.From = m.rnd.Int64N(m.time)
	}
	if m.rnd.IntN(4) == 0 && m.time > 0 {
		s.To = 1 + m.rnd.Int64N(m.time)
	}
	return s
}

func matches(p *record.Pixel, s *rules.Selection) bool {
	return (len(s.Users) == 0 || slices.Contains(s.Users, p.User)) && (len(s.Networks) == 0 || slices.Contains(s.Networks, p.Network)) &&
		(s.Width == 0 || int(p.X) >= s.X && int(p.X) < s.X+s.Width && int(p.Y) >= s.Y && int(p.Y) < s.Y+s.Height) &&
		p.Time > s.From && (s.To == 0 || p.Time <= s.To)
}

// rollback takes back, by the definition, and returns what it changes.
func (m *model) rollback(s *rules.Selection) (cause string, changed map[uint16]canvas.Color) {
	m.acts++
	cause = rules.Cause(rules.Rollback, m.acts)
	m.saved[cause], changed = make(map[uint16][]lying), make(map[uint16]canvas.Color)
	for pos := range uint16(pixels) {
		left := slices.Clone(m.lie[pos])
		for len(left) > 1 && matches(&left[len(left)-1].Pixel, s) {
			left = left[:len(left)-1]
		}
		to := left[len(left)-1].Color
		if to == m.at(pos) {
			continue
		}
		changed[pos] = to
		m.saved[cause][pos] = m.lie[pos]
		m.put(pos, record.Pixel{Color: to, User: 99, Cause: record.Cause(cause)})
		m.lie[pos] = broughtBy(left, cause)
	}
	return cause, changed
}

// undo gives back what a rollback took and nobody has drawn over since.
func (m *model) undo(of string) (cause string, changed map[uint16]canvas.Color) {
	m.acts++
	cause = rules.Cause(rules.Undo, m.acts)
	changed = make(map[uint16]canvas.Color)
	for pos, was := range m.saved[of] {
		if !slices.Contains(m.lie[pos][len(m.lie[pos])-1].by, of) {
			continue
		}
		changed[pos] = was[len(was)-1].Color
		m.put(pos, record.Pixel{Color: changed[pos], User: 99, Cause: record.Cause(cause)})
		m.lie[pos] = broughtBy(was, cause)
	}
	return cause, changed
}

// planned is what a plan says after the whole history.
func (m *model) planned(t *testing.T, s *rules.Selection) map[uint16]canvas.Color {
	t.Helper()
	p := New(pixels, s)
	for i := range m.history {
		px := &m.history[i]
		p.Pixel(px.Y*edge+px.X, px)
	}
	changes, unknown, err := p.Changes()
	if err != nil || unknown > 0 {
		t.Fatalf("%d positions are not known, %v", unknown, err)
	}
	to := make(map[uint16]canvas.Color)
	for _, c := range changes {
		if c.From != m.at(c.Pos) {
			t.Fatalf("position %d is %v, not %v", c.Pos, m.at(c.Pos), c.From)
		}
		to[c.Pos] = c.To
	}
	return to
}

// TestPlan_EqualsTheModel: drawings, rollbacks of any selection, honest repaints and undoing, the last one
// first, give what the definition says.
func TestPlan_EqualsTheModel(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := newModel(seed, 0)
			var done []string
			for range 12 {
				m.draw(m.rnd.IntN(80))
				if len(done) > 0 && m.rnd.IntN(3) == 0 {
					of := done[len(done)-1]
					got := m.planned(t, &rules.Selection{Cause: of})
					if _, want := m.undo(of); fmt.Sprint(got) != fmt.Sprint(want) {
						t.Fatalf("undo of %s: planned %v, want %v", of, got, want)
					}
					done = done[:len(done)-1]
					continue
				}
				s := m.selection()
				got := m.planned(t, s)
				cause, want := m.rollback(s)
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("rollback of %+v: planned %v, want %v", *s, got, want)
				}
				if again := m.planned(t, s); len(again) > 0 {
					t.Fatalf("rolled back already: planned %v", again)
				}
				done = append(done, cause)
			}
		})
	}
}

// TestPlan_UndoGivesBack: with few colours too, undoing gives back every pixel, and rolling back again
// what was undone takes the same.
func TestPlan_UndoGivesBack(t *testing.T) {
	for seed := range uint64(300) {
		m := newModel(seed, 3)
		m.draw(200)
		s, before := m.selection(), m.tile()
		got := m.planned(t, s)
		cause, want := m.rollback(s)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: rollback of %+v: planned %v, want %v", seed, *s, got, want)
		}
		taken := m.tile()
		back := m.planned(t, &rules.Selection{Cause: cause})
		undone, want := m.undo(cause)
		if fmt.Sprint(back) != fmt.Sprint(want) || string(m.tile()) != string(before) {
			t.Fatalf("seed %d: undo: planned %v, want %v", seed, back, want)
		}
		m.put(0, record.Pixel{Color: m.at(0), User: 3}) // somebody paints the same
		m.lie[0] = append(m.lie[0], lying{Pixel: m.history[len(m.history)-1]})
		taken.Set(0, m.at(0))
		for pos, color := range m.planned(t, &rules.Selection{Cause: undone}) {
			before.Set(pos, color)
		}
		if before.Set(0, m.at(0)); string(before) != string(taken) {
			t.Fatalf("seed %d: what was undone is not taken again", seed)
		}
	}
}

// TestPlan_BotByBot: bots paint over each other, and are rolled back one by one.
func TestPlan_BotByBot(t *testing.T) {
	m := newModel(1, 0)
	for _, by := range []canvas.Author{3, 1, 2, 1, 2} {
		p := m.put(5, record.Pixel{Color: canvas.Color(len(m.history) + 1), User: by})
		m.lie[5] = append(m.lie[5], lying{Pixel: p})
	}
	for round, want := range []canvas.Color{4, 3, 2, 1} { // each uncovers the other's
		s := &rules.Selection{Users: []canvas.Author{canvas.Author(2 - round%2)}}
		planned := m.planned(t, s)
		if m.rollback(s); planned[5] != want || m.at(5) != want {
			t.Fatalf("round %d: planned %v, it is %v; want %v", round, planned, m.at(5), want)
		}
	}
}

// TestPlan_Gaps: what is missing is said, and what somebody drew meanwhile stays.
func TestPlan_Gaps(t *testing.T) {
	p := New(pixels, &rules.Selection{Users: []canvas.Author{1}})
	put := func(pos uint16, color canvas.Color, user canvas.Author, known bool) {
		p.Pixel(pos, &record.Pixel{Color: color, User: user, Known: known, Before: canvas.Background})
	}
	for pos := range uint16(4) {
		put(pos, 7, 1, true)
	}
	after := canvas.NewTile(edge, edge)
	for _, pos := range []uint16{0, 3} {
		after.Set(pos, 7)
	}
	after.Set(1, 8)
	unsure := make([]bool, pixels)
	unsure[2] = true
	p.Gap(after, unsure)
	put(3, 9, 2, true)
	put(4, 7, 1, false)
	changes, unknown, err := p.Changes()
	if err != nil || unknown != 2 || len(changes) != 1 || changes[0] != (Change{Pos: 0, From: 7, To: canvas.Background, By: 1}) {
		t.Errorf("changes %v, %d unknown, %v", changes, unknown, err)
	}
	if p.Gap(nil, nil); len(p.unsure) != 3 {
		t.Errorf("after a gap of which nothing is known: unsure %v", p.unsure)
	}
	if put(2, 9, 2, true); p.unsure[2] {
		t.Error("a place that is somebody else's by now is unsure")
	}
}
