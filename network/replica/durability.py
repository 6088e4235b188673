"""The order of durable steps between an input and what may be said because of it (DESIGN §4, "Durability")."""

from consensus.member import MemberReady
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from network.replica.finality import Ledger


def persist(ready: MemberReady, log: DurableLog, safety: SafetyFile, ledger: Ledger) -> None:
    """Make durable what ordering wants durable: first the log, then the promises. Raises `DiskFault`."""
    if ready.void is not None:
        safety.void(ready.void)
    if ready.reset is not None:
        # From here on the log cannot bring back what the ledger may still lose.
        ledger.sync()
        log.reset(ready.reset)
    if ready.persist:
        log.truncate_suffix(ready.persist[0].index - 1)
        log.append(ready.persist)
    log.sync()
    safety.keep(ready.term, ready.vote, ready.acknowledged)
