"""The vault by itself: addresses, damage, crashes, erasure."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.crypto.encoding import decode, encode
from ledger.crypto.hashing import digest
from network.errors import BlobDamaged, BlobErased, BlobMismatch, BlobTooLarge, NotFound, VaultFull
from network.vault.erasure import Erasure, verify_erasure
from network.vault.sealing import BLOCK_SIZE
from network.vault.vault import FILE_SIZE_MAX, Description, Vault
from tests.network.nodes import FARM, ROOT

CHAIN_ID = bytes(range(32))


def open_vault(root: Path, total_bytes: int = 1 << 30) -> Vault:
    return Vault(root / "vault", root / "keys", total_bytes, CHAIN_ID, "linxin/test/v1", FARM)


def described(content: bytes, **other: object) -> Description:
    sha256 = hashlib.sha256(content).digest()
    values: dict[str, object] = {"size": len(content), "sha256": sha256} | other
    return Description(2, "text/plain", ("organisation:hub",), 1, owner="member:z", organisation="farm", salt=b"",
                       stored_ms=5, **values)  # type: ignore[arg-type]  # fmt: skip


def put(vault: Vault, content: bytes, description: Description | None = None) -> tuple[bytes, bytes]:
    with vault.begin(description or described(content)) as upload:
        for start in range(0, len(content), 100_000):
            upload.append(content[start : start + 100_000])
        return upload.commit(), upload.salt


def paths(root: Path, address: bytes) -> tuple[Path, Path]:
    name = address.hex()
    return root / "vault/files" / name[:2] / name, root / "keys" / name[:2] / name


@pytest.mark.parametrize("size", [1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 3 * BLOCK_SIZE])
def test_what_is_put_is_got_under_its_salted_address(tmp_path: Path, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    address, salt = put(open_vault(tmp_path), content)
    vault = open_vault(tmp_path)
    assert address == digest("blob", salt, content)
    assert b"".join(vault.read(address)) == content
    assert vault.describe(address).holders == ("organisation:hub",)


def test_the_same_content_has_another_address_each_time_and_lies_encrypted(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    one, two = put(vault, b"secret" * 100)[0], put(vault, b"secret" * 100)[0]
    assert one != two
    everything = b"".join(path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file())
    assert b"secret" not in everything
    assert b"text/plain" not in everything
    assert (tmp_path / "keys/CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")


def test_content_other_than_described_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    for content, said in ((b"other", "SHA-256"), (b"hell", "4 bytes"), (b"hello!", "more than")):
        with pytest.raises(BlobMismatch, match=said):
            put(vault, content, described(b"hello"))
    assert vault.total_bytes == 0
    assert not [path for path in (tmp_path / "vault").rglob("*") if path.is_file()]
    assert [path.name for path in (tmp_path / "keys").rglob("*") if path.is_file()] == ["CACHEDIR.TAG"]


def test_sizes_are_bounded(tmp_path: Path) -> None:
    vault = open_vault(tmp_path, total_bytes=100)
    with pytest.raises(BlobTooLarge):
        vault.begin(described(b"", size=FILE_SIZE_MAX + 1))
    with pytest.raises(VaultFull):
        vault.begin(described(b"", size=101))


@pytest.mark.parametrize("place", [0, 4, 30, -1, "cut", "grow", "swap"])
def test_any_damage_is_found(tmp_path: Path, place: int | str) -> None:
    vault = open_vault(tmp_path)
    address, _ = put(vault, bytes(3 * BLOCK_SIZE))
    path, _ = paths(tmp_path, address)
    data = bytearray(path.read_bytes())
    record = 4 + BLOCK_SIZE + 16
    if isinstance(place, int):
        data[place] ^= 1
    elif place == "cut":
        del data[-record:]
    elif place == "grow":
        data += data[-record:]
    else:
        head = len(data) - 3 * record
        data[head : head + 2 * record] = data[head + record : head + 2 * record] + data[head : head + record]
    path.write_bytes(data)
    with pytest.raises(BlobDamaged):
        b"".join(vault.read(address))


def test_a_file_put_under_another_address_is_damage(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    one, two = put(vault, b"one")[0], put(vault, b"two")[0]
    for source, target in zip(paths(tmp_path, one), paths(tmp_path, two), strict=True):
        target.write_bytes(source.read_bytes())
    with pytest.raises(BlobDamaged):
        b"".join(vault.read(two))


def test_erasure_destroys_key_and_bytes_and_leaves_a_signed_receipt(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    address, _ = put(vault, b"a face")
    receipt = vault.erase(address, 77)
    assert not any(path.exists() for path in paths(tmp_path, address))
    assert verify_erasure(CHAIN_ID, address, 77, FARM.public_key, receipt.signature)
    assert not verify_erasure(CHAIN_ID, address, 78, FARM.public_key, receipt.signature)
    assert open_vault(tmp_path).erase(address, 99) == receipt, "asking again gives the same receipt"
    with pytest.raises(BlobErased):
        vault.describe(address)
    with pytest.raises(NotFound):
        vault.erase(bytes(32), 1)


def test_a_crash_within_an_erasure_is_finished_at_the_next_start(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    address, _ = put(vault, b"a face")
    name = address.hex()
    intent = Erasure(address, 77, "member:z", "farm", "linxin/test/v1", FARM.public_key, b"")
    path = tmp_path / "vault/erased" / name[:2] / name
    path.parent.mkdir()
    path.write_bytes(encode(intent))
    vault = open_vault(tmp_path)
    assert not any(path.exists() for path in paths(tmp_path, address))
    kept = vault.receipt(address)
    assert kept is not None
    assert verify_erasure(CHAIN_ID, address, 77, FARM.public_key, kept.signature)
    assert decode(path.read_bytes(), Erasure) == kept


def test_a_crash_within_an_upload_leaves_no_trace(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    put(vault, b"kept")
    upload = vault.begin(described(b"hello"))
    upload.append(b"hel")
    orphan = tmp_path / "keys/ab" / ("ab" * 32)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(bytes(32))
    again = open_vault(tmp_path)
    assert not list((tmp_path / "vault/incoming").iterdir())
    assert not orphan.exists()
    assert again.total_bytes > 0


def test_a_kill_before_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.network.vault_steps", str(tmp_path)], check=True, cwd=ROOT, timeout=60)
    seen = set()
    for directory in sorted(tmp_path.iterdir()):
        act = directory.name.partition("-")[0]
        vault = open_vault(directory)
        files = {path.name for path in (directory / "vault/files").glob("*/*")}
        keys = {path.name for path in (directory / "keys").glob("*/*")}
        receipts = {path.name for path in (directory / "vault/erased").glob("*/*")}
        assert files == keys, f"{directory.name}: a file without its key, or a key without its file"
        assert not list((directory / "vault/incoming").iterdir())
        assert len(files) + len(receipts) == (1 if act == "erase" or files else 0)
        for name in files:
            assert b"".join(vault.read(bytes.fromhex(name))) == b"canary of a face"
        for name in receipts:
            receipt = vault.receipt(bytes.fromhex(name))
            assert receipt is not None
            assert verify_erasure(CHAIN_ID, receipt.address, 77, FARM.public_key, receipt.signature)
        assert (vault.total_bytes > 0) == bool(files)
        seen.add((act, bool(files)))
    assert seen == {("put", False), ("put", True), ("erase", True), ("erase", False)}
