package api

import (
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"pixelplayground/actors/journey"
)

// fill gives every counter in v a value of its own and lists them as they are printed.
func fill(v reflect.Value, name string, next *int64) (values map[string]string) {
	values = make(map[string]string)
	if counter, ok := v.Addr().Interface().(*atomic.Int64); ok {
		*next++
		counter.Store(*next)
		values[name] = fmt.Sprint(*next)
		return values
	}
	add := func(more map[string]string) {
		for name, value := range more {
			values[name] = value
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				add(fill(v.Field(i), name+"."+v.Type().Field(i).Name, next))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			add(fill(v.Index(i), fmt.Sprintf("%s[%d]", name, i), next))
		}
	}
	return values
}

// TestMetrics_Complete: every counter that exists is shown, so that none is forgotten.
func TestMetrics_Complete(t *testing.T) {
	p := newPod(t)
	next := int64(1_000_001)
	counters := fill(reflect.ValueOf(&p.canvas.stats).Elem(), "Stats", &next)
	for name, value := range fill(reflect.ValueOf(&p.sockets).Elem(), "Counters", &next) {
		counters[name] = value
	}
	delete(counters, "Stats.Refused[0]") // no refusal has that code
	nanos, cpu := counters["Counters.TickNanos"], counters["Counters.TickCPU"]
	delete(counters, "Counters.TickNanos")
	delete(counters, "Counters.TickCPU")

	body := p.ask("GET", "/metrics", "").Body.String()
	shown := make(map[string]bool)
	for line := range strings.Lines(body) {
		fields := strings.Fields(line)
		var value float64
		if _, err := fmt.Sscan(fields[len(fields)-1], &value); err == nil && strings.HasPrefix(line, "pixelplayground") {
			shown[fmt.Sprintf("%.0f", value)] = true
		}
	}
	for name, value := range counters {
		if !shown[value] {
			t.Errorf("%s is not among the metrics", name)
		}
	}
	if !strings.Contains(body, "pixelplayground_write_rounds_cpu_seconds_total 0.00"+cpu[:1]) {
		t.Errorf("processor time of %s ns is not shown in seconds", cpu)
	}
	if len(nanos) != 7 || !strings.Contains(body, "pixelplayground_write_round_seconds 0.00"+nanos[:1]) {
		t.Errorf("the time of a round of %s ns is not shown in seconds", nanos)
	}
}

// TestMetrics_Names: names and units are as Prometheus asks.
func TestMetrics_Names(t *testing.T) {
	p := newPod(t)
	if p.canvas.stats.Commit == nil || p.canvas.stats.PlaceToAck == nil {
		t.Fatal("the observers are not set")
	}
	p.canvas.stats.Commit(3*time.Millisecond, "")
	p.sockets.Tick(3 * time.Millisecond)
	p.canvas.stats.PlaceToAck(700*time.Millisecond, "")
	p.ask("GET", "/api/pixel/99/99", "")
	p.flushes.Add(9)

	body := p.ask("GET", "/metrics", "").Body.String()
	for _, line := range []string{
		`pixelplayground_build_info{node="pod-1",version="1.2.3"} 1`,
		`pixelplayground_users 7`,
		`pixelplayground_store_flushes_total 9`,
		`pixelplayground_http_responses_total{code="400",route="/api/pixel/{x}/{y}"} 1`,
		`pixelplayground_commit_duration_seconds_bucket{le="0.004"} 1`,
		`pixelplayground_commit_duration_seconds_bucket{le="0.002"} 0`,
		`pixelplayground_place_to_ack_duration_seconds_count 1`,
		`pixelplayground_fan_out_duration_seconds_bucket{le="0.0032"} 1`,
		`pixelplayground_dead_letters_total{kind="other"} 0`,
		`pixelplayground_ops_refused_total{reason="rate"} 0`,
		`pixelplayground_actors{kind="region"} 0`,
		`go_goroutines `,
		`process_open_fds `,
	} {
		if !strings.Contains(body, line) {
			t.Errorf("no line %s", line)
		}
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "pixelplayground") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// TestMetrics_Exemplars: where ops are followed, a bucket names the trace of the last one in it, to whoever asks in a form that can say so.
func TestMetrics_Exemplars(t *testing.T) {
	const openMetrics = "application/openmetrics-text; version=1.0.0"
	ask := func(p *pod, accept string) string {
		return p.ask("GET", "/metrics", "", "Accept", accept).Body.String()
	}
	p := newPodWith(t, func(ports *Ports) { ports.Canvas.Stats().Follower = journey.Follow(1, nil) })
	p.canvas.stats.PlaceToAck(3*time.Millisecond, "0123456789abcdef0123456789abcdef")
	p.canvas.stats.PlaceToAck(3*time.Millisecond, "")
	const exemplar = `pixelplayground_place_to_ack_duration_seconds_bucket{le="0.004"} 2 # {trace_id="0123456789abcdef0123456789abcdef"} 0.003`
	if body := ask(p, openMetrics); !strings.Contains(body, exemplar) {
		t.Errorf("no line %s", exemplar)
	}
	if body := ask(p, ""); strings.Contains(body, "trace_id") || !strings.Contains(body, "pixelplayground_commits_total 0") {
		t.Error("the plain form has changed")
	}
	if body := ask(newPod(t), openMetrics); strings.Contains(body, "# EOF") {
		t.Error("without traces there is another form than before")
	}
}
