package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math"
)

// The form of bbolt's file, as far as it must be sound for bbolt not to panic. Some panics are in
// goroutines of bbolt's own, where nobody could stop them from ending the process. Numbers have the
// byte order of the machine.
//
//	page   id u64, flags u16, count u16, overflow u32 (pages more that it takes), entries
//	meta   of pages 0 and 1: magic u32, version u32, page size u32, flags u32, root page u64,
//	       sequence u64, page of the free list u64, number of pages u64, transaction u64,
//	       checksum u64 of what is before it
//	branch entry: position of its key (from the entry on) u32, its length u32, page u64
//	leaf   entry: flags u32 (1: a bucket), position of its key u32, lengths of key and value
//	       u32 each; the value follows the key
//	bucket value: root page u64, sequence u64; if the root is 0 a page follows instead
const (
	pageHead   = 16
	entryBytes = 16
	metaBytes  = 64
	magic      = 0xED0CDAED

	branchPage   = 1
	leafPage     = 2
	freeListPage = 16
	noFreeList   = math.MaxUint64
	manyFree     = 0xFFFF // entries of a list that says in its first how many they are, u64 each
	maxDepth     = 64     // far more than a file can have
)

var order = binary.NativeEndian

// meta is the meta page that counts, of the two.
type meta struct {
	pageSize              int64
	root, freeList, pages uint64
	transaction           uint64
	alone                 bool // the other meta page is damaged: the last transaction may be lost
}

// walk goes over the pages of a file that are in use.
type walk struct {
	file io.ReaderAt
	meta
	seen []uint64 // a bit for each page
}

// verifyPages checks that a file is made of sound pages, each in use once.
func verifyPages(file io.ReaderAt, size int64) (meta, error) {
	m, err := readMeta(file)
	if err != nil {
		return m, err
	}
	if there := uint64(size / m.pageSize); there < m.pages {
		return m, fmt.Errorf("%w: it has %d bytes of %d pages of %d", errDamaged, size, m.pages, m.pageSize)
	}
	w := walk{file: file, meta: m, seen: make([]uint64, m.pages/64+1)}
	if err := w.bucket(m.root, 0); err != nil {
		return m, err
	}
	return m, w.freePages()
}

// freePages checks the list of free pages, which bbolt's own tools leave in a file: bbolt
// overwrites the pages that it lists.
func (w *walk) freePages() error {
	if w.freeList == noFreeList {
		return nil
	}
	p, err := w.page(w.freeList)
	if err != nil {
		return err
	}
	flags, count, list := order.Uint16(p[8:]), uint64(order.Uint16(p[10:])), p[pageHead:]
	if count == manyFree {
		count, list = order.Uint64(list), list[8:]
	}
	if flags != freeListPage || count > uint64(len(list)/8) {
		return w.damaged(w.freeList, "of kind %d with %d free pages", flags, count)
	}
	for i := range count {
		id := order.Uint64(list[8*i:])
		if id < 2 || id >= w.pages {
			return w.damaged(id, "it is free, and there is no such page")
		}
		if err := w.use(id); err != nil {
			return err
		}
	}
	return nil
}

// use notes that a page is in use or in the free list.
func (w *walk) use(id uint64) error {
	if w.seen[id/64]&(1<<(id%64)) != 0 {
		return w.damaged(id, "it is used twice")
	}
	w.seen[id/64] |= 1 << (id % 64)
	return nil
}

// readMeta returns the valid meta page of the later transaction. The second page is at the offset
// given by the page size, which it states itself.
func readMeta(file io.ReaderAt) (meta, error) {
	var first, second meta
	page := make([]byte, pageHead+metaBytes)
	if _, err := file.ReadAt(page, 0); err == nil {
		first = metaOf(page, 0)
	}
	for size := int64(1 << 10); size <= 1<<16 && second.pageSize == 0; size <<= 1 {
		if _, err := file.ReadAt(page, size); err == nil {
			second = metaOf(page, size)
		}
	}
	switch {
	case first.pageSize == 0 && second.pageSize == 0:
		return meta{}, fmt.Errorf("%w: no page says what is in it", errDamaged)
	case first.pageSize != 0 && second.pageSize != 0 && first.pageSize != second.pageSize:
		return meta{}, fmt.Errorf("%w: its first two pages differ", errDamaged)
	}
	alone := first.pageSize == 0 || second.pageSize == 0
	if first.pageSize == 0 || second.transaction > first.transaction {
		first = second
	}
	first.alone = alone
	return first, nil
}

// metaOf reads a meta page; the zero meta if it is none. The second one is at the offset of its
// page size.
func metaOf(page []byte, at int64) meta {
	p := page[pageHead:]
	sum := fnv.New64a()
	_, _ = sum.Write(p[:metaBytes-8]) // never fails
	size := int64(order.Uint32(p[8:]))
	if order.Uint32(p) != magic || order.Uint64(p[metaBytes-8:]) != sum.Sum64() || at != 0 && at != size || size < 1<<10 {
		return meta{}
	}
	return meta{
		pageSize: size, root: order.Uint64(p[16:]), freeList: order.Uint64(p[32:]),
		pages: order.Uint64(p[40:]), transaction: order.Uint64(p[48:]),
	}
}

