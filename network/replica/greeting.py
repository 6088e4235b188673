"""Who said what about whom at the start: a validator takes part only after enough others have told it the newest thing
it signed, so that one restored from a backup finds out before it signs again (DESIGN §4, "Durability").
"""

from collections.abc import Iterable

from consensus.recovery import check_newest
from consensus.safety import Promises
from ledger.block import Validator
from ledger.certificate import quorum
from ledger.crypto.checkpoint import (
    assemble_note,
    checkpoint_hash,
    parse_checkpoint,
    parse_note,
    verify_cosignature,
)
from ledger.crypto.encoding import Malformed


class Greeting:
    """What this validator knows of everybody's newest signature, and who has answered the same question about it."""

    def __init__(self, me: Validator, voters: Iterable[str], id: str) -> None:
        self._me = me
        self._id = id
        self._answered: set[str] = set()
        self._newest: dict[str, tuple[int, str]] = {}
        self.follow(voters)

    def follow(self, voters: Iterable[str]) -> None:
        """Others vote now: a node that begins far behind may find none of those there any more whom it knew."""
        self._others = set(voters) - {self._id}
        self._needed = quorum(len(self._others) + 1) - 1 if self._others else 0

    @property
    def is_over(self) -> bool:
        """Whether enough have answered: with this node they are a quorum."""
        return len(self._answered & self._others) >= self._needed

    @property
    def missing(self) -> list[str]:
        """Those who have not answered, if more of them must."""
        return [] if self.is_over else sorted(self._others - self._answered)

    def remember(self, note: str) -> None:
        """Cosignatures that are known to be good."""
        parsed = parse_note(note)
        height = parse_checkpoint(parsed.text).height
        lines = note[len(parsed.text) + 1 :].splitlines(keepends=True)
        for signature, line in zip(parsed.signatures, lines, strict=True):
            if self._newest.get(signature.name, (0, ""))[0] < height:
                self._newest[signature.name] = (height, assemble_note(parsed.text, [line]))

    def newest_of(self, name: str) -> str:
        """The newest checkpoint that a cosigner is known to have signed, with its signature; "" = none known."""
        return self._newest.get(name, (0, ""))[1]

    def answered(self, peer: str, note: str, promises: Promises) -> None:
        """A peer's answer. Raises `PromiseBroken` if it holds a signature of ours that our safety file cannot explain.

        Anything else than a signature of ours is ignored: nobody can make this node stop by lying.
        """
        self._answered.add(peer)
        if not note:
            return
        try:
            parsed = parse_note(note)
            checkpoint = parse_checkpoint(parsed.text)
        except Malformed:
            return
        for signature in parsed.signatures:
            mine = signature.name == self._me.name
            if mine and verify_cosignature(signature, self._me.public_key, parsed.text):
                check_newest(promises, checkpoint.height, checkpoint_hash(parsed.text))
