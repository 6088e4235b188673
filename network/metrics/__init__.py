"""What a node tells Prometheus: docs/METRICS.md lists every metric with its meaning and when to worry."""
