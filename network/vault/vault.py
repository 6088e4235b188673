"""The vault: files at salted addresses, one encryption key per file in a directory apart, erasable with a signed
receipt.

Content lies in `directory/files`, receipts of erasure in `directory/erased`, keys in `keys`, which backups must leave
out (it carries a CACHEDIR.TAG). Address = digest("blob", salt, content). Who may read or erase is decided by
`network/services/blobs.py`; here are only bytes. The steps of storing: content to a temporary file and synced; key
synced; content renamed into place. Of erasing: intent synced; key destroyed; content destroyed; signed receipt in place
of the intent. What a crash cut short is finished or undone at the next start.
"""

import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

from ledger.crypto.encoding import Malformed, Message, decode, encode
from ledger.crypto.hashing import HASH_SIZE, domain_prefix
from network.errors import BlobDamaged, BlobErased, BlobMismatch, BlobTooLarge, NotFound, VaultFull
from network.vault.erasure import Erasure, Signer, erasure_message
from network.vault.files import destroy, move_durably, sync_directory, write_durably
from network.vault.sealing import KEY_SIZE, Damaged, Sealer, open_blocks, open_description

FILE_SIZE_MAX = 32 * 1024 * 1024
SALT_SIZE = 32
CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# Vault keys: a backup of these would undo erasure.\n"


class Description(Message):
    """What is known of a stored file; it lies encrypted beside the content."""

    blob_class: int
    media_type: str
    holders: tuple[str, ...]
    retention: int
    size: int
    sha256: bytes
    owner: str
    organisation: str
    salt: bytes
    stored_ms: int


class Vault:
    """One node's vault. Calls block on the disk; services run the long ones off the event loop."""

    def __init__(
        self, directory: Path, keys: Path, total_bytes: int, chain_id: bytes, name: str, signer: Signer
    ) -> None:
        self._files, self._erased, self._incoming = directory / "files", directory / "erased", directory / "incoming"
        self._keys = keys
        self._total_max = total_bytes
        self._chain_id = chain_id
        self._name = name
        self._signer = signer
        self._erasing = threading.Lock()
        self.total_bytes = 0
        for path in (self._files, self._erased, self._incoming, keys):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (keys / "CACHEDIR.TAG").exists():
            write_durably(keys / "CACHEDIR.TAG", CACHE_TAG)
        self._recover()

    def begin(self, description: Description) -> "Upload":
        """Start storing a file; raises `BlobTooLarge` or `VaultFull`. `description.salt` is replaced by a fresh one."""
        if description.size > FILE_SIZE_MAX:
            raise BlobTooLarge(description.size, FILE_SIZE_MAX)
        if self.total_bytes + description.size > self._total_max:
            raise VaultFull(self._total_max)
        self.total_bytes += description.size
        return Upload(self, self._incoming / secrets.token_hex(16), description)

    def settle(self, address: bytes, key: bytes, temporary: Path) -> None:
        """Give a synced, sealed file its place: the key first, so that a file in place always has one."""
        key_path = self._path(self._keys, address)
        write_durably(key_path, key)
        sync_directory(key_path.parent.parent)
        move_durably(temporary, self._path(self._files, address))

    def describe(self, address: bytes) -> Description:
        """A file's description. Raises `NotFound`, `BlobErased` or `BlobDamaged`."""
        with self._open(address) as source:
            return self._description(address, self._key(address), source)

    def read(self, address: bytes) -> Iterator[bytes]:
        """The content in blocks, each authenticated, the whole checked against the address at the end. Raises as
        `describe`.
        """
        key = self._key(address)
        with self._open(address) as source:
            description = self._description(address, key, source)
            state = blob_hasher(description.salt)
            try:
                for block in open_blocks(key, source):
                    state.update(block)
                    yield block
            except Damaged:
                raise BlobDamaged(address.hex()) from None
            if state.digest() != address:
                raise BlobDamaged(address.hex())

    def erase(self, address: bytes, now_ms: int) -> Erasure:
        """Destroy a file's key and bytes; returns the signed receipt (the first one if it was erased before)."""
        with self._erasing:  # or two who ask at once would get receipts of different times
            known = self.receipt(address)
            if known is not None:
                return known
            description = self.describe(address)
            intent = Erasure(
                address, now_ms, description.owner, description.organisation, self._name, self._signer.public_key, b""
            )
            write_durably(self._path(self._erased, address), encode(intent))
            return self._complete(intent)

    def receipt(self, address: bytes) -> Erasure | None:
        """The receipt of an erased file, or None when it was not erased here."""
        try:
            data = self._path(self._erased, address).read_bytes()
        except FileNotFoundError:
            return None
        return decode(data, Erasure)

    def addresses(self, after: bytes, limit: int) -> list[bytes]:
        """Of files that are stored or were erased here, in order: the first `limit` after an address (b"": of all)."""
        found: list[bytes] = []
        for shard in range(after[0] if after else 0, 256):
            names = {path.name for root in (self._files, self._erased) for path in (root / f"{shard:02x}").glob("*")}
            here = sorted(bytes.fromhex(name) for name in names if len(name) == 2 * HASH_SIZE)
            found += [address for address in here if address > after]
            if len(found) >= limit:
                break
        return found[:limit]

    def _complete(self, intent: Erasure) -> Erasure:
        path = self._path(self._files, intent.address)
        size = path.stat().st_size if path.exists() else 0
        destroy(self._path(self._keys, intent.address))
        destroy(path)
        self.total_bytes = max(0, self.total_bytes - size)
        signature = self._signer.sign(erasure_message(self._chain_id, intent.address, intent.time_ms))
        receipt = Erasure(
            intent.address,
            intent.time_ms,
            intent.owner,
            intent.organisation,
            self._name,
            self._signer.public_key,
            signature,
        )
        write_durably(self._path(self._erased, intent.address), encode(receipt))
        return receipt

    def _recover(self) -> None:
        """Finish erasures and drop uploads that a crash cut short; count what is stored."""
        for leftover in self._incoming.iterdir():
            leftover.unlink()
        for path in list(self._erased.glob("*/*.new")):
            path.unlink()
        for path in list(self._erased.glob("*/*")):
            erasure = decode(path.read_bytes(), Erasure)
            if not erasure.signature:
                self._complete(erasure)
        stored = {path.name: path.stat().st_size for path in self._files.glob("*/*")}
        for key in self._keys.glob("*/*"):
            if key.name not in stored:
                destroy(key)
        self.total_bytes = sum(stored.values())

    def _open(self, address: bytes) -> BinaryIO:
        if len(address) != HASH_SIZE:
            raise NotFound("blob", address.hex()[:64])
        erased = self.receipt(address)
        if erased is not None:
            raise BlobErased(address.hex(), erased.time_ms)
        try:
            return self._path(self._files, address).open("rb")
        except FileNotFoundError:
            raise NotFound("blob", address.hex()) from None

    def _key(self, address: bytes) -> bytes:
        self._open(address).close()
        try:
            key = self._path(self._keys, address).read_bytes()
        except FileNotFoundError:
            raise BlobDamaged(address.hex()) from None
        if len(key) != KEY_SIZE:
            raise BlobDamaged(address.hex())
        return key

    def _description(self, address: bytes, key: bytes, source: BinaryIO) -> Description:
        try:
            return decode(open_description(key, source), Description)
        except (Damaged, Malformed):
            raise BlobDamaged(address.hex()) from None

    @staticmethod
    def _path(root: Path, address: bytes) -> Path:
        name = address.hex()
        return root / name[:2] / name


