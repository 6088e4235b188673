"""What the trace module remembers of captured EPCIS events."""

from ledger.crypto.encoding import Message
from ledger.modules.trace.messages import AssertEvent
from ledger.state import Table


class Captured(Message):
    """Where a captured event stands: the transaction, who submitted it, the vault's document and the place in it."""

    transaction: bytes
    submitter: str
    document: bytes
    index: int


captured: Table[Captured] = Table("trace", "captured", Captured)
"""`captured_key` -> where it stands."""


def captured_key(action: AssertEvent, source: str) -> str:
    """`<hash, hex>:<what>:<organisation that says it>`.

    `what` is `event`, `error` for a declaration of error, which has the hash of the event it is about, and the place in
    the document where the hash is that of the document.
    """
    what = "error" if action.declares_error else "event"
    return f"{action.event.hex()}:{what if action.hashed == 'event' else action.index}:{source}"
