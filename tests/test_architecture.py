"""The architecture, enforced: imports, purity, size, docstrings, words; and that the rules themselves can complain."""

import tomllib

import pytest

from tests.architecture import imports, purity, style
from tests.architecture.source import ROOT, Source, load_sources, tracked_paths

TEXT_SUFFIXES = (".py", ".pyi", ".proto", ".toml", ".sh", ".md", ".json", ".txt", ".cfg", ".yml", "Makefile", ".ci/run")


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return imports.ours_only(load_sources(tracked_paths()))


def assert_none(complaints: list[str]) -> None:
    assert not complaints, "\n" + "\n".join(complaints)


def test_imports_follow_the_table(sources: list[Source]) -> None:
    assert_none(imports.check_rooms(sources))


def test_the_verifier_stands_alone(sources: list[Source]) -> None:
    assert_none(imports.check_verifier(sources))


def test_chain_modules_do_not_know_each_other(sources: list[Source]) -> None:
    assert_none(imports.check_modules_apart(sources))


def test_no_import_cycles(sources: list[Source]) -> None:
    assert_none(imports.check_cycles(sources))


def test_dependencies_are_declared_and_used(sources: list[Source]) -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    assert_none(imports.check_dependencies(sources, project["dependencies"], project["optional-dependencies"]))


def test_pure_rooms_are_pure(sources: list[Source]) -> None:
    assert any(purity.is_pure(source) for source in sources)
    assert_none(purity.check_purity(sources))


def test_no_float_reaches_the_state(sources: list[Source]) -> None:
    assert_none(purity.check_integers(sources))


def test_files_and_functions_fit_a_reader(sources: list[Source]) -> None:
    assert_none(style.check_sizes(sources))


def test_everything_public_says_what_it_is(sources: list[Source]) -> None:
    assert_none(style.check_docstrings(sources))


def test_chain_modules_have_the_same_parts(sources: list[Source]) -> None:
    assert_none(style.check_module_shape(sources))


def test_nothing_is_promised_for_later_and_no_machine_is_named() -> None:
    texts = {path: (ROOT / path).read_text("utf-8") for path in tracked_paths() if path.endswith(TEXT_SUFFIXES)}
    assert_none(style.check_words(texts))


# The rules themselves: each is shown a small bad source and must name its fault, and a good one and must be silent.


@pytest.mark.parametrize(
    ("path", "text", "named"),
    [
        ("ledger/crypto/x.py", "import ledger.errors", "ledger.errors"),
        ("ledger/crypto/x.py", "from ledger import errors", "ledger.errors"),
        ("ledger/crypto/x.py", "from ..state import Table", "ledger.state.Table"),
        ("ledger/x.py", "import network.config", "network.config"),
        ("consensus/x.py", "from ledger.execute import execute", "ledger.execute"),
        ("client/x.py", "def f():\n    import network", "network"),
        ("network/x.py", "from client.submit import submit", "client.submit"),
        ("engines/vision.py", "import client", "client"),
        ("verifier/verify_linxin.py", "from ledger.crypto import hashing", "ledger.crypto"),
    ],
)
def test_a_forbidden_import_is_named(path: str, text: str, named: str) -> None:
    (complaint,) = imports.check_rooms([Source(path, text)])
    assert complaint.startswith(path)
    assert named in complaint


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("ledger/crypto/x.py", "from ledger.crypto import hashing"),
        ("ledger/x.py", "from ledger.crypto.hashing import digest"),
        ("consensus/x.py", "from ledger.certificate import quorum"),
        ("network/x.py", "from linxin.v1 import ledger_pb2"),
        ("engines/worker.py", "import client"),
        ("cli/x.py", "import node, network.config"),
        ("tests/x.py", "import network, verifier.verify_linxin"),
    ],
)
def test_an_allowed_import_is_left_alone(path: str, text: str) -> None:
    assert imports.check_rooms([Source(path, text)]) == []


def test_the_verifier_may_not_lean_on_other_packages() -> None:
    (complaint,) = imports.check_verifier([Source("verifier/v.py", "import hashlib, msgpack, msgspec")])
    assert "msgspec" in complaint


def test_a_chain_module_reaching_into_another_is_named() -> None:
    bad = Source("ledger/modules/trace/rules.py", "from ledger.modules.registry.state import members")
    good = Source("ledger/modules/trace/rules.py", "from ledger.modules.trace.state import lots")
    assert len(imports.check_modules_apart([bad])) == 1
    catalogue = Source("ledger/modules/catalogue.py", bad.text)
    words = Source("ledger/modules/trace/rules.py", "from ledger.modules.registry.messages import Metric")
    assert imports.check_modules_apart([good, catalogue, words]) == []


def test_cycles_are_found_between_modules_and_between_packages() -> None:
    ring = [
        Source("ledger/a.py", "import ledger.b"),
        Source("ledger/b.py", "from ledger.c import x"),
        Source("ledger/c.py", "def f():\n    from ledger import a"),
    ]
    (complaint,) = imports.check_cycles(ring)
    assert "ledger.a -> ledger.b -> ledger.c -> ledger.a" in complaint
    ring[2] = Source("ledger/c.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import ledger.a")
    assert imports.check_cycles(ring) == []
    packages = [
        Source("network/a.py", "import client.b"),
        Source("client/b.py", ""),
        Source("client/c.py", "import network.a"),
    ]
    assert "client -> network -> client" in imports.check_cycles(packages)[0]


