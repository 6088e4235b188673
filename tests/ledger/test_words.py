"""Every declared action, timer, event and subject has words in both languages, and sentences name real fields."""

import ast
import re
from pathlib import Path

import pytest

from ledger.execute import GENESIS_EFFECT, HANDOVER_EFFECT
from ledger.module import Registry, tag_of
from ledger.modules import catalogue
from ledger.words import ActionWords, EventWords, Vocabulary, join

MODULES = Path(catalogue.__file__).parent
ADDED = {
    "trace.harvest": {"lot", "goods"},
    "trace.pack_unit": {"each"},
    "trace.receive": {"shipper", "units", "lots"},
    "trace.refuse_shipment": {"shipper", "units", "lots"},
}
"""Places that a client fills from elsewhere in the proof."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return catalogue.network_registry()


def raised_events() -> dict[str, int]:
    """Events that rules raise, by name, and with how many fields."""
    return {
        call.args[0].value: len(call.args) - 1
        for path in sorted(MODULES.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "event"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_every_action_and_timer_has_a_title(registry: Registry) -> None:
    tags = {tag_of(action) for action in registry.rules} | {tag_of(timer) for timer in registry.timers}
    assert registry.words.actions.keys() == tags | {GENESIS_EFFECT, HANDOVER_EFFECT}
    for tag, words in registry.words.actions.items():
        for zh, en in filter(None, words):
            assert CHINESE.search(zh), tag
            assert en, tag
            assert not CHINESE.search(en), tag
    assert registry.words.title("trace.harvest") == ("采收", "Harvested")
    assert registry.words.title("future.kind") == ("future.kind", "future.kind")


def test_sentences_use_the_fields_there_are_alike_in_both_languages(registry: Registry) -> None:
    kinds = dict(registry.actions) | {tag_of(timer): timer for timer in registry.timers}
    for tag, (_, sentence) in registry.words.actions.items():
        if sentence is None:
            continue
        action = kinds.get(tag)
        fields = set(action.__struct_fields__ if action else ()) | ADDED.get(tag, set())
        zh, en = (set(PLACE.findall(text)) for text in sentence)
        assert zh | en <= fields, tag
        assert {place.removesuffix("_zh") for place in zh} == {place.removesuffix("_en") for place in en}, tag


def test_every_event_has_words_for_fields_that_it_has(registry: Registry) -> None:
    raised = raised_events()
    assert len(raised) > 10
    assert registry.words.events.keys() == raised.keys()
    for name, (_, says) in registry.words.events.items():
        for text in says:
            assert all(int(place) < raised[name] for place in PLACE.findall(text)), name
        assert set(PLACE.findall(says[0])) == set(PLACE.findall(says[1])), name


def test_every_type_of_subject_has_a_name(registry: Registry) -> None:
    tables = {
        keyword.value.value
        for path in sorted(MODULES.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "subject" and isinstance(keyword.value, ast.Constant)
    }
    assert registry.words.subjects.keys() == tables


def test_vocabularies_are_joined() -> None:
    one = Vocabulary(actions={"a.b": ActionWords(("甲", "a"))})
    two = Vocabulary(events={"e": EventWords("fact", ("事", "e"))}, values={"v": ("值", "v")})
    both = join([one, two])
    assert (both.actions, both.events, both.values) == (one.actions, two.events, two.values)
