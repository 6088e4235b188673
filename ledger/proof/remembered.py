"""A bounded memory of what is costly to make and does not change."""

from typing import Generic, TypeVar

_K = TypeVar("_K")
_T = TypeVar("_T")


class Remembered(Generic[_K, _T]):
    """Things by key, at most `bytes_max` bytes of them; those long not asked for are forgotten first.

    Two generations: when the young one is full it becomes the old one, which is dropped, but for what was asked for
    since. Threads may share it: a race forgets something early, and no more.
    """

    def __init__(self, bytes_max: int) -> None:
        self._generation_max = bytes_max // 2
        self._young: dict[_K, tuple[_T, int]] = {}
        self._old: dict[_K, tuple[_T, int]] = {}
        self._bytes = 0

    def get(self, key: _K) -> _T | None:
        """What is remembered under a key, or None."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self.put(key, *found)
        return found[0]

    def put(self, key: _K, thing: _T, size: int) -> None:
        """Remember a thing of `size` bytes."""
        if self._bytes + size > self._generation_max:
            self._old, self._young, self._bytes = self._young, {}, 0
        self._young[key] = thing, size
        self._bytes += size
