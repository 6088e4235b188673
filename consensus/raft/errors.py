"""Why the core did not take a message or proposal. The log has not changed then, and nobody needs to stop."""


class Refused(Exception):
    """The core's refusal of something from outside."""


class ProposalDropped(Refused):
    """There is no leader, leadership is being transferred, too much is uncommitted, or this node was removed."""

    def __init__(self) -> None:
        super().__init__("raft proposal dropped")


class LocalMessage(Refused):
    """A message that only the node itself may make came from outside."""

    def __init__(self) -> None:
        super().__init__("raft: cannot step raft local message")


class PeerUnknown(Refused):
    """An answer from somebody who is not a member."""

    def __init__(self) -> None:
        super().__init__("raft: cannot step as peer not found")


class Malformed(Refused):
    """An append whose entries do not follow one another: no honest leader sends it."""

    def __init__(self) -> None:
        super().__init__("raft: entries of an append do not follow one another")


class ChangeRefused(Refused):
    """A change does not fit the current configuration."""