func (w *walk) damaged(page uint64, format string, args ...any) error {
	return fmt.Errorf("%w: page %d: %s", errDamaged, page, fmt.Sprintf(format, args...))
}

// page reads a page with its overflow pages, and notes that they are in use.
func (w *walk) page(id uint64) ([]byte, error) {
	head := make([]byte, pageHead)
	if id < 2 || id >= w.pages {
		return nil, w.damaged(id, "there is no such page")
	}
	if _, err := w.file.ReadAt(head, int64(id)*w.pageSize); err != nil {
		return nil, w.damaged(id, "%v", err)
	}
	more := uint64(order.Uint32(head[12:]))
	if order.Uint64(head) != id || id+more >= w.pages {
		return nil, w.damaged(id, "it says that it is page %d of %d pages", order.Uint64(head), more+1)
	}
	for i := id; i <= id+more; i++ {
		if err := w.use(i); err != nil {
			return nil, err
		}
	}
	p := make([]byte, int64(more+1)*w.pageSize)
	if _, err := w.file.ReadAt(p, int64(id)*w.pageSize); err != nil {
		return nil, w.damaged(id, "%v", err)
	}
	return p, nil
}

func (w *walk) bucket(root uint64, depth int) error {
	return w.tree(root, nil, nil, depth)
}

// tree checks a page and those below it. Their keys begin at low, which must be there, and stay
// below high; nil is no bound. bbolt finds a page's entry in its parent by the page's first key.
func (w *walk) tree(id uint64, low, high []byte, depth int) error {
	p, err := w.page(id)
	if err != nil {
		return err
	}
	return w.entries(id, p, low, high, depth)
}

// entries checks the entries of a page and what they lead to.
func (w *walk) entries(id uint64, p, low, high []byte, depth int) error {
	flags, count := order.Uint16(p[8:]), int(order.Uint16(p[10:]))
	if depth > maxDepth {
		return w.damaged(id, "it is too deep")
	}
	if flags != branchPage && flags != leafPage || flags == branchPage && count == 0 {
		return w.damaged(id, "of kind %d with %d entries", flags, count)
	}
	if pageHead+count*entryBytes > len(p) {
		return w.damaged(id, "%d entries in %d bytes", count, len(p))
	}
	keys := make([][]byte, count+1)
	values := make([][]byte, count)
	for i := range count {
		var ok bool
		if keys[i], values[i], ok = entry(p, i, flags); !ok {
			return w.damaged(id, "entry %d is not in it", i)
		}
		if i > 0 && bytes.Compare(keys[i-1], keys[i]) >= 0 || i == 0 && low != nil && !bytes.Equal(keys[0], low) || high != nil && bytes.Compare(keys[i], high) >= 0 {
			return w.damaged(id, "entry %d is out of order", i)
		}
	}
	if low != nil && count == 0 {
		return w.damaged(id, "it is empty")
	}
	keys[count] = high
	for i := range count {
		head := p[pageHead+i*entryBytes:]
		switch {
		case flags == branchPage:
			err := w.tree(order.Uint64(head[8:]), keys[i], keys[i+1], depth+1)
			if err != nil {
				return err
			}
		case order.Uint32(head) > 1:
			return w.damaged(id, "entry %d of kind %d", i, order.Uint32(head))
		case order.Uint32(head) == 1:
			if err := w.bucketOf(id, values[i], depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry returns an entry's key and value, if they lie in the page and behind its entries.
func entry(p []byte, i int, flags uint16) (key, value []byte, ok bool) {
	at := pageHead + i*entryBytes
	head := p[at:]
	position, keyBytes, valueBytes := order.Uint32(head), order.Uint32(head[4:]), uint32(0)
	if flags == leafPage {
		position, keyBytes, valueBytes = order.Uint32(head[4:]), order.Uint32(head[8:]), order.Uint32(head[12:])
	}
	start := int64(at) + int64(position)
	middle, end := start+int64(keyBytes), start+int64(keyBytes)+int64(valueBytes)
	entries := int64(pageHead + int(order.Uint16(p[10:]))*entryBytes)
	if start < entries || end > int64(len(p)) {
		return nil, nil, false
	}
	return p[start:middle:middle], p[middle:end:end], true
}

// bucketOf checks a bucket within an entry: one with pages of its own, or a small one in the value
// itself.
func (w *walk) bucketOf(id uint64, value []byte, depth int) error {
	const head = 16
	if len(value) < head {
		return w.damaged(id, "a bucket of %d bytes", len(value))
	}
	if root := order.Uint64(value); root != 0 {
		return w.bucket(root, depth)
	}
	inline := value[head:]
	if len(inline) < pageHead || order.Uint16(inline[8:]) != leafPage {
		return w.damaged(id, "a bucket without a page")
	}
	return w.entries(id, inline, nil, nil, depth)
}