class Upload:
    """One file on its way in. Use as a context manager: leaving it without `commit` removes every trace."""

    def __init__(self, vault: Vault, temporary: Path, description: Description) -> None:
        self._vault = vault
        self._temporary = temporary
        self.salt = secrets.token_bytes(SALT_SIZE)
        values = {name: getattr(description, name) for name in description.__struct_fields__}
        self._description = Description(**(values | {"salt": self.salt}))
        self._key = secrets.token_bytes(KEY_SIZE)
        self._hash, self._address = hashlib.sha256(), blob_hasher(self.salt)
        self._size = 0
        self._done = False
        self._sink: BinaryIO = os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._sealer = Sealer(self._key, self._sink, encode(self._description))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sink.close()
        if not self._done:
            self._temporary.unlink(missing_ok=True)
            self._vault.total_bytes -= self._description.size

    def append(self, data: bytes) -> None:
        """Add content. Raises `BlobMismatch` as soon as there is more than was described."""
        self._size += len(data)
        if self._size > self._description.size:
            raise BlobMismatch(f"more than the {self._description.size} bytes described")
        self._hash.update(data)
        self._address.update(data)
        self._sealer.append(data)

    def commit(self) -> bytes:
        """Check size and digest and make the file durable; returns its address. Raises `BlobMismatch`."""
        if self._size != self._description.size:
            raise BlobMismatch(f"{self._size} bytes instead of {self._description.size}")
        if self._hash.digest() != self._description.sha256:
            raise BlobMismatch(f"SHA-256 is {self._hash.hexdigest()}, not {self._description.sha256.hex()}")
        self._sealer.finish()
        self._sink.flush()
        os.fsync(self._sink.fileno())
        address = self._address.digest()
        self._vault.settle(address, self._key, self._temporary)
        self._done = True
        return address


def blob_hasher(salt: bytes) -> "hashlib._Hash":
    """The running form of digest("blob", salt, content)."""
    return hashlib.sha256(domain_prefix("blob") + salt)
