"""What the commands about reviews, visits and endorsements share: words and photos, into the vault and back."""

import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from linxin.v1 import blob_pb2
from rich.markup import escape

from cli.acting import Desk, read_document
from cli.keys import find_key_file
from cli.output import Problem
from client.blobs import BlobFailure, get_blob, put_blob
from client.connection import Connection
from client.failures import Remote, Unreachable
from client.reviewing import BadText, Reviewer, check_text, get_row, read_photo, read_text, tidy
from client.reviewing.photos import BYTES_MAX
from client.reviewing.reviewer import TEXT_TYPE
from client.reviewing.texts import CHARACTERS_MAX
from ledger.modules.archive.messages import PHOTOS_MAX, MemberOf
from ledger.modules.archive.words import WORDS
from ledger.modules.rewards.words import WORDS as REWARDS_WORDS
from ledger.state import Table

MEMBERSHIP = "membership/1"
MEMBERSHIP_SUFFIX = ".membership"
WORDS_OPTION = click.option("--words", default="", help="What is said; everybody may read it. `-` reads it from stdin.")
REASON_OPTION = click.option("--reason", required=True, help="Why, in words that everybody may read.")
PHOTO_OPTION = click.option(
    "--photo",
    "photos",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"JPEG, PNG or WebP of at most {BYTES_MAX >> 20} MiB; place and time are taken out of it. May be repeated.",
)
MEMBERSHIP_OPTION = click.option(
    "--membership",
    "membership_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The registrar's voucher (`linxin review vouch`), if it is not in the file beside the key.",
)


class Said(NamedTuple):
    """Addresses of what was stored."""

    words: bytes | None
    photos: tuple[bytes, ...]


def membership_beside(key_file: Path) -> Path:
    """Where the voucher of a key is kept."""
    return key_file.with_suffix(MEMBERSHIP_SUFFIX)


def need_reviewer(desk: Desk, membership_file: Path | None) -> Reviewer:
    """Whoever holds `--key`, with its voucher. Raises `Problem` where there is none."""
    path = membership_file or membership_beside(find_key_file(desk.key_name, desk.network))
    if not path.is_file():
        raise Problem(
            f"没有成员凭证 {path}",
            f"there is no membership voucher {path}",
            f"请社区登记员出具：linxin review vouch COMMUNITY {desk.key.public_key.hex()} {path} --key COMMUNITY",
            f"have the registrar give one: `linxin review vouch COMMUNITY {desk.key.public_key.hex()} {path} "
            "--key COMMUNITY`",
        )
    return Reviewer(desk.key, read_document(path, MEMBERSHIP, MemberOf))


def as_typed(words: str) -> str:
    """The text of `--words`, in the form that is stored; "" for none. Raises `BadText`."""
    typed = sys.stdin.read(4 * CHARACTERS_MAX) if words == "-" else words
    text = tidy(typed)
    return check_text(text) if text else ""


def keep_as_resident(desk: Desk, reviewer: Reviewer, words: str, photos: Sequence[Path]) -> Said:
    """Store what a resident says and shows, all of it checked before anything is stored."""
    text, pictures = as_typed(words), _pictures(photos)

    async def keep(connection: Connection) -> Said:
        address = await reviewer.keep_words(connection, text) if text else None
        return Said(address, tuple([await reviewer.keep_photo(connection, each) for each in pictures]))

    return desk.ask(keep)


def keep_as_registered(desk: Desk, words: str, photos: Sequence[Path] = ()) -> Said:
    """Store what a leader or an organisation says and shows under `--key`, as `keep_as_resident`."""
    text, pictures = as_typed(words), _pictures(photos)

    async def put(connection: Connection, content: bytes, kind: str) -> bytes:
        stored = await put_blob(
            connection,
            desk.key,
            content,
            media_type=kind,
            blob_class=blob_pb2.PUBLIC,
            retention=blob_pb2.WORKING,
        )
        return stored.address

    async def keep(connection: Connection) -> Said:
        address = await put(connection, text.encode(), TEXT_TYPE) if text else None
        return Said(address, tuple([await put(connection, each.content, each.media_type) for each in pictures]))

    return desk.ask(keep)


def _pictures(photos: Sequence[Path]) -> list[Any]:
    if len(photos) > PHOTOS_MAX:
        raise Problem(f"至多 {PHOTOS_MAX} 张照片", f"at most {PHOTOS_MAX} photos", "请减少照片", "show fewer")
    for path in photos:
        if path.stat().st_size > BYTES_MAX:
            raise Problem(
                f"{path} 超过 {BYTES_MAX} 字节", f"{path} has more than {BYTES_MAX} bytes", "请压缩照片", "compress it"
            )
    return [read_photo(path.read_bytes()) for path in photos]


def keep_reason(desk: Desk, reason: str) -> bytes:
    """Store a reason that everybody may read; its address. Raises `Problem` where it is blank."""
    found = keep_as_registered(desk, reason).words
    if found is None:
        raise Problem("没有写理由", "no reason is given", "请用 --reason 写明", "say it with --reason")
    return found


def tell_words(desk: Desk, address: bytes | None, *, indent: str = "    ") -> str | None:
    """Fetch and show words of the vault; None where there are none, none any more, or not what was committed to."""
    if address is None:
        return None
    try:
        text = read_text(desk.ask(lambda connection: get_blob(connection, address))[1])
    except (Remote, Unreachable, BlobFailure, BadText) as gone:
        desk.out.say(f"{indent}[dim]{escape(gone.zh)} / {escape(gone.en)}[/]")
        return None
    for line in text.splitlines():
        desk.out.say(f"{indent}“{escape(line)}”")
    return text


def need_row(desk: Desk, table: Table[Any], key: str, zh: str, en: str) -> Any:
    """A row that must be there; raises `Problem` that calls it `zh` and `en`."""
    found = desk.ask(_reading(table, key))
    if found is None:
        raise Problem(f"没有{zh} {key}", f"there is no {en} {key}", "请核对编号", "check its id")
    return found


def _reading(table: Table[Any], key: str) -> Callable[[Connection], Coroutine[Any, Any, Any]]:
    async def read(connection: Connection) -> Any:
        return await get_row(connection, table, key)

    return read


def named(value: str) -> str:
    """A tag, state or rule of the archive or of rewards in both languages."""
    found = WORDS.values.get(value) or REWARDS_WORDS.values.get(value)
    return value if found is None else f"{found[0]} {found[1]}"
