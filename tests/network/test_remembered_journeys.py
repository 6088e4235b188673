"""Journeys answered from memory are those worked out afresh: at every height, for every lot, by whoever asks late."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linxin.v1 import provenance_pb2

from client.verify import verify_proof
from ledger.block import Head, decode_leaf
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.errors import UnknownKey
from ledger.modules.registry.messages import AddKey
from ledger.modules.trace import messages as m
from ledger.modules.trace.state import lots
from ledger.proof import prove_journey
from ledger.proof.leaves import LEAF_OVERHEAD, Leaves
from ledger.proof.remembered import Remembered
from ledger.storage.level import LevelStore
from ledger.storage.port import Snapshot
from network.chain import Chain
from network.journals import Journals, KnownJourneys
from network.services.journeys import Journeys
from network.services.provenance import ANSWERS_BYTES_MAX, Answers
from network.services.records import Records, Remembrance, context_at
from tests.proof.kept import NAME, Kept, kept_world, tell_kept_story
from tests.registry.chain import key_of
from tests.trace.world import HOUR_MS, MINUTE_MS


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kept, str]]:
    """A told story whose truck, soil and lots live on after the goods have left them."""
    with kept_world(tmp_path_factory.mktemp("remembered") / "ledger") as world:
        pack = tell_kept_story(world)
        for number in range(1, 6):
            world.wait(HOUR_MS)
            assert world.read("cold", number, world.now - 20 * MINUTE_MS, 400, 400).code == 0
            assert world.read("soil", number, world.now - 20 * MINUTE_MS, 1500).code == 0
            world.accept("lab", m.Inspect(f"lot:{pack}", "pass", world.now))
        world.keep()
        yield world, pack


def heights(world: Kept, path: Path) -> Iterator[Snapshot]:
    """The chain again, block by block."""
    store = LevelStore.open(path, world.genesis.chain_id, world.genesis.head())
    for block in world.blocks:
        note = assemble_note(block.text, [cosign(world.key, NAME, block.text, block.time_ms // 1000)])
        store.write(block, note)
        yield store.snapshot()
    store.close()


def names_of(snapshot: Snapshot, world: Kept) -> list[str]:
    context = context_at(snapshot, world.genesis)
    return [f"lot:{key}" for key, _ in lots.scan(context)] + ["vehicle:truck-1", "plot:tunnel-1"]


def test_what_is_remembered_is_what_would_be_found_afresh(story: tuple[Kept, str], tmp_path: Path) -> None:
    world, pack = story
    leaves, known, past = Leaves(1 << 20), KnownJourneys(1 << 20), list[tuple[Snapshot, dict[str, Any]]]()
    for snapshot in heights(world, tmp_path / "again"):
        here = {}
        for name in filter(snapshot.journal_size, names_of(snapshot, world)):
            journey = here[name] = Journals(snapshot, leaves=leaves).known_journey(name, known)
            assert journey == Journals(snapshot).journey(name), (snapshot.head.height, name)
            proof = prove_journey(snapshot, subject=name, runs=journey.runs, leaves=leaves)
            assert proof == prove_journey(snapshot, subject=name)
        past.append((snapshot, here))
        before, then = past[-3:][0]
        for name, journey in then.items():
            assert Journals(before, leaves=leaves).known_journey(name, known) == journey, "one who asks late"
    assert f"lot:{pack}" in past[-1][1]


def test_a_journey_nothing_has_joined_is_not_worked_out_again(
    story: tuple[Kept, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, pack = story
    snapshot, known = world.keep(), KnownJourneys(1 << 20)
    first = Journals(snapshot).known_journey(f"lot:{pack}", known)
    monkeypatch.setattr("network.journals.closure", lambda *_: pytest.fail("worked out again"))
    assert Journals(snapshot).known_journey(f"lot:{pack}", known) is first


def test_who_asks_under_an_earlier_head_is_not_shown_what_came_later(story: tuple[Kept, str]) -> None:
    world, pack = story
    truck_until_ms = Journals(world.keep()).journey(f"lot:{pack}").bounds["vehicle:truck-1"][1]
    assert truck_until_ms is not None
    world.wait(truck_until_ms - world.now - 3_000)
    earlier = world.keep()
    assert world.read("cold", 50, world.now - 20 * MINUTE_MS, 400).code == 0
    world.wait(10_000)
    later, known = world.keep(), KnownJourneys(1 << 20)
    seen = [Journals(snapshot).known_journey(f"lot:{pack}", known) for snapshot in (later, earlier, later)]
    assert seen[1] == Journals(earlier).journey(f"lot:{pack}")
    assert seen[0] is seen[2]
    assert len(seen[1].indices) + 1 == len(seen[0].indices)


def test_a_reply_from_memory_is_the_reply(story: tuple[Kept, str]) -> None:
    world, pack = story
    snapshot, shared = world.keep(), Remembrance(1 << 20)
    row = lots.get(world.context(), pack)
    assert row is not None

    def reply(remembered: Remembrance) -> provenance_pb2.GetJourneyResponse:
        journeys = Journeys(snapshot, world.genesis, world.registry, remembered)
        return provenance_pb2.GetJourneyResponse.FromString(journeys.reply(f"lot:{pack}", row.code, include_proof=True))

    cold, warm = reply(shared), reply(shared)
    assert cold == warm == reply(Remembrance(0))
    assert len(cold.records) > 20
    verify_proof(warm.proof, world.genesis.raw)


def test_an_answer_serves_until_the_next_block(story: tuple[Kept, str], tmp_path: Path) -> None:
    world, pack = story
    store = LevelStore.open(tmp_path / "answers", world.genesis.chain_id, world.genesis.head())
    chain = Chain(store, "node", 4)
    answers, asked = Answers(chain), (f"lot:{pack}", "", True)
    for number, block in enumerate(world.blocks[:6]):
        before = chain.snapshot
        note = assemble_note(block.text, [cosign(world.key, NAME, block.text, block.time_ms // 1000)])
        chain.advance(block, note, sync=False)
        assert answers.get(chain.snapshot, asked) is None
        answers.put(before, asked, b"late")
        assert answers.get(chain.snapshot, asked) is None, "an answer of an older height"
        answers.put(chain.snapshot, asked, bytes([number]))
        answers.put(chain.snapshot, ("lot:other", "", True), bytes(ANSWERS_BYTES_MAX))
        assert answers.get(chain.snapshot, asked) == bytes([number])
        assert answers.get(chain.snapshot, ("lot:other", "", True)) is None, "beyond the bound"
        assert answers.get(chain.snapshot, (f"lot:{pack}", "", False)) is None
        assert answers.get(before, asked) is None
    store.close()


def test_a_record_names_its_signer_once_the_key_is_known(tmp_path: Path) -> None:
    with kept_world(tmp_path / "ledger") as world:
        stranger, remembered = key_of("stranger"), Remembrance(1 << 20)
        assert world.do(stranger, m.RegisterPlot("p-9", "九号", "Nine", 10)).code == UnknownKey.number
        before = world.keep()
        index = next(n for n, raw in enumerate(world.leaves) if decode_leaf(raw).outcome[2] == UnknownKey.number)

        def read(snapshot: Snapshot) -> provenance_pb2.Record:
            records = Records(snapshot, world.genesis, world.registry, remembered.described)
            part = records.part(index, lambda at: decode_leaf(snapshot.leaf(at)))
            return provenance_pb2.GetJourneyResponse.FromString(part).records[0]

        assert read(before).organisation == ""
        world.accept("farm", AddKey("organisation:farm", world.new_key(stranger, "organisation:farm")))
        assert (read(world.keep()).organisation, read(before).organisation) == ("farm", "")


def test_memory_is_bounded_and_keeps_what_is_asked_for() -> None:
    kept: Remembered[int, int] = Remembered(1_000)
    for number in range(10_000):
        kept.put(number, number, 10)
        assert kept.get(0) == 0, "asked for all the time"
    assert [kept.get(number) for number in range(9_960, 10_000)] == list(range(9_960, 10_000)), "and the newest"
    assert all(kept.get(number) is None for number in range(1, 9_900))


def test_leaves_are_read_once_while_there_is_room() -> None:
    class Log:
        head: Head
        reads = 0

        def leaf(self, index: int) -> bytes:
            self.reads += 1
            return bytes([0x95, 0, 0xC4, 0, 0xC4, 0, 0x94, 1, index, 0, 0x90, 0x90])

    log: Any = Log()
    leaves = Leaves(20 * (LEAF_OVERHEAD + 12))
    for _ in range(3):
        assert [leaves.at(log, index).named.time_ms for index in range(10)] == list(range(10))
    assert log.reads == 10
    for index in range(100):
        leaves.at(log, index)
    assert 100 <= log.reads <= 110
