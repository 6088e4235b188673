"""Tests of the network room: parts by themselves, and real nodes over real TLS."""
