"""Deliberate faults in what is done when validators diverge, and when the clock of a leader is slow."""

from tests.simulation.mutant import Mutant

_SAFETY = "consensus.safety"
_RELEASE = "consensus.release"

DIVERGENCE = (
    Mutant(
        "signs-what-follows",
        "a mended validator signs what follows from a height at which it signed another text",
        "network.replica.finality",
        "if self._ledger.head.height < self._abstained_height:",
        "if self._abstained_height < 0:",
    ),
    Mutant(
        "withheld-for-ever",
        "what was not signed before others certified the height below is never signed afterwards",
        "network.replica.finality",
        "if block.height == self._abstained_height:",
        "if block.height < 0:",
    ),
    Mutant(
        "release-hides-a-text",
        "a validator is released although the release does not show all that it has signed",
        _SAFETY,
        "if (given.height, given.checkpoint_hash) not in shown:",
        "if given.height < 0:",
    ),
    Mutant(
        "release-of-any-round",
        "a release of an earlier round is applied after one of a later was signed",
        _SAFETY,
        "if old is not None and bound != old and (bound.height, bound.round) <= (old.height, old.round):",
        "if old is not None and bound.height < 0:",
    ),
    Mutant(
        "release-does-not-bind",
        "whoever was released signs any text, not the agreed one",
        _SAFETY,
        "if bound is not None and bound.height == height and bound.checkpoint_hash != wanted.checkpoint_hash:",
        "if bound is not None and bound.height < 0:",
    ),
    Mutant(
        "release-forgets",
        "what was signed is deleted and not marked as released",
        _SAFETY,
        "given = tuple(replace(each, is_released=True) if each in against else each for each in self.cosigned)",
        "given = tuple(each for each in self.cosigned if each not in against)",
    ),
    Mutant(
        "release-ignores-the-silent",
        "who has said nothing is taken not to have signed another text",
        _RELEASE,
        "return {rival: silent | {name",
        "return {rival: {name",
    ),
    Mutant(
        "release-by-fewer",
        "fewer than a quorum release",
        _RELEASE,
        "if len(self.signers) < needed:",
        "if not self.signers:",
    ),
    Mutant(
        "slow-leader-stays",
        "a leader whose clock is far behind the last block leads on",
        "network.replica.slow_clock",
        "return now_ms - self._since_ms >= PATIENCE_MS",
        "return False",
    ),
)
