"""One garden for each test, made once and copied."""

import pytest

from tests.rewards.world import Garden, fed


@pytest.fixture
def garden() -> Garden:
    """A garden with sixteen lines that can be reviewed; see `Garden`."""
    return fed()
