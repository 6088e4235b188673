"""Certified state on disk: the port, LevelDB behind it, the archive stream. Nothing else in `ledger` touches a file."""
