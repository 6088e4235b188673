"""Hostile bytes at the decoders, for as long as one likes."""
