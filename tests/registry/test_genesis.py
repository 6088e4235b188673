"""The first rows, and what a genesis file cannot say; the invariants notice damage."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.context import Context
from ledger.crypto.signing import Algorithm
from ledger.genesis import BadGenesis, load_genesis
from ledger.module import Registry
from ledger.modules.registry import registry_module
from ledger.modules.registry.invariants import check_invariants
from ledger.modules.registry.rules.genesis import write_genesis
from ledger.modules.registry.state import DeviceView, OrganisationView, keys, organisations, reserved
from ledger.roles import Role
from ledger.state import BlockState
from tests.registry.chain import Chain, Memory, genesis_json, key_of
from tests.registry.test_admission import device


def write(document: dict[str, Any]) -> Context:
    registry = Registry([registry_module()])
    genesis = load_genesis(json.dumps(document).encode(), registry)
    ctx = Context(BlockState(Memory()), 1, 1, genesis.parameters, genesis.chain_id)
    write_genesis(ctx, genesis)
    return ctx


def document() -> dict[str, Any]:
    loaded = json.loads(genesis_json({"platform": ["platform", "auditor"], "farm": ["farm"]}))
    assert isinstance(loaded, dict)
    return loaded


def test_genesis_rows(chain: Chain) -> None:
    ctx = chain.context()
    row = organisations.get(ctx, "platform-2")
    assert row is not None
    assert row.roles == (Role.PLATFORM, Role.AUDITOR)
    record = keys.get(ctx, key_of("farm").public_key.hex())
    assert record is not None
    assert (record.subject, record.registered_height, record.algorithm) == ("organisation:farm", 1, Algorithm.ED25519)


def set_roles(roles: list[str]) -> Callable[[dict[str, Any]], None]:
    def change(file: dict[str, Any]) -> None:
        file["organisations"][0]["roles"] = roles

    return change


def set_key(algorithm: str, public_key: str) -> Callable[[dict[str, Any]], None]:
    def change(file: dict[str, Any]) -> None:
        file["organisations"][1]["keys"] = [{"algorithm": algorithm, "public_key": public_key}]

    return change


def set_name(file: dict[str, Any]) -> None:
    file["organisations"][1]["name_en"] = "Fa\u200brm"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (set_roles(["farm"]), "$.organisations"),
        (set_roles(["device", "platform"]), "$.organisations[0].roles"),
        (set_roles(["platform", "platform"]), "$.organisations[0].roles"),
        (set_roles([]), "$.organisations[0].roles"),
        (set_key("sm2", "11" * 32), "$.organisations[1].keys[0].algorithm"),
        (set_key("ed25519", "00" * 32), "$.organisations[1].keys[0].public_key"),
        (set_name, "$.organisations[1].name_en"),
    ],
)
def test_genesis_files_that_cannot_stand(change: Callable[[dict[str, Any]], None], path: str) -> None:
    file = document()
    write(file)
    change(file)
    with pytest.raises(BadGenesis) as refused:
        write(file)
    assert refused.value.details[0] == path


def test_invariants_notice_damage(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    assert check_invariants(chain.context()) == []
    ctx = chain.context()
    public_key = key_of("farm").public_key.hex()
    record = keys.get(ctx, public_key)
    assert record is not None
    for damaged, word in (
        (replace(record, subject="organisation:nobody"), "unknown"),
        (replace(record, revoked_height=2), "not an active key"),
        (replace(record, revoked_height=0), "before it was registered"),
        (replace(record, organisation="inspector"), "speaks for"),
        (replace(record, registered_height=99), "future"),
    ):
        keys.put(ctx, public_key, damaged)
        assert any(word in breach for breach in check_invariants(ctx)), word
    ctx = chain.context()
    reserved.put(ctx, public_key, "validator:platform-3")
    assert any("is reserved for" in breach for breach in check_invariants(ctx))
    ctx = chain.context()
    keys.delete(ctx, public_key)
    assert any("counts" in breach for breach in check_invariants(ctx))


def test_views_offer_what_other_modules_need(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    ctx = chain.context()
    found = DeviceView().need(ctx, "probe-1")
    moisture = found.metric("soil_moisture")
    assert moisture is not None
    assert (moisture.unit, moisture.exponent) == ("P1", -2)
    assert found.metric("humidity") is None
    organisation_view = OrganisationView()
    assert organisation_view.has_role(ctx, "farm", Role.FARM, Role.PROCESSOR)
    assert not organisation_view.has_role(ctx, "farm", Role.PLATFORM)
    assert not organisation_view.exists(ctx, "nobody")
