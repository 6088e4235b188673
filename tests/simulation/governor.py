"""The organisations that run the validators: they add, promote, replace and remove machines by governance.

One change at a time, as the rules demand. Each step looks at the longest certified chain and hands in the transaction
that is missing: a proposal, or somebody's vote. A change that does not come through in time is given up.
"""

from typing import TYPE_CHECKING

from ledger.crypto.signing import SigningKey
from ledger.module import Action
from ledger.modules.governance.messages import (
    Change,
    ProposeLearner,
    ProposePromotion,
    ProposeRemoval,
    ProposeReplacement,
    Vote,
    validator_subject,
)
from ledger.modules.governance.state import (
    Proposal,
    ValidatorRecord,
    in_force,
    proposals,
    set_key,
    sets,
    validator_records,
)
from ledger.modules.registry.messages import possession_message
from ledger.transaction import make_transaction
from tests.simulation.kernel import MILLISECOND, SECOND, START_MS
from tests.simulation.setup import liars_max
from tests.simulation.world import key_of

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster
    from tests.simulation.store import Contents

STEP_US = 250 * MILLISECOND
PATIENCE_US = 20 * SECOND
VALIDATORS_MAX = 7
VALIDATORS_LEAST = 3


class Governor:
    """Carries out what the plan wants of the members, one after another."""

    def __init__(self, cluster: "Cluster") -> None:
        self.cluster = cluster
        self._chance = cluster.kernel.stream("governor")
        self._wanted: list[str] = []
        self._current: Change | None = None
        self._until_us = 0
        self._made = 0
        self._is_running = False
        self.completed = 0

    def want(self, what: str) -> str:
        """Queue a change; says so for the story."""
        self._wanted.append(what)
        if not self._is_running:
            self._is_running = True
            self._step()
        return f"members are asked to {what}"

    def _chain(self) -> "Contents":
        stores = [machine.store.contents for machine in self.cluster.machines.values()]
        return max(stores, key=lambda contents: contents.head.height)

    def records(self) -> dict[str, ValidatorRecord]:
        """Everybody whom the longest certified chain knows."""
        chain = self._chain()
        return validator_records(chain) if chain.head.height else {}

    def retired(self) -> set[str]:
        """Those who were removed."""
        return {name for name, record in self.records().items() if record.status == "retired"}

    @property
    def is_idle(self) -> bool:
        """Whether nothing is wanted any more."""
        return not self._is_running

    def sets(self) -> list[set[str]]:
        """The voters in force and, if one is decided on, the set that takes over; before the first block, everyone."""
        chain = self._chain()
        raw = chain.get(in_force.prefix)
        if raw is None:
            return [set(self.cluster.machines)]
        row = in_force.decode(raw, None).value
        keys = [set_key(height).encode() for height in (row.set_height, row.next_set_height) if height]
        return [set(sets.decode(chain.values[sets.prefix + key], None).value.ids()) for key in keys]

    @property
    def leaving(self) -> list[str]:
        """Who is in the set in force and not in the one that takes over."""
        now, *after = self.sets()
        return sorted(now - after[0]) if after else []

    @property
    def is_handing_over(self) -> bool:
        """Whether a removal is decided and has not taken hold yet."""
        return bool(self.leaving)

    def _step(self) -> None:
        kernel = self.cluster.kernel
        records = self.records()
        if self._current is None and self._wanted and records:
            chosen = self._choose(self._wanted.pop(0), records)
            self._current = chosen if chosen is not None and self._is_wise(chosen) else None
            self._until_us = kernel.now + PATIENCE_US
        elif self._current is not None and (kernel.now > self._until_us or self._is_done(records)):
            if self._is_done(records):
                self.completed += 1
                kernel.note("MEMBERS", f"done: {_name(self._current)}")
            self._current = None
        elif self._current is not None:
            self._pursue(self._current, records)
        self._start_new_machines(records)
        self._is_running = self._current is not None or bool(self._wanted)
        if self._is_running:
            kernel.after(STEP_US, self._step)

    def _choose(self, what: str, records: dict[str, ValidatorRecord]) -> Change | None:
        """A change of that kind which makes sense now."""
        learners = [name for name, record in records.items() if record.status == "learner"]
        voters = [name for name, record in records.items() if record.status == "validator"]
        removable = [name for name in voters if name not in self.cluster.setup.liars]
        if what == "add" or (what in ("promote", "replace", "rotate") and not learners):
            if what != "add":
                self._wanted.insert(0, what)
            return self._new_learner(records, voters)
        if what == "promote":
            return ProposePromotion(self._chance.choice(learners)) if len(voters) < VALIDATORS_MAX else None
        if what in ("replace", "rotate"):
            return ProposeReplacement(self._chance.choice(removable), self._chance.choice(learners))
        fewer = len(voters) - 1
        if fewer < VALIDATORS_LEAST or liars_max(fewer) < len(self.cluster.setup.liars):
            return None
        return ProposeRemoval(self._chance.choice(removable))

    def _is_wise(self, change: Change) -> bool:
        """Whether the set that comes of it has a quorum of machines that are sound: operators look before they vote."""
        voters = self.sets()[-1]
        match change:
            case ProposePromotion(learner):
                return self.cluster.is_sound(voters | {learner})
            case ProposeReplacement(validator, learner):
                return self.cluster.is_sound(voters - {validator} | {learner})
            case ProposeRemoval(validator):
                return self.cluster.is_sound(voters - {validator})
            case _:
                return True

    def _new_learner(self, records: dict[str, ValidatorRecord], voters: list[str]) -> Change | None:
        name = f"v{len(records) + 1}"
        if len(records) >= VALIDATORS_MAX + 2:
            return None
        key = key_of(name)
        message = possession_message(self.cluster.genesis.chain_id, validator_subject(name))
        organisation = records[self._chance.choice(voters)].organisation
        return ProposeLearner(name, organisation, key.public_key, key.sign(message))

    def _is_done(self, records: dict[str, ValidatorRecord]) -> bool:
        match self._current:
            case ProposeLearner(name):
                return name in records
            case ProposePromotion(name) | ProposeReplacement(_, name):
                return name in records and records[name].status == "validator"
            case ProposeRemoval(name):
                return name in records and records[name].status == "retired"
            case _:
                return False

    def _pursue(self, change: Change, records: dict[str, ValidatorRecord]) -> None:
        """Hand in what is missing for it."""
        voters = sorted({record.organisation for record in records.values() if record.status == "validator"})
        found = self._open_proposal(change)
        if found is None:
            self._hand_in(change, voters[0])
            return
        number, proposal = found
        said = {organisation for organisation, _ in proposal.votes}
        for organisation in voters:
            if organisation not in said:
                self._hand_in(Vote(number, approve=True), organisation)

    def _open_proposal(self, change: Change) -> tuple[int, Proposal] | None:
        chain = self._chain()
        for key, raw in chain.scan(proposals.prefix, b""):
            proposal: Proposal = proposals.decode(raw, None).value
            if proposal.change == change and proposal.status in ("open", "passed"):
                return int(key.rpartition(b"/")[2]), proposal
        return None

    def _hand_in(self, action: Action, organisation: str) -> None:
        """To any validator; whether it gets through is seen on the chain."""
        self._made += 1
        cluster = self.cluster
        now_ms = START_MS + cluster.kernel.now // MILLISECOND
        nonce = b"governor" + self._made.to_bytes(8, "big")
        key: SigningKey = key_of(organisation)
        raw = make_transaction(key, cluster.genesis.chain_id, action, nonce, now_ms + 3_600_000)
        cluster.submit(self._chance.choice(cluster.doors()), raw, lambda answer: None)

    def _start_new_machines(self, records: dict[str, ValidatorRecord]) -> None:
        """Whoever the ledger knows gets a machine."""
        for name in records:
            if name not in self.cluster.machines:
                self.cluster.add_machine(name).start()


def _name(change: Change | None) -> str:
    """A change in few words."""
    match change:
        case ProposeLearner(name):
            return f"{name} is a learner"
        case ProposePromotion(name):
            return f"{name} is a validator"
        case ProposeReplacement(old, new):
            return f"{new} takes the place of {old}"
        case ProposeRemoval(name):
            return f"{name} is removed"
        case _:
            return "nothing"
