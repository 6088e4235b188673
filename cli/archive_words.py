"""The words and photos of a page of the archive, out of the vaults in one go, each held against its commitment.

What is hidden or erased is not fetched. What no vault gives, or not as it was committed to, is said in its place.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cli.acting import Desk
from cli.output import Output, Problem
from client.archive import Entry, Row
from client.reviewing import BadPhoto, BadText, read_photo, read_text
from client.reviewing.photos import BYTES_MAX as PHOTO_BYTES_MAX
from client.reviewing.texts import BYTES_MAX as TEXT_BYTES_MAX
from client.vaults import Lacking, read_files
from ledger.modules.archive.state import CONCEALED, Endorsement, Review

LACKS = {
    "altered": ("证据库给出的内容与链上承诺不符，不予展示", "the vault's copy is not what was committed to: not shown"),
    "erased": ("证据库已销毁此内容", "the vault has destroyed it"),
    "unavailable": ("可能存有此内容的节点没有应答", "a node that may have it does not answer"),
    "missing": ("没有节点向公众提供此内容", "no node has it for everybody"),
    "unfit": ("内容不符合展示要求", "it is nothing that may be shown"),
}
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


class Part(NamedTuple):
    """Something that was said at once: a review, an addition, a visit, an endorsement, why it was withdrawn."""

    what: str
    time_ms: int
    words: bytes | None
    photos: tuple[bytes, ...] = ()
    erased_ms: int | None = None


def parts_of(row: Row | None) -> list[Part]:
    """What a row says, in order; nothing where it is hidden. Erased parts are told without addresses."""
    if isinstance(row, Review):
        if row.state in CONCEALED:
            return []
        first = Part("review", row.time_ms, row.words, row.photos, row.erased_ms)
        more = [Part("addition", each.time_ms, each.words, each.photos, each.erased_ms) for each in row.additions]
        return [each if each.erased_ms is None else each._replace(words=None, photos=()) for each in (first, *more)]
    if isinstance(row, Endorsement):
        said = [Part("endorsement", row.time_ms, row.words)]
        return said if row.withdrawn_ms is None else [*said, Part("withdrawal", row.withdrawn_ms, row.reason)]
    return [] if row is None else [Part("visit", row.time_ms, row.words, row.media)]


class Page:
    """Words and photos of some entries, as far as they could be had. `folder`: where photos are saved, if anywhere."""

    def __init__(self, desk: Desk, entries: Sequence[Entry], folder: Path | None) -> None:
        self._lacking: dict[bytes, dict[str, str]] = {}
        self._texts: dict[bytes, str] = {}
        self._files: dict[bytes, Path] = {}
        self._folder = folder
        self._names: dict[bytes, str] = {}
        words: dict[bytes, None] = {}
        for entry in entries:
            for number, part in enumerate(parts_of(entry.row)):
                words |= {} if part.words is None else {part.words: None}
                for place, photo in enumerate(part.photos, 1):
                    self._names.setdefault(photo, f"{entry.identity[:16]}-{number}-{place}")
        lacking = desk.ask(lambda connection: read_files(connection, words, TEXT_BYTES_MAX, self._take_words))
        if folder is not None and self._names:
            folder.mkdir(parents=True, exist_ok=True)
            names = self._names
            lacking |= desk.ask(lambda connection: read_files(connection, names, PHOTO_BYTES_MAX, self._take_photo))
        for address, why in lacking.items():
            self._lack(address, why)

    def _lack(self, address: bytes, why: Lacking | BadText | BadPhoto) -> None:
        kind = why.lack if isinstance(why, Lacking) else "unfit"
        self._lacking[address] = {"kind": kind, "message_zh": why.zh, "message_en": why.en}

    def _take_words(self, address: bytes, content: bytes) -> None:
        try:
            self._texts[address] = read_text(content)
        except BadText as bad:
            self._lack(address, bad)

    def _take_photo(self, address: bytes, content: bytes) -> None:
        assert self._folder is not None
        try:
            photo = read_photo(content)
        except BadPhoto as bad:
            self._lack(address, bad)
            return
        path = self._folder / f"{self._names[address]}.{SUFFIXES[photo.media_type]}"
        try:
            with path.open("xb") as file:
                file.write(photo.content)
        except FileExistsError:
            if path.read_bytes() != photo.content:
                raise Problem(
                    f"{path} 已存在且内容不同",
                    f"{path} exists and is another file",
                    "请另选目录",
                    "choose another folder",
                ) from None
        self._files[address] = path

    def describe(self, row: Row | None) -> list[dict[str, Any]]:
        """What a row says, as JSON holds it. Photos that were not asked for have neither a file nor a problem."""
        return [
            {
                "what": part.what,
                "time_ms": part.time_ms,
                "erased_ms": part.erased_ms,
                "words": None if part.words is None else self._texts.get(part.words),
                "problem": None if part.words is None else self._lacking.get(part.words),
                "photos": [
                    {"address": photo, "file": self._files.get(photo), "problem": self._lacking.get(photo)}
                    for photo in part.photos
                ],
            }
            for part in parts_of(row)
        ]

    def tell(self, out: Output, row: Row | None) -> None:
        """Show what a row says to people."""
        for part in parts_of(row):
            heading = {"addition": "追评 added", "withdrawal": "撤回理由 why withdrawn"}.get(part.what)
            if heading is not None:
                out.say(f"      {heading}", style="dim")
            if part.words is not None:
                text = self._texts.get(part.words)
                for line in [] if text is None else text.splitlines():
                    out.say(f"      “{line}”", markup=False)
                self._tell_lack(out, "文字 words", part.words)
            for photo in part.photos:
                if photo in self._files:
                    out.say(f"      照片 photo  {self._files[photo]}", markup=False)
                self._tell_lack(out, "照片 photo", photo)

    def _tell_lack(self, out: Output, what: str, address: bytes) -> None:
        found = self._lacking.get(address)
        if found is not None:
            zh, en = LACKS[found["kind"]]
            out.say(f"      {what}：{zh} / {en}", style="yellow", markup=False)
