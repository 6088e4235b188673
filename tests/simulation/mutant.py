"""What a mutant is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """In `module`, `old` (which stands there exactly once) becomes `new`."""

    name: str
    what: str
    module: str
    old: str
    new: str
