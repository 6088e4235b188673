"""Many public files at once, from whichever vaults have them, for pages: what cannot be had is told in its place.

A file lies in the vault that took it, so each endpoint is asked in turn for all that is still missing, some at once. No
answer is believed: content is what its address commits to, or it counts as altered.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Literal

import grpc

from client.blobs import BlobFailure, get_here
from client.connection import GREETING_S_MAX, Connection
from client.failures import Failure, Remote, Unreachable

AT_ONCE = 8
"""Transfers at once from one vault: half of what a node grants to everybody, if not configured otherwise."""

TRANSFER_S_MAX = 20.0
BLOB_ERASED = 133
"""Number of the refusal of a vault that had the file and destroyed it."""

Lack = Literal["altered", "erased", "unavailable", "missing"]
_WEIGHT: tuple[Lack, ...] = ("missing", "unavailable", "erased", "altered")
"""What several vaults say of one file comes to the last of these: a silent one may have what others do not."""


class Lacking(Failure):
    """A file that cannot be shown, and why: it was `altered` or damaged, `erased`, no vault that may have it answers
    (`unavailable`), or none has it for everybody (`missing`).
    """

    def __init__(self, lack: Lack, zh: str, en: str) -> None:
        super().__init__(zh, en, "换一个时间或节点重试", "try again later, or at another node")
        self.lack = lack


async def read_files(
    connection: Connection, addresses: Iterable[bytes], size_max: int, take: Callable[[bytes, bytes], None]
) -> dict[bytes, Lacking]:
    """Hand each file of at most `size_max` bytes to `take` (address, content) as it comes; the others by address, with
    why. Raises nothing for what single endpoints do.
    """
    open_: dict[bytes, Lacking | None] = dict.fromkeys(addresses)
    for endpoint in connection.endpoints:
        if open_:
            async with connection.only(endpoint) as alone:
                await _read_here(alone, open_, size_max, take)
    nowhere = Lacking("missing", "没有节点可问", "no endpoint is known")
    return {address: lacking or nowhere for address, lacking in open_.items()}


async def _read_here(
    alone: Connection, open_: dict[bytes, Lacking | None], size_max: int, take: Callable[[bytes, bytes], None]
) -> None:
    """Ask one endpoint for all that is `open_`, and take from there what it gives."""
    try:
        await alone.status(timeout_s=GREETING_S_MAX)
    except Failure as failure:
        _note(open_, dict.fromkeys(open_, _lacking(failure)))
        return
    wanted = list(open_)
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        answers = await asyncio.gather(*(_ask(alone, address, size_max) for address in part))
        told = dict(zip(part, answers, strict=True))
        for address, answer in told.items():
            if isinstance(answer, bytes):
                del open_[address]
                take(address, answer)
        lacking = {address: answer for address, answer in told.items() if isinstance(answer, Lacking)}
        _note(open_, lacking)
        if len(lacking) == len(part) and all(each.lack == "unavailable" for each in lacking.values()):
            rest = wanted[start + AT_ONCE :]
            _note(open_, dict.fromkeys(rest, next(iter(lacking.values()))))
            return


async def _ask(alone: Connection, address: bytes, size_max: int) -> bytes | Lacking:
    try:
        return (await get_here(alone, address, size_max=size_max, timeout_s=TRANSFER_S_MAX))[1]
    except Failure as failure:
        return _lacking(failure)


def _lacking(failure: Failure) -> Lacking:
    """What a failed call comes to."""
    lack: Lack = "unavailable"
    if isinstance(failure, BlobFailure):
        lack = "altered"
    elif isinstance(failure, Remote):
        lack = _OF_STATUS.get(failure.status, "unavailable")
        if failure.number == BLOB_ERASED:
            lack = "erased"
    elif not isinstance(failure, Unreachable):
        lack = "missing"  # an endpoint of another chain
    return Lacking(lack, failure.zh, failure.en)


_OF_STATUS: dict[grpc.StatusCode, Lack] = {
    grpc.StatusCode.DATA_LOSS: "altered",
    grpc.StatusCode.NOT_FOUND: "missing",
    grpc.StatusCode.UNIMPLEMENTED: "missing",  # an observer has no vault
    grpc.StatusCode.UNAUTHENTICATED: "missing",  # restricted: not for everybody
    grpc.StatusCode.PERMISSION_DENIED: "missing",
}


def _note(open_: dict[bytes, Lacking | None], told: dict[bytes, Lacking]) -> None:
    """Remember the weightiest of what vaults said of each file."""
    for address, lacking in told.items():
        before = open_[address]
        if before is None or _WEIGHT.index(lacking.lack) > _WEIGHT.index(before.lack):
            open_[address] = lacking
