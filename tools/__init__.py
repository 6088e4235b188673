"""Generators: stubs, the environment, documents written from the code."""
