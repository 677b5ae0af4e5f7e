package clustertest

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
)

// echo listens and sends back what it gets.
func echo(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestSwitch_StreamsWaitWhileParted(t *testing.T) {
	sw := NewSwitch()
	address := echo(t)
	a := sw.Network("a")
	sw.Network("b").Bound(address)
	c, err := a.DialPeer(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	exchange := func(text string) error {
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			return err
		}
		if _, err := io.WriteString(c, text); err != nil {
			return err
		}
		got := make([]byte, len(text))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
			t.Errorf("%q came back as %q: %v", text, got, err)
		}
		return nil
	}
	if err := exchange("together"); err != nil {
		t.Fatal(err)
	}

	if _, err := io.WriteString(c, "late"); err != nil {
		t.Fatal(err)
	}
	sw.Partition([]string{"b"})
	_ = c.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Read(make([]byte, 4)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read across a partition: %d, %v", n, err)
	}
	if _, err := io.WriteString(c, "x"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wrote across a partition: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := a.DialPeer(ctx, address); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("dialled across a partition: %v", err)
	}
	if _, err := sw.Network("b").DialPeer(t.Context(), address); err != nil {
		t.Errorf("dial on one side: %v", err)
	}

	sw.Heal()
	got := make([]byte, 4)
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "late" {
		t.Errorf("what was under way came as %q: %v", got, err)
	}
	if err := exchange("together again"); err != nil {
		t.Error(err)
	}
}

func TestSwitch_CloseEndsWaiting(t *testing.T) {
	sw := NewSwitch()
	address := echo(t)
	sw.Network("b").Bound(address)
	c, err := sw.Network("a").DialPeer(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	sw.Isolate("a", "b")
	done := make(chan error, 1)
	go func() { _, err := c.Write([]byte("x")); done <- err }()
	_ = c.Close()
	select {
	case err := <-done:
		if err == nil {
			t.Error("wrote to a closed stream")
		}
	case <-time.After(5 * time.Second):
		t.Error("still waiting")
	}
}

// counter is a transport that counts packets.
type counter struct {
	memberlist.NodeAwareTransport
	packets int
}

func (c *counter) WriteToAddress([]byte, memberlist.Address) (time.Time, error) {
	c.packets++
	return time.Now(), nil
}

func TestSwitch_PacketsAreLostWhileParted(t *testing.T) {
	sw, under := NewSwitch(), new(counter)
	sw.Network("b").Bound("b:1")
	g := sw.Network("a").Gossip(under)
	send := func(to string) (arrived bool) {
		before := under.packets
		_, _ = g.WriteToAddress(nil, memberlist.Address{Addr: to})
		return under.packets > before
	}
	if !send("b:1") || !send("unknown:1") {
		t.Error("lost without a partition")
	}
	sw.Partition([]string{"a"}, []string{"b"})
	if send("b:1") || !send("unknown:1") {
		t.Error("not lost, or more than that")
	}
	sw.Partition([]string{"a", "b"}, []string{"c"})
	if !send("b:1") {
		t.Error("lost on one side")
	}
}
