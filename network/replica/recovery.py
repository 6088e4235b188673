"""What a validator starts from: log, safety file and ledger brought into agreement (`consensus.recovery` decides)."""

from consensus.entry import Tip, first_tip
from consensus.member import Voters
from consensus.recovery import Found, plan
from consensus.safety import Mark
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.genesis import Genesis
from network.replica.finality import Ledger


def recover(genesis: Genesis, id: str, log: DurableLog, safety: SafetyFile, ledger: Ledger) -> tuple[Tip, Voters]:
    """The place in the log and the voters that the ledger stands at; the log is made to hold that place.

    Raises `ConsensusFault` when the parts do not fit together.
    """
    at = ledger.snapshot.position
    if at is None:
        tip, voters = first_tip(genesis.chain_id), Voters(tuple(sorted(each.id for each in genesis.file.validators)))
    else:
        tip, voters = Tip(at.term, at.index, at.digest), Voters(tuple(at.voters), tuple(at.outgoing))
    found = Found(
        base=Mark(log.base.term, log.base.index),
        last=Mark(log.tip.term, log.tip.index),
        promises=safety.promises,
        height=ledger.head.height,
        position=tip,
        logged=log.tip_at(tip.index),
    )
    steps = plan(found, sole=voters.everyone == (id,))
    if steps.reset is not None:
        # A killed process may have left the ledger's last blocks in memory alone, and the log is to begin behind them.
        ledger.sync()
        log.reset(steps.reset)
        log.sync()
    return tip, voters
