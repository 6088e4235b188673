"""How a test says what is wrong with a part of a value."""

from typing import Any


class Wrong(Exception):
    """A part fails the rule `code` from its character `at` on (from 0); `details` fill the words."""

    def __init__(self, code: str, at: int = 0, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.at = at
        self.details = details
