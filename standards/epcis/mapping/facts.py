"""What mapping must know of the ledger, and how it says that an event does not stand for a record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

Action = dict[str, object]
"""A record as `linxin submit` takes it: `action` is the tag, fields by name, bytes in hex."""


class Facts(Protocol):
    """What mapping asks of the ledger; every answer may be None: not known, and then an event is not ruled."""

    def signer(self) -> str | None:
        """The organisation, or the device, that would sign the record."""

    def measure(self, product: str) -> str | None:
        """`kg` or `piece` of a registered product."""

    def shipment(self, shipment: str) -> Mapping[str, int] | None:
        """Loose lots of a shipment with their quantities, micro-units."""

    def metrics(self, device: str) -> Mapping[str, tuple[str, int]] | None:
        """Metrics of a device: name -> (unit, exponent)."""

    def original(self, record: str) -> Mapping[str, object] | None:
        """The event that stands for the record of a transaction id (hex)."""

    def captured(self, event_hash: str) -> str | None:
        """Transaction id (hex) of the record that the signer's captured event of this hash (`ni:///...`) became; of one
        that is asserted only, of the assertion.
        """


@dataclass(frozen=True)
class Recorded:
    """A record of the ledger: transaction id (hex), signer's organisation (of readings: the device), block time in ms,
    the action itself.
    """

    identity: str
    organisation: str
    time_ms: int
    action: Action = field(hash=False)


class NotRuled(Exception):
    """The event stands for no record of the ledger; why, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(en)
