"""The search for words that were erased, as one would look who has all disks: raw bytes in several forms in every file,
and whatever of a vault any key opens that lies anywhere.
"""

import base64
from collections.abc import Iterator
from pathlib import Path

from network.vault.sealing import KEY_SIZE, Damaged, open_blocks, open_description


def forms(text: str) -> set[bytes]:
    """How a text may lie in a file."""
    raws = {text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}
    escaped = text.encode("unicode_escape")
    return raws | {raw.hex().encode() for raw in raws} | {base64.b64encode(raw) for raw in raws} | {escaped}


def files(*roots: Path) -> Iterator[Path]:
    """Every file below some folders."""
    return (path for root in roots for path in root.rglob("*") if path.is_file())


def found_raw(text: str, *roots: Path) -> list[str]:
    """The files that hold a text as it is."""
    wanted = forms(text)
    return [str(path) for path in files(*roots) if any(form in path.read_bytes() for form in wanted)]


def found_behind_keys(text: str, *roots: Path) -> list[str]:
    """The files that hold it for whoever has all keys of all folders: any 32 bytes in a file of their own are tried."""
    keys = {path.read_bytes() for path in files(*roots) if path.stat().st_size == KEY_SIZE}
    sealed = [path for path in files(*roots) if "vault" in path.parts and path.stat().st_size > KEY_SIZE]
    return [str(path) for path in sealed if any(text.encode() in opened(path, key) for key in keys)]


def opened(path: Path, key: bytes) -> bytes:
    """What a key makes of a file; nothing where it is not its key."""
    try:
        with path.open("rb") as source:
            return open_description(key, source) + b"".join(open_blocks(key, source))
    except Damaged:
        return b""
