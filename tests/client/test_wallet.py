"""Key files: they come back under their passphrase and under nothing else, and stay private."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from client.wallet import Cost, KeyFileFailure, create_key, load_key, public_key_of
from ledger.crypto.signing import Algorithm, verify

PASSPHRASE = "five strawberries 五颗草莓"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "farm.key"
    create_key(path, Algorithm.ED25519, PASSPHRASE, Cost.INTERACTIVE)
    return path


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_comes_back_and_signs(tmp_path: Path, algorithm: Algorithm) -> None:
    path = tmp_path / "some.key"
    key = create_key(path, algorithm, PASSPHRASE, Cost.INTERACTIVE)
    loaded = load_key(path, PASSPHRASE)
    assert (loaded.algorithm, loaded.public_key) == (algorithm, key.public_key)
    assert verify(algorithm, key.public_key, loaded.sign(b"message"), b"message")
    assert public_key_of(path) == (algorithm, key.public_key)


def test_the_file_is_private_whole_and_alone(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert [each.name for each in made.parent.iterdir() if each.name.startswith(".")] == []
    document = json.loads(made.read_text())
    assert set(document) == {"format", "algorithm", "public_key", "kdf", "nonce", "ciphertext"}


@pytest.mark.parametrize(("cost", "operations", "memory_mib"), [(Cost.INTERACTIVE, 2, 64), (Cost.MODERATE, 3, 256)])
def test_a_guess_costs_what_was_asked_for(tmp_path: Path, cost: Cost, operations: int, memory_mib: int) -> None:
    create_key(tmp_path / "some.key", Algorithm.ED25519, PASSPHRASE, cost)
    kdf = json.loads((tmp_path / "some.key").read_text())["kdf"]
    assert (kdf["name"], kdf["operations"], kdf["memory_bytes"]) == ("argon2id", operations, memory_mib << 20)
    load_key(tmp_path / "some.key", PASSPHRASE)


def test_a_composed_passphrase_equals_a_decomposed_one(tmp_path: Path) -> None:
    path = tmp_path / "accent.key"
    create_key(path, Algorithm.ED25519, "caf\u00e9 caf\u00e9", Cost.INTERACTIVE)
    load_key(path, "cafe\u0301 cafe\u0301")


def test_another_passphrase_does_not_open_it(made: Path) -> None:
    with pytest.raises(KeyFileFailure) as failure:
        load_key(made, PASSPHRASE + "!")
    assert "passphrase" in failure.value.en
    assert "口令" in failure.value.zh


def test_a_file_open_to_others_is_refused_with_the_remedy(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "open.key"
    copy.write_bytes(made.read_bytes())
    for mode in (0o644, 0o640, 0o604, 0o620):
        copy.chmod(mode)
        with pytest.raises(KeyFileFailure) as failure:
            load_key(copy, PASSPHRASE)
        assert f"chmod 600 {copy}" in failure.value.remedy_en
    copy.chmod(0o400)
    load_key(copy, PASSPHRASE)


def test_a_key_is_never_overwritten(made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(KeyFileFailure, match="exists already"):
        create_key(made, Algorithm.ED25519, PASSPHRASE, Cost.INTERACTIVE)
    assert made.read_bytes() == before
    assert len(list(made.parent.iterdir())) == 1


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 1025])
def test_poor_passphrases_are_refused(tmp_path: Path, passphrase: str) -> None:
    with pytest.raises(KeyFileFailure, match="passphrase"):
        create_key(tmp_path / "k", Algorithm.ED25519, passphrase, Cost.INTERACTIVE)
    assert list(tmp_path.iterdir()) == []


def flip(text: str) -> str:
    return ("0" if text[0] != "0" else "1") + text[1:]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "linxin-key/2"}, "format"),
        ({"kdf": {"name": "argon2id", "operations": 2, "memory_bytes": 2**40, "salt": "0" * 32}}, "memory_bytes"),
        ({"kdf": {"name": "argon2id", "operations": 10**9, "memory_bytes": 2**26, "salt": "0" * 32}}, "operations"),
        ({"extra": 1}, "extra"),
        ({"ciphertext": "00"}, "ciphertext"),
        ({"algorithm": "p256"}, "does not belong"),
        ({"public_key": "00" * 32}, "does not belong"),
    ],
)
def test_damaged_and_relabelled_files_are_refused(
    made: Path, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(KeyFileFailure, match=words):
        load_key(changed(made, tmp_path, change), PASSPHRASE)


@pytest.mark.parametrize("field", ["nonce", "ciphertext"])
def test_a_changed_byte_does_not_decrypt(made: Path, tmp_path: Path, field: str) -> None:
    value = json.loads(made.read_text())[field]
    with pytest.raises(KeyFileFailure, match="damaged"):
        load_key(changed(made, tmp_path, {field: flip(value)}), PASSPHRASE)


def changed(made: Path, folder: Path, change: dict[str, Any]) -> Path:
    path = folder / "changed.key"
    path.touch(0o600)
    path.write_text(json.dumps(json.loads(made.read_text()) | change))
    return path


def test_what_is_no_file_is_refused_in_words(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    huge.touch(0o600)
    huge.write_bytes(b"{" * 20_000)
    for path, words in ((tmp_path / "none", "cannot be read"), (tmp_path, "cannot be read|regular"), (huge, "bytes")):
        with pytest.raises(KeyFileFailure, match=words):
            load_key(path, PASSPHRASE)
    with pytest.raises(KeyFileFailure, match="cannot be written"):
        create_key(tmp_path / "no" / "folder", Algorithm.ED25519, PASSPHRASE, Cost.INTERACTIVE)
