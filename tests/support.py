"""What tests of every room share: where the published vectors are."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_data(name: str) -> Path:
    """The file or folder `name` of the shared data beside the repository (`LINXIN_SHARED` overrides where that is).

    Skips the calling test, or at import the calling module, when it is not there.
    """
    shared = Path(os.environ.get("LINXIN_SHARED", REPOSITORY.parent / "shared"))
    path = shared / "data" / name
    if not path.exists():
        pytest.skip(f"published data {path} is not here; set LINXIN_SHARED to where it is", allow_module_level=True)
    return path
