"""The public API's certificate: what a node refuses to serve with, and in which words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from network.config import ConfigError, ListenSettings
from network.tls import days_left, issue_server_certificate, make_authority, server_credentials, write_private

SETTINGS = ListenSettings()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    put(tmp_path, *issue_server_certificate(*make_authority("test"), ["localhost"]))
    return tmp_path


def put(home: Path, certificate: bytes | None = None, key: bytes | None = None) -> None:
    """Replace the given files of a home's `tls/`."""
    for name, data in ((SETTINGS.certificate, certificate), (SETTINGS.key, key)):
        if data is not None:
            (home / name).unlink(missing_ok=True)
            write_private(home / name, data)


def test_a_sound_pair_is_served(home: Path) -> None:
    assert server_credentials(home, SETTINGS) is not None
    left = days_left(home, SETTINGS)
    assert left is not None
    assert left > 3_000


BREAKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "certificate-garbage": (lambda home: put(home, certificate=b"garbage"), "server.crt: not a usable PEM file"),
    "key-garbage": (lambda home: put(home, key=b"garbage"), "server.key: not a usable PEM file"),
    "key-is-the-certificate": (
        lambda home: put(home, key=(home / SETTINGS.certificate).read_bytes()),
        "server.key: not a usable PEM file",
    ),
    "key-of-another": (lambda home: put(home, key=make_authority("other")[1]), "not the key of"),
    "key-missing": (lambda home: (home / SETTINGS.key).unlink(), "No such file"),
    "key-open-to-others": (lambda home: (home / SETTINGS.key).chmod(0o640), "chmod 600"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_cannot_be_served_is_refused_with_words(home: Path, name: str) -> None:
    broken, said = BREAKS[name]
    broken(home)
    with pytest.raises(ConfigError) as refused:
        server_credentials(home, SETTINGS)
    assert said in refused.value.en
    assert str(home) in refused.value.zh


def test_another_authority_s_key_issues_nothing() -> None:
    certificate, _ = make_authority("one")
    _, key = make_authority("two")
    with pytest.raises(ValueError, match="does not belong"):
        issue_server_certificate(certificate, key, ["localhost"])
