"""What each kind of proposal needs, and what it does when it passes.

`check` is asked when something is proposed and again when it passes, since the network may have changed in between.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.certificate import quorum
from ledger.modules.governance import messages as m
from ledger.modules.governance import state as s
from ledger.modules.governance.errors import (
    LastValidator,
    NotInForce,
    NotLearner,
    ParameterFixed,
    ParameterOutOfBounds,
    ParameterUnchanged,
    ParameterUnknown,
    SetChangePending,
    TooManyValidators,
    UpgradeTooSoon,
    UpgradeVersion,
    ValidatorIdUsed,
    ValidatorRetired,
    ValidatorUnknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.context import Context
    from ledger.module import Bounds
    from ledger.modules.governance.ports import Keys, Organisations


class Changes:
    """Checks and makes changes. `bounds` are the parameters that may change, and how far."""

    def __init__(self, organisations: "Organisations", keys: "Keys", bounds: "Mapping[str, Bounds]") -> None:
        self._organisations = organisations
        self._keys = keys
        self._bounds = bounds

    def check(self, ctx: "Context", change: m.Change) -> None:
        """Raise the refusal that says why `change` cannot be made as things stand."""
        match change:
            case m.ProposeLearner():
                self._check_learner(ctx, change)
            case m.ProposeParameter():
                self._check_parameter(ctx, change)
            case m.ProposeUpgrade():
                _check_upgrade(ctx, change)
            case _:
                _next_ids(ctx, change)

    def make(self, ctx: "Context", change: m.Change, proposal: int) -> None:
        """Make the change that `proposal` was passed for. Requires `check` to have been silent just now.

        Raises `SetChangePending` where one change of the set is under way.
        """
        row = s.need_in_force(ctx)
        match change:
            case m.ProposeLearner():
                self._keys.reserve(ctx, m.validator_subject(change.validator), change.public_key)
                made = s.ValidatorRecord(change.organisation, change.public_key, change.address, "learner", ctx.height)
                s.validators.put(ctx, change.validator, made)
                ctx.event("learner_added", change.validator, change.organisation)
            case m.ProposeParameter():
                parameters = dict(sorted((row.parameters | {change.name: change.value}).items()))
                s.in_force.put(ctx, "", replace(row, parameters=parameters))
                ctx.event("parameter_changed", change.name, change.value)
            case m.ProposeUpgrade():
                version = row.version_at(ctx.height)
                s.in_force.put(ctx, "", replace(row, rules_version=version, upgrade=(change.version, change.height)))
                ctx.event("upgrade_decided", change.version, change.height)
            case _:
                ids = _next_ids(ctx, change)
                if ids is None:
                    assert isinstance(change, m.ProposeRemoval)
                    _retire(ctx, change.validator, ctx.height + 1)
                    ctx.event("learner_removed", change.validator)
                else:
                    _decide_set(ctx, row, ids, proposal)

    def _check_learner(self, ctx: "Context", change: m.ProposeLearner) -> None:
        ctx.require(not s.validators.has(ctx, change.validator), ValidatorIdUsed(change.validator))
        self._organisations.need(ctx, change.organisation)
        learners = sum(1 for _, row in s.all_validators(ctx) if row.status == "learner")
        ctx.require(learners < s.LEARNERS_MAX, TooManyValidators("learner", s.LEARNERS_MAX))
        self._keys.check_new(ctx, m.validator_subject(change.validator), change.public_key, change.possession)

    def _check_parameter(self, ctx: "Context", change: m.ProposeParameter) -> None:
        if change.name not in ctx.parameters:
            raise ParameterUnknown(change.name)
        if change.name not in self._bounds:
            raise ParameterFixed(change.name)
        least, greatest = self._bounds[change.name]
        if not least <= change.value <= greatest:
            raise ParameterOutOfBounds(change.name, change.value, least, greatest)
        row = s.need_in_force(ctx)
        now = row.parameters.get(change.name, ctx.parameters[change.name])
        ctx.require(change.value != now, ParameterUnchanged(change.name, change.value))


def _check_upgrade(ctx: "Context", change: m.ProposeUpgrade) -> None:
    expected = s.need_in_force(ctx).version_at(ctx.height) + 1
    ctx.require(change.version == expected, UpgradeVersion(change.version, expected))
    earliest = ctx.height + s.SET_DELAY
    ctx.require(change.height >= earliest, UpgradeTooSoon(change.height, earliest))


def _next_ids(ctx: "Context", change: m.ProposePromotion | m.ProposeReplacement | m.ProposeRemoval) -> set[str] | None:
    """The ids of the set after the change; None where a learner leaves and the set stays. Raises what forbids it."""
    ids = set(s.need_set(ctx, s.need_in_force(ctx).set_height).ids())
    match change:
        case m.ProposePromotion(learner):
            _need_learner(ctx, learner)
            ctx.require(len(ids) < s.VALIDATORS_MAX, TooManyValidators("validator", s.VALIDATORS_MAX))
            return ids | {learner}
        case m.ProposeReplacement(validator, learner):
            row = _need(ctx, validator)
            ctx.require(validator in ids, NotInForce(validator, row.status))
            _need_learner(ctx, learner)
            return ids - {validator} | {learner}
        case m.ProposeRemoval(validator):
            row = _need(ctx, validator)
            if row.status == "learner":
                _check_not_coming(ctx, validator)
                return None
            ctx.require(len(ids) > 1, LastValidator(validator))
            return ids - {validator}


def _need(ctx: "Context", validator: str) -> s.ValidatorRecord:
    """The record of one that is not retired."""
    row = s.validators.need(ctx, validator, ValidatorUnknown(validator))
    if row.retired_height is not None:
        raise ValidatorRetired(validator, row.retired_height)
    return row


def _need_learner(ctx: "Context", learner: str) -> None:
    row = _need(ctx, learner)
    ctx.require(row.status == "learner", NotLearner(learner, row.status))


def _check_not_coming(ctx: "Context", learner: str) -> None:
    """A learner on its way into the set cannot be taken from under it."""
    height = s.need_in_force(ctx).next_set_height
    if height and learner in s.need_set(ctx, height).ids():
        raise SetChangePending(height)


def _retire(ctx: "Context", validator: str, height: int) -> None:
    row = s.validators.get(ctx, validator)
    assert row is not None, validator
    s.validators.put(ctx, validator, replace(row, status="retired", retired_height=height))


def _decide_set(ctx: "Context", row: s.InForce, ids: set[str], proposal: int) -> None:
    """Write the set that takes over in `SET_DELAY` heights, and say what it will bear."""
    if row.next_set_height:
        raise SetChangePending(row.next_set_height)
    now = s.need_set(ctx, row.set_height)
    prefix = now.members[0][0].rpartition("/")[0]
    members = []
    for validator in ids:
        record = s.validators.get(ctx, validator)
        assert record is not None, validator
        members.append((f"{prefix}/{validator}", record.public_key))
    height = ctx.height + s.SET_DELAY
    s.sets.put(ctx, s.set_key(height), s.ValidatorSet(tuple(sorted(members)), proposal))
    s.in_force.put(ctx, "", replace(row, next_set_height=height))
    ctx.event("set_decided", height, len(now.members), len(members), quorum(len(members)))
    before, after = ((len(one) - 1) // 3 for one in (now.members, members))
    if after < before:
        ctx.event("tolerance_lowered", before, after)
    if after == 0:
        ctx.event("no_liar_tolerated", len(members))


def hand_over(ctx: "Context") -> None:
    """Make the decided set the one in force, in the block whose checkpoint names it. A rule of the ledger itself."""
    row = s.need_in_force(ctx)
    height = row.next_set_height
    assert height == ctx.height + 1, "the handover is executed one height before the set begins"
    before, after = s.need_set(ctx, row.set_height).ids(), s.need_set(ctx, height).ids()
    for validator in sorted(set(before) - set(after)):
        _retire(ctx, validator, height)
    for validator in sorted(set(after) - set(before)):
        record = s.validators.get(ctx, validator)
        assert record is not None, validator
        assert record.status == "learner", f"{validator} is {record.status}"
        s.validators.put(ctx, validator, replace(record, status="validator", first_height=height))
    s.in_force.put(ctx, "", replace(row, set_height=height, next_set_height=0))
    ctx.event("handed_over", height, ",".join(after))
