"""Small worlds kept in the real store: one with a told story for the tests of a module, or a new one for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proof.kept import Kept, kept_world, tell_kept_story


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kept, str]]:
    """A told story and the key of its pack lot."""
    with kept_world(tmp_path_factory.mktemp("store") / "ledger") as world:
        yield world, tell_kept_story(world)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A world of one's own, in which nothing has happened yet."""
    with kept_world(tmp_path / "ledger") as world:
        yield world
