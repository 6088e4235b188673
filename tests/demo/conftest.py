"""The demonstration, told once for all tests."""

from typing import Any

import pytest

from tests.demo.running import apart


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return apart("demo", "--dir", str(tmp_path_factory.mktemp("demo") / "network"))
