"""Whole clusters of production code under one seed: simulated clock, network, disk; faults, liars, strong checks."""
