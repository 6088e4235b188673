"""One small world for each test."""

import pytest

from tests.trace.world import World


@pytest.fixture
def world() -> World:
    """Farm, hub, shop, laboratory, regulator and a rival farm; see `World.settle`."""
    return World()
