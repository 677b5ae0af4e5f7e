package main

import (
	"pixelplayground/cmd/commandline"
	"pixelplayground/transport/api/metrics"
	"pixelplayground/transport/otlp"
)

// traces makes what sends them to the collector that the settings name; nil: none is.
func (p *pod) traces() *otlp.Sender {
	if p.cfg.Traces == "" {
		return nil
	}
	return otlp.New(otlp.Config{Collector: p.cfg.Traces, Node: p.cfg.Node, Version: commandline.Version(), Log: p.log})
}

func traceCounters(s *otlp.Sender) []metrics.Counter {
	return []metrics.Counter{
		{Name: "trace_spans_sent_total", Help: "Spans of traces that the collector has taken.", Value: &s.Sent},
		{Name: "trace_spans_dropped_total", Help: "Spans that it has not taken, or that were too many.", Value: &s.Dropped},
	}
}
