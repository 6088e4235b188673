"""Tests of ledger.crypto."""
