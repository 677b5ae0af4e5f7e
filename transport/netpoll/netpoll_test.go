package netpoll

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

const patience = 10 * time.Second

// onBoth runs a test on the platform's sockets and on the portable ones.
func onBoth(t *testing.T, test func(t *testing.T, plain bool)) {
	t.Run("native", func(t *testing.T) { test(t, false) })
	t.Run("plain", func(t *testing.T) { test(t, true) })
}

func open(t *testing.T, plain bool) Poller {
	t.Helper()
	p, err := NewPoller(plain)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pair is a socket and the far end of its connection.
func pair(t *testing.T, plain bool) (Socket, *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	far, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	_ = far.SetDeadline(time.Now().Add(patience))
	near, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSocket(near.(*net.TCPConn), plain)
	if err != nil {
		t.Fatal(err)
	}
	return s, far.(*net.TCPConn)
}

// next waits until a socket is ready for something, and returns its owner.
func next(t *testing.T, p Poller) Event {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if events := p.Wait(deadline); len(events) > 0 {
			return events[0]
		}
	}
	t.Fatal("no socket became ready")
	return Event{}
}

func TestPoller_ReportsWhatIsWatched(t *testing.T) {
	onBoth(t, func(t *testing.T, plain bool) {
		p := open(t, plain)
		defer p.Close()
		s, far := pair(t, plain)
		defer s.Close(false)
		if err := p.Add(s, "ada", true, false); err != nil {
			t.Fatal(err)
		}
		if events := p.Wait(time.Now()); len(events) > 0 {
			t.Errorf("ready for %+v before anything came", events)
		}
		if _, err := far.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		for range 2 { // it stays ready until it is read
			if e := next(t, p); e != (Event{Owner: "ada", Readable: true}) {
				t.Errorf("%+v", e)
			}
		}
		b := make([]byte, 100)
		if n, err := s.Read(b); err != nil || string(b[:n]) != "ping" {
			t.Errorf("read %q, %v", b[:n], err)
		}
		if _, err := s.Read(b); !errors.Is(err, ErrWouldBlock) {
			t.Errorf("nothing has come: %v", err)
		}
		p.Watch(s, false, true)
		if e := next(t, p); e != (Event{Owner: "ada", Writable: true}) {
			t.Errorf("%+v", e)
		}
		if n, err := s.Writev([][]byte{[]byte("po"), []byte("ng")}); n != 4 || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
		s.CloseWrite()
		if got, err := io.ReadAll(far); string(got) != "pong" || err != nil {
			t.Errorf("the far end has %q, %v", got, err)
		}
		p.Remove(s)
	})
}

func TestPoller_EndOfTheFarEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, plain bool) {
		p := open(t, plain)
		defer p.Close()
		s, far := pair(t, plain)
		defer s.Close(true)
		if err := p.Add(s, 1, true, false); err != nil {
			t.Fatal(err)
		}
		_ = far.CloseWrite()
		if e := next(t, p); !e.Readable {
			t.Errorf("%+v", e)
		}
		if n, err := s.Read(make([]byte, 9)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("read %d, %v", n, err)
		}
		p.Remove(s)
	})
}

// Wake ends a wait that has begun, and one that begins afterwards.
func TestPoller_Wake(t *testing.T) {
	onBoth(t, func(t *testing.T, plain bool) {
		p := open(t, plain)
		defer p.Close()
		woken := make(chan bool)
		for range 3 {
			go func() {
				began := time.Now()
				p.Wait(began.Add(patience))
				woken <- time.Since(began) < patience
			}()
			p.Wake()
			if !<-woken {
				t.Error("not woken")
			}
		}
	})
}

// A wait whose deadline has passed still looks at the sockets.
func TestPoller_LooksEvenWhenItIsLate(t *testing.T) {
	onBoth(t, func(t *testing.T, plain bool) {
		p := open(t, plain)
		defer p.Close()
		s, far := pair(t, plain)
		defer s.Close(false)
		if err := p.Add(s, 1, true, false); err != nil {
			t.Fatal(err)
		}
		if _, err := far.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(patience); len(p.Wait(time.Now().Add(-time.Second))) == 0; {
			if time.Now().After(deadline) {
				t.Fatal("never ready")
			}
		}
		p.Remove(s)
	})
}

func TestSocket_AbortResets(t *testing.T) {
	onBoth(t, func(t *testing.T, plain bool) {
		s, far := pair(t, plain)
		s.Close(true)
		if _, err := far.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("the far end sees %v", err)
		}
	})
}
