"""What a reader is told of those who vouch: how many they are, and how many of them must sign."""

from ledger.certificate import quorum


def quorum_of(validators: int) -> int:
    """How many of so many validators must sign a checkpoint; 0 of none."""
    return quorum(validators) if validators else 0
