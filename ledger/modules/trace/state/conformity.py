"""Which lots were promised to conform, which tests found good, and which are organic."""

from ledger.crypto.encoding import Message
from ledger.modules.trace.messages.conformity import ProduceClass
from ledger.modules.trace.state.goods import Flag
from ledger.state import Table

FAULTS = Flag.FAILED_INSPECTION | Flag.SAFETY_INTERVAL
"""What a certificate of conformity promises is not so; what makes it count no longer."""


class Conformity(Message):
    """A lot's 承诺达标合格证: who issued it by which record, and its date (ms). It stands unless that record is
    declared wrong or the lot is found at fault.
    """

    issuer: str
    record: bytes
    issued_ms: int


produce: Table[ProduceClass] = Table("trace", "produce", ProduceClass)
"""Product -> its class, of those that the order lists."""

conformities: Table[Conformity] = Table("trace", "conformity", Conformity)
"""Lot -> its certificate."""

passed: Table[int] = Table("trace", "passed", int)
"""`<subject>:<hex id of an inspection that it passed>` -> event time of the inspection."""

organics: Table[str] = Table("trace", "organic", str)
"""Lot -> the organic certificate that covered it when it came into being, and all that it was made of."""
