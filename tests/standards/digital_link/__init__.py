"""Tests of standards/digital_link."""
