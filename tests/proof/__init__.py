"""Proof files: made, verified by both verifiers, and mutated."""
