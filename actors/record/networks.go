package record

import (
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/table"
)

// The column of networks holds only changes: null means the same network as the user's pixel before it in
// the file, or not known if there is no such pixel. Hardly anybody changes networks within a segment. Where
// a thousand people take turns, writing the network of every pixel would take as much room as who placed it.
// Files of earlier versions have no such column.
const (
	networkColumn  = "network"
	unknownNetwork = "000000000000" // of a user whose network was known for the pixel before, and is not for this one
)

// networks makes the column for rows.
func (r *rows) networks() []*string {
	texts, last := make([]*string, r.len()), make(map[canvas.Author]canvas.NetworkID)
	for i, n := range r.by {
		by := &r.authors.list[n]
		if by.network == last[by.user] {
			continue
		}
		text := by.network.Text()
		if by.network == 0 {
			text = unknownNetwork
		}
		texts[i], last[by.user] = &text, by.network
	}
	return texts
}

// networks is the column as it is read: of is in list, whose last one stands for null and is not known.
type networks struct {
	of   []int32
	list []canvas.NetworkID
}

func noNetworks(rows int) *networks {
	return &networks{of: make([]int32, rows), list: []canvas.NetworkID{0}}
}

func readNetworks(t *table.Table) (*networks, error) {
	if !t.Has(networkColumn) {
		return noNetworks(t.Rows()), nil
	}
	of, texts, err := t.Texts(networkColumn)
	if err != nil {
		return nil, err
	}
	list, err := parseIDs[canvas.NetworkID](networkColumn, texts)
	return &networks{of, list}, err
}

// fill puts what null stands for in its place. users are those of the rows, in ids. More than one of
// them may be nobody.
func (n *networks) fill(users []int32, ids []canvas.Author) {
	null := int32(len(n.list) - 1)
	var all words[canvas.Author]
	last, place := make([]int32, len(ids)), make([]uint32, len(ids))
	for i, id := range ids {
		last[i], place[i] = null, all.add(id)
	}
	for i, user := range users {
		at := place[user]
		if n.of[i] == null {
			n.of[i] = last[at]
		}
		last[at] = n.of[i]
	}
}
