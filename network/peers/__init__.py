"""Streams between validators: mutual TLS bound to ledger keys, three lanes to each peer, bounded queues."""
