"""A proven journey as people read it: word for word, with its signers, units, and what is wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.output import Output
from cli.timeline import show_journey
from client.journey import READINGS, Clock, Entry, Known, More, timeline
from client.names import unnamed
from client.verified import VerifiedProof
from client.verify import verify_proof
from ledger.modules.registry.messages import Metric
from ledger.modules.trace import messages as m
from ledger.proof import prove_journey
from tests.proof.kept import Kept
from tests.trace.world import BERRY, KG, PUNNET, SITE, World

GOLDEN = Path(__file__).with_name("timeline.txt")
TRUCK_DEVICES = ("device:cold", "device:gps")
CHINA = timezone(timedelta(hours=8), "CST")
COLD = More(
    {"device:cold": ("冷链记录仪", "Cold-chain logger")},
    {("cold", "temperature"): Metric("temperature", "CEL", -2, -4_000, 8_500)},
)


def proven(world: Kept, subject: str) -> VerifiedProof:
    return verify_proof(prove_journey(world.keep(), subject=subject), world.genesis.raw)


def rowless(verified: VerifiedProof) -> VerifiedProof:
    """The proof as if it held no rows of the truck's devices."""
    sections = {subject: each for subject, each in verified.sections.items() if subject not in TRUCK_DEVICES}
    return replace(verified, sections=sections)


def lines(verified: VerifiedProof, genesis: bytes, more: More | None = None) -> list[Entry]:
    return timeline(verified, Known(verified, genesis, more), Clock())


def find(entries: list[Entry], tag: str) -> Entry:
    return next(entry for entry in entries if entry.tag == tag)


def page(verified: VerifiedProof, genesis: bytes, more: More | None = None) -> tuple[str, list[dict[str, Any]]]:
    out = Output(as_json=False)
    out.console = Console(file=StringIO(), width=100, highlight=False, soft_wrap=True)
    shown = show_journey(out, verified, genesis, CHINA, more)
    assert isinstance(out.console.file, StringIO)
    return out.console.file.getvalue(), shown


