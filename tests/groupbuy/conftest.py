"""One small world for each test, made once and copied."""

import pytest

from tests.groupbuy.market import Market, fresh
from tests.groupbuy.world import World

_FIRST: list[World] = []


@pytest.fixture
def world() -> World:
    """Farm, hub, bank, two communities with leaders, the platform and a court; see `World`."""
    if not _FIRST:
        _FIRST.append(World())
    return _FIRST[0].fork()


@pytest.fixture
def market() -> Market:
    """The same world, with what happens to a campaign's goods."""
    return fresh()
