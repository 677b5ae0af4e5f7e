package actors

import (
	"slices"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store/memory"
	"pixelplayground/actors/telemetry"
)

// Goal: watching the actors costs less than 3% of what they can handle. Method: watched and
// unwatched actors do the same work in turns, in slices of about a millisecond, so that whatever
// else the computer does slows both. Of each, the fastest quarter counts. There are several pairs,
// since where their memory lies makes as much of a difference; "%slower" is that of the middle
// pair.
const (
	pairs = 7
	slice = 15 // rounds of work
)

// compare runs rounds of work in turns, and reports how much slower the watched actor is.
func compare(b *testing.B, work func(watching bool) func()) {
	var works [pairs][2]func() // unwatched, watched
	var took [pairs][2][]float64
	for i := range works {
		works[i] = [2]func(){work(false), work(true)}
	}
	for b.Loop() {
		for i := range works {
			for which, f := range works[i] {
				began := time.Now()
				for range slice {
					f()
				}
				took[i][which] = append(took[i][which], float64(time.Since(began)))
			}
		}
	}
	var slower []float64
	for i := range took {
		slower = append(slower, (quarter(took[i][1])/quarter(took[i][0])-1)*100)
	}
	slices.Sort(slower)
	b.ReportMetric(slower[pairs/2], "%slower")
}

// quarter returns the mean of the lowest quarter.
func quarter(all []float64) (mean float64) {
	slices.Sort(all)
	n := max(len(all)/4, 1)
	for _, d := range all[:n] {
		mean += d / float64(n)
	}
	return mean
}

// unwatched makes mailboxes that nobody observes.
func unwatched(workers *mailbox.Workers, _ message.Kind, _ string) actor.MailboxProducer {
	return func() actor.Mailbox { return &mailbox.Mailbox{Workers: workers} }
}

// BenchmarkObserve_Places measures the way of ops, 64 at a time, from relay to region to store and
// back, with nothing that leads outside.
func BenchmarkObserve_Places(b *testing.B) {
	compare(b, func(watching bool) func() {
		const burst = 64
		cfg := DefaultConfig()
		audience := nobody{make(chan int, burst)}
		node := New(cfg, Ports{Store: memory.New(memory.Config{Geometry: cfg.Geometry}), Audience: audience})
		if !watching {
			node.mailboxes = unwatched
		}
		if err := node.Open(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(node.Close)
		from := node.system.NewLocalPID("nobody") // acks become dead letters
		num := uint64(0)
		return func() {
			// As the inspector would if the node were busy all the time.
			node.observe.Pace(message.KindRelay, 700_000)
			node.observe.Pace(message.KindRegion, 40_000)
			for range burst {
				num++
				op := canvas.Op{ID: canvas.OpID{Author: 1, Num: num}, Pixels: []canvas.Pixel{{Pos: uint16(num), Color: canvas.Color(num)}}}
				node.system.Root.Send(node.relays[0], place{op: op, from: from})
			}
			for pixels := 0; pixels < burst; {
				pixels += <-audience.published
			}
		}
	})
}

// BenchmarkObserve_Mailbox measures the worst case: an actor that does nothing with its messages.
func BenchmarkObserve_Mailbox(b *testing.B) {
	compare(b, func(watching bool) func() {
		const batch = 1000
		o := telemetry.NewObserver(new(telemetry.Stats), time.Now)
		o.Pace(message.KindRelay, 5e6)
		system := mailbox.NewSystem(nopLog())
		b.Cleanup(system.Shutdown)
		workers := mailbox.NewWorkers()
		b.Cleanup(func() { workers.Close() })
		done := make(chan struct{})
		mailboxes := o.Mailbox
		if !watching {
			mailboxes = unwatched
		}
		props := actor.PropsFromFunc(func(ctx actor.Context) {
			if ctx.Message() == batch {
				done <- struct{}{}
			}
		}, actor.WithMailbox(mailboxes(workers, message.KindRelay, "relay/0")))
		pid := system.Root.Spawn(props)
		return func() {
			for n := 1; n <= batch; n++ {
				system.Root.Send(pid, n)
			}
			<-done
		}
	})
}
