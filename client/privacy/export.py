"""All that vaults hold of somebody in a folder: files, proofs of the records that commit to them, an index to read.

FOLDER/index.html        what there is, Chinese first
FOLDER/index.json        the same for programs, with the salts that prove the addresses
FOLDER/files/            the files, named by address
FOLDER/records/<id>.proof   the records that name them; `linxin verify` checks each offline
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linxin.v1 import blob_pb2

from client.blobs import get_here, tell_receipt
from client.connection import Connection
from client.failures import Failure
from client.privacy.holdings import Held, Holdings
from client.privacy.naming import Named, find_names, prove_record
from client.privacy.page import page_of
from client.verified import VerifiedRecord
from ledger.crypto.signing import SigningKey

TEXT_SHOWN_MAX = 20_000
"""Characters of a text that the index shows; the file has all of it."""


_ENDINGS = {
    "text/plain": ".txt",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "application/json": ".json",
}
"""Of kinds that a double click shows; what might run, such as a page of HTML, stays bytes."""


class FolderInUse(Failure):
    """The folder to write to holds something already."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} 已有内容", f"{folder} is not empty", "请另选文件夹", "choose another folder")


@dataclass(frozen=True)
class Exported:
    """What was written; `missing` are (address, why) of what could not be had; `silent` endpoints may hold more."""

    document: dict[str, Any]
    missing: tuple[tuple[bytes, Failure], ...]
    silent: tuple[str, ...]


async def export(
    connection: Connection,
    key: SigningKey,
    genesis: bytes,
    holdings: Holdings,
    folder: Path,
    tell: Callable[[int, int], None],
) -> Exported:
    """Write all that was found to a new or empty folder. `tell` hears how many of how many files are done.

    Raises `FolderInUse`, OSError, `InvalidProof`, `Remote`, `Unreachable`.
    """
    await asyncio.to_thread(_prepare, folder)
    owners = {each.file.owner for each in holdings.held}
    named = await find_names(connection, genesis, owners, {each.address for each in holdings.held})
    files: list[dict[str, Any]] = []
    missing: list[tuple[bytes, Failure]] = []
    for number, held in enumerate(holdings.held):
        tell(number, len(holdings.held))
        told = _describe(held, named)
        if not held.is_erased:
            try:
                told |= await _fetch(connection, key, held, folder)
            except Failure as failure:
                missing.append((held.address, failure))
                told |= {"missing_zh": failure.zh, "missing_en": failure.en}
        files.append(told)
    records = {identity: record for found in named.records.values() for identity, record in found.items()}
    for identity in records:
        proof = await prove_record(connection, genesis, identity)
        await asyncio.to_thread((folder / "records" / f"{identity.hex()}.proof").write_bytes, proof)
    document = {
        "public_key": key.public_key.hex(),
        "files": files,
        "records": [_tell_record(record) for record in sorted(records.values(), key=lambda record: record.height)],
        "silent": list(holdings.silent),
    }
    await asyncio.to_thread(_write_index, folder, document)
    tell(len(holdings.held), len(holdings.held))
    return Exported(document, tuple(missing), holdings.silent)


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise FolderInUse(folder)
    for name in ("files", "records"):
        (folder / name).mkdir()


async def _fetch(connection: Connection, key: SigningKey, held: Held, folder: Path) -> dict[str, Any]:
    """Fetch a file from where it lies and write it; what the index says of its content."""
    async with connection.only(held.endpoint) as there:
        description, content = await get_here(there, held.address, key)
    kind = description.media_type.partition(";")[0].strip()
    name = f"files/{held.address.hex()}{_ENDINGS.get(kind, '.bin')}"
    await asyncio.to_thread((folder / name).write_bytes, content)
    told: dict[str, Any] = {"file": name, "sha256": description.sha256.hex()}
    if kind == "text/plain":
        told["text"] = content.decode("utf-8", "replace")[:TEXT_SHOWN_MAX]
    return told


def _describe(held: Held, named: Named) -> dict[str, Any]:
    """What the vault says of a file, and which records name it."""
    file = held.file
    told: dict[str, Any] = {
        "address": held.address.hex(),
        "node": held.endpoint,
        "own": file.own,
        "owner": file.owner,
        "records": [identity.hex() for identity in named.records.get(held.address, {})],
    }
    if held.address in named.parts:
        review, part, _ = named.parts[held.address]
        told |= {"review": review.hex(), "part": part}
    if held.is_erased:
        return told | {"erased": tell_receipt(file.erased)}
    return told | {
        "media_type": file.description.media_type,
        "class": blob_pb2.BlobClass.Name(file.description.blob_class),
        "retention": blob_pb2.RetentionClass.Name(file.description.retention),
        "holders": list(file.description.holders),
        "size": file.description.size,
        "stored_ms": file.stored_ms,
        "retained_until_ms": file.retained_until_ms,
        "salt": file.salt.hex(),
    }


def _tell_record(record: VerifiedRecord) -> dict[str, Any]:
    identity = record.transaction_id.hex()
    return {
        "transaction_id": identity,
        "action": record.tag,
        "height": record.height,
        "time_ms": record.time_ms,
        "public_key": record.public_key.hex(),
        "proof": f"records/{identity}.proof",
    }


def _write_index(folder: Path, document: dict[str, Any]) -> None:
    made_ms = int(datetime.now(UTC).timestamp() * 1_000)
    text = json.dumps({"linxin": "privacy-export/1", "made_ms": made_ms} | document, ensure_ascii=False, indent=2)
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")
    (folder / "index.html").write_text(page_of(document, made_ms), encoding="utf-8")
