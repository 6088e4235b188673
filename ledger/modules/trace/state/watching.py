"""What the trace module knows of readings: which device is where, which goods are inside what, and what they suffered.

Times are ms since the epoch. Rows hold bounded lists only.
"""

from ledger.crypto.encoding import Message
from ledger.modules.trace.messages.types import ErrorReason
from ledger.state import Table


class Stay(Message):
    """A lot was inside a container: `item` is what entered (`unit:x`, or `lot:x` loose) and `by` who brought it."""

    lot: str
    item: str
    by: str
    from_ms: int
    edge_from_ms: int
    to_ms: int | None = None


class Limit(Message):
    """The narrowest band of a metric over all stays kept, so that most readings need no look at any lot."""

    metric: str
    unit: str
    exponent: int
    minimum: int
    maximum: int


class Stays(Message):
    """What is and lately was inside a container (key: its subject).

    Ended stays go once no late reading can concern them; `forgotten_ms` is the latest end among those that went.
    """

    stays: tuple[Stay, ...] = ()
    limits: tuple[Limit, ...] = ()
    forgotten_ms: int = -1


class Part(Message):
    """Some of an exposure: `degree_ms` of it fell between two event times. So it can be told in whose hands."""

    from_ms: int
    to_ms: int
    degree_ms: int


class Exposure(Message):
    """A lot outside its product's band, as one device saw it during one stay. `peak` is the value farthest out;
    `degree_ms` as `Band.allowed_degree_ms`; `first_ms`, `last_ms` event times; `parts`: when how much of it was, oldest
    first.
    """

    place: str
    from_ms: int
    device: str
    metric: str
    outside_ms: int
    degree_ms: int
    peak: int
    first_ms: int
    last_ms: int
    parts: tuple[Part, ...] = ()


class Measured(Message):
    """A column as the rules see it: implausible values are None; `low`, `high` of the rest, None if nothing rests."""

    name: str
    unit: str
    exponent: int
    values: tuple[int | None, ...]
    low: int | None
    high: int | None


class Heard(Message):
    """A record of readings about a container, kept for goods whose entry is recorded later than the readings.

    `last_hold_ms`: how long a single reading stands. `forgotten_ms`: the latest event time among records that had this
    place before it.
    """

    sequence: int
    start_ms: int
    end_ms: int
    interval_ms: int
    offsets_ms: tuple[int, ...]
    last_hold_ms: int
    columns: tuple[Measured, ...]
    forgotten_ms: int


class Listeners(Message):
    """The devices that were lately tied to a container; `forgotten_ms`: the latest reading of those left out."""

    devices: tuple[str, ...] = ()
    forgotten_ms: int = -1


class Gap(Message):
    """Records `first` to `last` of a device are missing; they belong strictly between two event times."""

    first: int
    last: int
    after_ms: int
    before_ms: int


class Watch(Message):
    """A metric was read from `from_ms` to `to_ms` (first and last reading) without a pause of any length."""

    metric: str
    from_ms: int
    to_ms: int


class Attachment(Message):
    """A device was tied to `thing` in [from_ms, to_ms); `first`, `last` number the records taken there (-1: none).

    Of things that are no plot also: `watches`, the latest, of metrics that some product's band names, in order of time
    (`unwatched_ms`: the latest end of those that went); `faults`: (first, last) event times of records in which the
    device said what cannot be, or had its clock set.
    """

    thing: str
    from_ms: int
    edge_from_ms: int
    to_ms: int | None = None
    first: int = -1
    last: int = -1
    watches: tuple[Watch, ...] = ()
    unwatched_ms: int = -1
    faults: tuple[tuple[int, int], ...] = ()


class Series(Message):
    """The state of a device's series. `last_ms`: event time of the newest reading, -1 before the first."""

    next_sequence: int = 0
    last_ms: int = -1
    gaps: tuple[Gap, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class ReadingsError(Message):
    """A declared error of the records `first` (in the key) to `last` of a device."""

    last: int
    reason: ErrorReason
    error: bytes


stays: Table[Stays] = Table("trace", "stay", Stays)
"""Subject of a container -> stays."""

banded: Table[int] = Table("trace", "banded", int)
"""Metric that some product's band names -> block time from which its readings are kept in `heard`."""

listeners: Table[Listeners] = Table("trace", "listeners", Listeners)
"""Subject of a container -> devices."""

heard: Table[Heard] = Table("trace", "heard", Heard)
"""`<container>:<device>:<sequence modulo HEARD_MAX>` -> record of readings."""

exposures: Table[tuple[Exposure, ...]] = Table("trace", "exposure", tuple[Exposure, ...])
"""Lot -> its exposures, the latest 64."""

series: Table[Series] = Table("trace", "series", Series)
"""Device -> series."""

touched: Table[tuple[str, ...]] = Table("trace", "touched", tuple[str, ...])
"""`<device>:<sequence, 15 digits>` -> lots whose excursion that record showed."""

reading_errors: Table[ReadingsError] = Table("trace", "reading_error", ReadingsError)
"""`<device>:<first sequence, 15 digits>` -> declared error."""
