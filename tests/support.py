"""What tests of every room share: where the published vectors are, and keys that open at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nacl.pwhash import argon2id

from client.wallet import Cost

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


@contextmanager
def quick_keys() -> Iterator[None]:
    """Key files that this process makes meanwhile open at once, whoever opens them: what a guess costs stands in them.

    A network has a dozen keys, and each command that signs opens one. tests/client/test_wallet.py tests the real cost.
    """
    with pytest.MonkeyPatch.context() as patch:
        for cost in Cost:
            patch.setattr(cost, "_value_", (argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN))
        yield
