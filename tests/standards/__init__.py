"""Tests of standards/."""
