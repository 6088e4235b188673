"""How often batches were looked up: what a gateway states of a day."""

from typing import Annotated

from msgspec import Meta

from ledger.crypto.encoding import Message
from ledger.module import Action
from ledger.modules.trace.messages.types import LotKey
from ledger.text import Identifier

COUNTS_MAX = 256
"""Lots, by community, that one statement names: with the longest names there are, they fit a record."""

SCANS_MAX = 10**9

Scans = Annotated[int, Meta(ge=1, le=SCANS_MAX)]
RestOrNone = Annotated[int, Meta(ge=0, le=SCANS_MAX)]


class LotScans(Message):
    """How often the page of a lot was opened on that day by links of `community`; None: by links that named none."""

    lot: LotKey
    community: Identifier | None
    scans: Scans


class StateScans(Action, tag="trace.state_scans"):
    """A gateway's count of a day (days since 1970-01-01, UTC+8) that is over: once, and never corrected.

    `gateway`: the name that its organisation gave it. `counts`: the most scanned, each lot and community once. What is
    beyond `COUNTS_MAX` is told in sum: `rest_rows` more lots by community, with `rest_scans` scans. No reader stands
    anywhere in it, so that a count of one is told as it is.
    """

    gateway: Identifier
    day: Annotated[int, Meta(ge=0, le=3_000_000)]
    counts: Annotated[tuple[LotScans, ...], Meta(max_length=COUNTS_MAX)] = ()
    rest_rows: RestOrNone = 0
    rest_scans: RestOrNone = 0
