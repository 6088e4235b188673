"""The world of payments' tests."""

import pytest

from tests.payments.world import World


@pytest.fixture
def world() -> World:
    """A world of the test's own, in which nothing has happened yet."""
    return World()
