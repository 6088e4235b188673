"""How long tests try: hypothesis profiles, and one multiplier for `make fuzz` and `make soak`."""

import os

import pytest
from hypothesis import HealthCheck, settings

EFFORT = max(1, int(os.environ.get("LINXIN_EFFORT", "1")))
"""How many times as many examples and rounds as in `make test`; set by `make fuzz` and `make soak`."""

# No deadline: on shared cores the slowest example says nothing about the code.
settings.register_profile(
    "linxin",
    deadline=None,
    max_examples=100 * EFFORT,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("linxin")


@pytest.fixture(scope="session")
def effort() -> int:
    """By how much a soak test multiplies its rounds: 1 in `make test`."""
    return EFFORT


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rewrite`: golden texts are written anew from what the code says now, to be read in the diff."""
    parser.addoption("--rewrite", action="store_true", help="write golden texts anew instead of comparing them")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test-processes` collects the files in which `mark.process` stands: elsewhere such a test never runs."""
    unseen = {item.path for item in items if item.get_closest_marker("process") and "browser" not in item.keywords}
    for path in sorted(unseen):
        if "mark.process" not in path.read_text(encoding="utf-8"):
            raise pytest.UsageError(f"{path} has tests of processes and does not say `pytest.mark.process` itself")
