"""The organisations that tests of the registry begin with."""

import pytest

from tests.registry.chain import Chain


@pytest.fixture
def chain() -> Chain:
    """A platform, a second platform, a farm, an inspector and a community, each with one key."""
    return Chain(
        {
            "platform": ["platform"],
            "platform-2": ["platform", "auditor"],
            "farm": ["farm"],
            "inspector": ["inspector"],
            "community": ["community"],
        }
    )
