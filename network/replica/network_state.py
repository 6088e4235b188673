"""What the certified ledger says of the network itself: its validators, parameters, and what is under way."""

from collections.abc import Mapping

from ledger.genesis import Genesis
from ledger.modules.governance.state import (
    ValidatorRecord,
    effective_parameters,
    pending_change,
    validator_records,
)
from ledger.timers import is_timer_due
from network.replica.finality import Ledger

ANY_HEIGHT = 1 << 62
"""Above every height."""


def genesis_records(genesis: Genesis) -> dict[str, ValidatorRecord]:
    """The validators before there is a block: those of the genesis file."""
    return {
        each.id: ValidatorRecord(each.organisation, bytes.fromhex(each.public_key), each.address, "validator", 0, 1)
        for each in genesis.file.validators
    }


class NetworkState:
    """A reading of governance's tables and of timers, made anew by `refresh` when a block has become final since."""

    def __init__(self, genesis: Genesis, ledger: Ledger) -> None:
        self._genesis = genesis
        self._ledger = ledger
        self.height = -1
        self.records: Mapping[str, ValidatorRecord] = {}
        self.parameters: Mapping[str, int] = genesis.parameters
        self.is_changing = False
        self.is_timer_due = False
        """Whether the newest final block had no room for all timers that were due."""
        self.refresh()

    def refresh(self) -> None:
        """Read what the newest final block says."""
        height = self._ledger.head.height
        if height == self.height:
            return
        self.height = height
        reader = self._ledger.snapshot
        self.records = validator_records(reader) if height else genesis_records(self._genesis)
        self.parameters = effective_parameters(reader, self._genesis)
        self.is_changing = pending_change(reader) is not None
        self.is_timer_due = is_timer_due(reader, self._ledger.head.time_ms)

    def public_key(self, id: str) -> bytes | None:
        """The ledger key of a validator or learner, present or past."""
        record = self.records.get(id)
        return None if record is None else record.public_key

    def others(self, id: str) -> Mapping[str, ValidatorRecord]:
        """Everybody but `id`."""
        return {other: record for other, record in self.records.items() if other != id}

    def last_height_for(self, id: str) -> int:
        """Up to which height somebody may have whole blocks: who was removed, up to its last one."""
        record = self.records.get(id)
        if record is None:
            return 0
        return ANY_HEIGHT if record.retired_height is None else record.retired_height
