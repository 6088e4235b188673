"""Tests of standards/resolver."""
