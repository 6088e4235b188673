"""What a participant runs: keys, submission, proofs checked offline, sensor files."""
