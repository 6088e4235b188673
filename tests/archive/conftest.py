"""One archive for each test, made once and copied."""

import pytest

from tests.archive.world import Memoir, fresh


@pytest.fixture
def memoir() -> Memoir:
    """Everybody that a review can concern; see `Memoir`."""
    return fresh()
