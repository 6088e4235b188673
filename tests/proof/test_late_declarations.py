"""What is said about readings long after the goods are gone still reaches whoever asks for their journey."""

from pathlib import Path

from client.journey import Clock, Known, timeline
from client.verify import verify_journey
from ledger.modules.trace import messages as m
from ledger.proof import prove_journey
from tests.proof.kept import Kept, kept_world
from tests.proof.test_mutations import standalone_verdict
from tests.trace.test_journey import tell_story
from tests.trace.world import DAY_MS


def doubts(world: Kept, subject: str) -> set[str]:
    """The English words by which a journey says that readings were declared wrong."""
    proof = prove_journey(world.keep(), subject=subject)
    assert standalone_verdict(proof, world.genesis.raw) == ""
    verified = verify_journey(proof, world.genesis.raw, subject=subject)
    known = Known(verified, world.genesis.raw)
    flags = (flag for entry in timeline(verified, known, Clock()) for flag in entry.flags)
    return {flag.en for flag in flags if flag.event == "declared_wrong"}


def test_readings_declared_wrong_after_a_month_are_marked_in_the_journey(tmp_path: Path) -> None:
    with kept_world(tmp_path) as world:
        subject = f"lot:{tell_story(world)}"
        assert doubts(world, subject) == set()
        world.wait(30 * DAY_MS)
        world.accept("hub", m.DeclareReadingsError("gps", 0, 0, "incorrect_data", "天线脱落"))
        (said,) = doubts(world, subject)
        assert "records 0 to 0" in said
