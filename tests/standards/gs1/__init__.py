"""Tests of standards/gs1."""
