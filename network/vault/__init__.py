"""Erasable files under salted addresses, each encrypted with a key of its own that is kept apart."""