def test_the_page_is_word_for_word_the_golden_one(told: tuple[Kept, str], pytestconfig: pytest.Config) -> None:
    world, pack = told
    text, _ = page(rowless(proven(world, f"lot:{pack}")), world.genesis.raw, COLD)
    if pytestconfig.getoption("--rewrite"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")
    assert "\x1b" not in text, "colours on what is no terminal"
    assert all(line == line.rstrip() for line in text.splitlines())


def test_every_record_is_told_once_and_in_order(told: tuple[Kept, str]) -> None:
    world, pack = told
    verified = proven(world, f"lot:{pack}")
    entries = lines(verified, world.genesis.raw)
    assert [entry.until_ms for entry in entries] == sorted(entry.until_ms for entry in entries)
    assert sum(entry.records for entry in entries) == len(verified.records)
    for entry in entries:
        assert not set("{}[]—") & set(entry.zh + entry.en), entry
        assert entry.tag not in entry.en, "an action that has no sentence"
    _, shown = page(verified, world.genesis.raw)
    assert sum(line["records"] for line in shown) == len(verified.records)


def test_signers_are_known_by_their_keys_and_by_what_they_signed(told: tuple[Kept, str]) -> None:
    world, pack = told
    verified = proven(world, f"lot:{pack}")
    genesis = world.genesis.raw
    entries = lines(verified, genesis)
    assert [(each.tag, each.who) for each in entries if each.tag in ("trace.ship", "trace.receive")] == [
        ("trace.ship", "organisation:farm"),
        ("trace.receive", "organisation:hub"),
        ("trace.ship", "organisation:hub"),
        ("trace.receive", "organisation:shop"),
    ]
    keyless = json.loads(genesis)
    for organisation in keyless["organisations"]:
        organisation["keys"] = []
    by_rule = Known(verified, json.dumps(keyless).encode())
    for record in verified.records:
        if record.tag.startswith("trace.") and record.tag != READINGS:
            assert by_rule.who(record) == Known(verified, genesis).who(record) != "", record.tag


def test_scales_come_from_the_proof_or_from_elsewhere_and_are_never_guessed(told: tuple[Kept, str]) -> None:
    world, pack = told
    verified = rowless(proven(world, f"lot:{pack}"))
    [without] = [each for each in lines(verified, world.genesis.raw) if each.who == "device:cold"]
    assert "500" not in without.zh + without.en
    assert "scale not in the proof" in without.en
    [ride] = [each for each in lines(verified, world.genesis.raw, COLD) if each.who == "device:cold"]
    assert ride.en == "Cold-chain logger: temperature 5.00–12.00°C (mean 9.67), 60 readings"
    [flag] = ride.flags
    assert flag.serious
    assert "worst 12°C, 40 min in all" in flag.en
    assert "累计 40 分钟" in flag.zh


def test_only_what_neither_proof_nor_genesis_names_is_asked_for(told: tuple[Kept, str]) -> None:
    world, pack = told
    verified = rowless(proven(world, f"lot:{pack}"))
    assert set(unnamed(verified, world.genesis.raw)) == {
        *TRUCK_DEVICES,
        f"site:{SITE}",
        f"product:{BERRY}",
        f"product:{PUNNET}",
    }


def sprayed(world: World) -> None:
    world.accept("farm", m.RecordOperation("planting:berry-2026", "spray", world.now, "多杀霉素", "PD1", "20 ml", 3))
    world.harvest("B1", 10)


def failed(world: World) -> None:
    result = m.TestResult("Pb", "GB 5009.12", 2, -1, "mg/kg", 1, passed=False)
    lot = world.harvest("B1", 10)
    world.accept("lab", m.Inspect(f"lot:{lot}", "fail", world.now, (result,)))


def short(world: World) -> None:
    goods = (m.Portion(world.harvest("B1", 10), 4 * KG),)
    world.accept("farm", m.Ship("short-1", "hub", world.now, lots=goods))
    world.accept("hub", m.Receive("short-1", world.now, (m.Portion(goods[0].lot, KG),)))


def refused(world: World) -> None:
    goods = (m.Portion(world.harvest("B1", 10), 4 * KG),)
    world.accept("farm", m.Ship("back-1", "hub", world.now, lots=goods))
    world.accept("hub", m.RefuseShipment("back-1", world.now, "压伤 / bruised"))


def recalled(world: World) -> None:
    lot = world.harvest("B1", 10)
    world.accept("farm", m.Recall((lot,), "农残超标", "residue above the limit"))


def destroyed(world: World) -> None:
    lot = world.harvest("B1", 10)
    world.accept("farm", m.Destroy(lot, 3 * KG, world.now, "霉变 / mould"))


@pytest.mark.parametrize(
    ("life", "said"),
    [
        (
            sprayed,
            ("lot B1 was harvested within the safety interval of PD1 (until", "批次 B1 在 PD1 的安全间隔期内采收"),
        ),
        (failed, ("lot B1 failed the test", "Pb 0.2 mg/kg（限值 0.1，不合格）")),
        (short, ("Received lot B1 4 kg from farm (note short-1); short of lot B1 1 kg", "批次 B1 短少 1 kg")),
        (refused, ("Refused or withdrawn lot B1 4 kg, back to farm (note back-1): 压伤 / bruised", "退回 机构farm")),
        (recalled, ("lot B1 recalled: residue above the limit", "已召回，请勿食用")),
        (destroyed, ("3 kg of lot B1 destroyed: 霉变 / mould", "销毁 批次 B1 3 kg：霉变 / mould")),
    ],
)
def test_what_goes_wrong_is_said(life: Callable[[World], None], said: tuple[str, ...], kept: Kept) -> None:
    life(kept)
    [lot] = [key.removeprefix(b"trace/lot/").decode() for key in kept.rows("lot/") if key.endswith(b"/B1")]
    text, _ = page(proven(kept, f"lot:{lot}"), kept.genesis.raw)
    flowing = "".join(text.split())
    for words in said:
        assert "".join(words.split()) in flowing, text


def test_an_action_of_a_later_version_is_told_by_its_tag(told: tuple[Kept, str]) -> None:
    world, pack = told
    verified = proven(world, f"lot:{pack}")
    [first, *_] = [record for record in verified.records if record.tag == "trace.harvest"]
    unknown = replace(first, action=["trace.freeze", "A1", 7, b"\x01"], details=[["frozen", 1]])
    hostile = replace(first, action=["trace.freeze", "\x1b[2J\n[red]gone[/]"], details=[])
    [entry] = lines(replace(verified, records=(unknown,)), world.genesis.raw)
    text, _ = page(replace(verified, records=(hostile,)), world.genesis.raw)
    assert "1=?[2J?[red]gone[/]" in text
    assert (entry.zh, entry.en) == ("trace.freeze：1=A1, 2=7, 3=01", "trace.freeze: 1=A1, 2=7, 3=01")
    assert entry.time_ms == first.time_ms
