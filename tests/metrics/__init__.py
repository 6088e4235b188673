"""Tests of the metrics endpoint."""
