"""Who votes: the configuration, and how a change of it is written (dissertation chapter 4; joint consensus §4.3)."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class Transition(StrEnum):
    """How to get to the new configuration."""

    AUTO = "auto"
    """One voter at a time goes directly; more go through a joint configuration that the leader leaves by itself."""

    JOINT_IMPLICIT = "implicit"
    """Joint in any case; the leader leaves it by itself once the entering entry is applied."""

    JOINT_EXPLICIT = "explicit"
    """Joint in any case; left by a further, empty change."""


class Operation(StrEnum):
    """What happens to one node."""

    ADD_VOTER = "v"
    ADD_LEARNER = "l"
    REMOVE = "r"
    UPDATE = "u"
    """Nothing, for the core."""


class Change(Struct, frozen=True):
    """One step of a configuration change. An empty id changes nothing."""

    operation: Operation
    id: str


class ConfChange(Struct, frozen=True):
    """A change of the configuration. Without any step and with transition AUTO it leaves the joint configuration."""

    changes: tuple[Change, ...] = ()
    transition: Transition = Transition.AUTO

    @property
    def leaves_joint(self) -> bool:
        """Whether this is the change that leaves a joint configuration."""
        return not self.changes and self.transition is Transition.AUTO

    @property
    def enters_joint(self) -> bool:
        """Whether this change goes through a joint configuration."""
        return self.transition is not Transition.AUTO or len(self.changes) > 1

    @property
    def auto_leave(self) -> bool:
        """Whether the leader leaves the joint configuration by itself."""
        return self.transition is not Transition.JOINT_EXPLICIT


class Configuration(Struct, frozen=True):
    """The members. Joint while `outgoing` is not empty: then each decision needs a quorum of both sets.

    `learners_next` are voters of `outgoing` that become learners when the joint configuration is left. `auto_leave`
    says that the leader leaves it by itself.
    """

    voters: frozenset[str] = frozenset()
    outgoing: frozenset[str] = frozenset()
    learners: frozenset[str] = frozenset()
    learners_next: frozenset[str] = frozenset()
    auto_leave: bool = False

    @property
    def is_joint(self) -> bool:
        """Whether two sets of voters decide."""
        return bool(self.outgoing)

    @property
    def all_voters(self) -> tuple[str, ...]:
        """The voters of both sets, sorted."""
        return tuple(sorted(self.voters | self.outgoing))

    @property
    def members(self) -> tuple[str, ...]:
        """Everyone the leader replicates to, sorted."""
        return tuple(sorted(self.voters | self.outgoing | self.learners | self.learners_next))


def configuration_of(voters: Iterable[str], outgoing: Iterable[str] = ()) -> Configuration:
    """A configuration of voters alone."""
    return Configuration(frozenset(voters), frozenset(outgoing))
