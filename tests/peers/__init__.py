"""Tests of the transport between validators."""