def test_a_shared_target_is_no_cycle() -> None:
    diamond = [
        Source("ledger/a.py", "import ledger.b, ledger.c"),
        Source("ledger/b.py", "import ledger.d"),
        Source("ledger/c.py", "import ledger.b, ledger.d"),
        Source("ledger/d.py", ""),
    ]
    assert imports.check_cycles(diamond) == []


def test_dependencies_are_compared_both_ways() -> None:
    source = Source("network/x.py", "import os, grpc, nacl.bindings, client")
    complaints = imports.check_dependencies([source], ["grpcio>=1.85.1,<2", "rich>=14"], {"dev": ["pytest>=9"]})
    assert sorted(complaint.split(": ")[1].split()[0] for complaint in complaints) == ["pynacl", "rich"]


def test_what_an_extra_brings_is_for_its_room_alone() -> None:
    extras = {"standards": ["biip>=5,<6", "iso3166>=3"]}
    inside, outside = Source("standards/x.py", "import biip, iso3166"), Source("client/x.py", "import biip.gtin")
    assert imports.check_dependencies([inside], [], extras) == []
    (complaint,) = imports.check_dependencies([inside, outside], [], extras)
    assert complaint.startswith("client/x.py:1: biip")
    (complaint,) = imports.check_dependencies([Source("standards/x.py", "import biip")], [], extras)
    assert "iso3166" in complaint


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "from datetime import datetime",
        "import random",
        "from os import urandom",
        "def f():\n    import socket",
        "import logging",
        "import grpc",
        "from ledger.storage.level import LevelStore",
        "open('x')",
        "hash('differs from run to run')",
        "key = Ed25519PrivateKey.generate()",
    ],
)
def test_what_is_not_pure_is_named(text: str) -> None:
    assert len(purity.check_purity([Source("ledger/x.py", text)])) == 1
    assert len(purity.check_purity([Source("consensus/x.py", text)])) == 1
    assert purity.check_purity([Source("ledger/storage/x.py", text)]) == []
    assert purity.check_purity([Source("network/x.py", text)]) == []
    is_storage = "storage" in text  # which a replica is handed
    assert len(purity.check_purity([Source("network/replica/x.py", text)])) == (not is_storage)


def test_pure_rooms_see_of_storage_its_port() -> None:
    assert purity.check_purity([Source("ledger/x.py", "from ledger.storage.port import Reader")]) == []
    assert len(purity.check_purity([Source("ledger/storage/port.py", "import os")])) == 1


@pytest.mark.parametrize("text", ["x = 0.5", "def f(x: float): ...", "x = a / b", "x /= 2", "x = 1e3"])
def test_floats_are_named(text: str) -> None:
    assert len(purity.check_integers([Source("ledger/modules/trace/x.py", text)])) == 1
    assert purity.check_integers([Source("network/x.py", text)]) == []


@pytest.mark.parametrize("text", ["x = a // b", "if isinstance(x, float): refuse()", "x = '0.5'"])
def test_integers_are_left_alone(text: str) -> None:
    assert purity.check_integers([Source("ledger/x.py", text)]) == []


def test_sizes_are_measured() -> None:
    assert "401 lines" in style.check_sizes([Source("ledger/x.py", "pass\n" * 401)])[0]
    assert style.check_sizes([Source("tests/x.py", "pass\n" * 401)]) == []
    long = "def f():\n" + "    pass\n" * 70
    assert "f has 71 lines" in style.check_sizes([Source("cli/x.py", long)])[0]
    assert style.check_sizes([Source("cli/x.py", long[: -len("    pass\n")])]) == []


def test_missing_docstrings_are_named() -> None:
    text = "class Public: ...\ndef public(): ...\ndef _private(): ...\n"
    assert len(style.check_docstrings([Source("ledger/x.py", text)])) == 3
    assert len(style.check_docstrings([Source("tests/x.py", text)])) == 1
    assert style.check_docstrings([Source("tests/__init__.py", "")]) == []


def test_the_shape_of_a_chain_module_is_checked() -> None:
    parts = [
        "messages.py",
        "state.py",
        "rules/__init__.py",
        "rules/lots.py",
        "errors.py",
        "invariants.py",
        "words.py",
        "ports.py",
    ]
    whole = [Source(f"ledger/modules/trace/{part}", "") for part in ["__init__.py", *parts]]
    assert style.check_module_shape(whole) == []
    assert "errors.py is missing" in style.check_module_shape([s for s in whole if "errors" not in s.path])[0]
    assert "trace/helpers" in style.check_module_shape([*whole, Source("ledger/modules/trace/helpers.py", "")])[0]


# Written with a gap, or this file would break the rule it tests.
@pytest.mark.parametrize("line", ["# TO_DO: later", "FIX_ME", "see /wo_rk/main", "cp /ro_ot/x ."])
def test_forbidden_words_are_named(line: str) -> None:
    assert len(style.check_words({"x.md": f"fine\n{line.replace('_', '')}\n"})) == 1


@pytest.mark.parametrize(
    "line", ["network/wo_rk/rules", "https://linxin.example/wo_rk/", "masto_don", "$(dirname)/ro_ot/"]
)
def test_innocent_words_are_left_alone(line: str) -> None:
    assert style.check_words({"x.md": line.replace("_", "")}) == []
