"""What things cost on the machine at hand; never a timed test."""
