"""One court for each test, made once and copied."""

import pytest

from tests.claims.world import Court, fresh


@pytest.fixture
def court() -> Court:
    """Everybody that a claim can concern; see `Court`."""
    return fresh()
