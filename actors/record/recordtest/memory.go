package recordtest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"pixelplayground/actors/record"
)

// The calls of a Memory.
const (
	Put    = "put"
	Get    = "get"
	List   = "list"
	Remove = "remove"
)

// Call is a call to a Memory.
type Call struct {
	Method string // Put, Get, List or Remove
	Name   string // of the file, or a prefix
}

// Fault decides what becomes of a call, before it has any effect. An error is its outcome; it should
// wrap one of package record's. A fault may also wait, so that the call is slow. It is called without
// a lock held.
type Fault func(ctx context.Context, call Call) error

// Memory is a record.Files in memory.
type Memory struct {
	mu    sync.Mutex
	files map[string][]byte
	fault Fault
	calls []Call
}

var _ record.Files = (*Memory)(nil)

// NewFiles makes an empty one.
func NewMemory() *Memory { return &Memory{files: make(map[string][]byte)} }

// OnCall sets what is asked before each call from now on; nil: nothing.
func (f *Memory) OnCall(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// Fail makes all calls of some methods (none: of all) fail with ErrUnavailable, until OnCall is
// called again.
func (f *Memory) Fail(methods ...string) {
	f.OnCall(func(_ context.Context, call Call) error {
		if len(methods) == 0 || slices.Contains(methods, call.Method) {
			return fmt.Errorf("%w: made to fail", record.ErrUnavailable)
		}
		return nil
	})
}

// Calls returns the calls so far, and forgets them.
func (f *Memory) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

func (f *Memory) call(ctx context.Context, method, name string) error {
	f.mu.Lock()
	fault := f.fault
	f.calls = append(f.calls, Call{method, name})
	f.mu.Unlock()
	if fault != nil {
		if err := fault(ctx, Call{method, name}); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", record.ErrUnavailable, err)
	}
	return nil
}

// Put implements record.Files.
func (f *Memory) Put(ctx context.Context, name string, content []byte) error {
	if err := f.call(ctx, Put, name); err != nil {
		return err
	}
	f.Set(name, content)
	return nil
}

// Get implements record.Files.
func (f *Memory) Get(ctx context.Context, name string) ([]byte, error) {
	if err := f.call(ctx, Get, name); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok := f.files[name]
	if !ok {
		return nil, fmt.Errorf("%w: %s", record.ErrNotExist, name)
	}
	return bytes.Clone(content), nil
}

// List implements record.Files.
func (f *Memory) List(ctx context.Context, prefix string) ([]record.File, error) {
	if err := f.call(ctx, List, prefix); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []record.File
	for name, content := range f.files {
		if strings.HasPrefix(name, prefix) {
			list = append(list, record.File{Name: name, Size: int64(len(content))})
		}
	}
	slices.SortFunc(list, func(a, b record.File) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// Remove implements record.Files.
func (f *Memory) Remove(ctx context.Context, name string) error {
	if err := f.call(ctx, Remove, name); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.files, name)
	return nil
}

// String implements record.Files.
func (f *Memory) String() string { return "memory" }

// Names lists all files, by name.
func (f *Memory) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.files))
}

// Content is a file as it is, nil if there is none.
func (f *Memory) Content(name string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return bytes.Clone(f.files[name])
}

// Set writes a file without a call, for example a damaged one or half of it.
func (f *Memory) Set(name string, content []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[name] = bytes.Clone(content)
}

// Clone is a copy of the files as they are, without faults.
func (f *Memory) Clone() *Memory {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &Memory{files: maps.Clone(f.files)}
}

// Size is the bytes of all files whose names contain a text.
func (f *Memory) Size(part string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, content := range f.files {
		if strings.Contains(name, part) {
			n += len(content)
		}
	}
	return n
}
