"""The network that is simulated: genesis, modules and keys, all made from names; and signatures checked once each."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from ledger.crypto import signing
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.genesis import Genesis, load_genesis
from ledger.module import Module, Registry
from ledger.modules.catalogue import network_registry
from tests.ledger.toy import rules as toy_rules
from tests.registry.chain import key_of as market_key
from tests.simulation.market import people
from tests.simulation.setup import names


def key_of(name: str) -> SigningKey:
    """The Ed25519 key that belongs to a name."""
    return SigningKey(Algorithm.ED25519, sha256(f"simulated {name}".encode()).digest())


def organisation_of(validator: str) -> str:
    """The organisation that runs a validator."""
    return f"farm-{validator}"


PLATFORM = key_of("platform")


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The network's own modules, and the toy module whose rows serve as registers."""
    toy = Module("toy", tuple(toy_rules.rules), toy_rules.timers)
    return Registry((*network_registry().modules, toy))


@lru_cache(maxsize=16)
def genesis_of(validators: int, *, has_market: bool = False) -> Genesis:
    """A network of that many validators, each run by a farm of its own, and a platform whose key clients use; with the
    people and the short windows of a market, if there is one.
    """

    def organisation(name: str, role: str, *own: SigningKey) -> dict[str, object]:
        keys = [{"algorithm": "ed25519", "public_key": key.public_key.hex()} for key in own]
        return {"id": name, "name_zh": name, "name_en": name, "roles": [role], "keys": keys}

    ids = names(validators)
    document: dict[str, Any] = {
        "format": "linxin-genesis/1",
        "name": "simulated",
        "time": "2026-09-21T00:00:00Z",
        "organisations": [
            organisation("platform", "platform", PLATFORM),
            *(organisation(organisation_of(name), "farm", key_of(organisation_of(name))) for name in ids),
        ],
        "validators": [
            {"id": name, "organisation": organisation_of(name), "public_key": key_of(name).public_key.hex()}
            for name in ids
        ],
    }
    if has_market:
        farms = document["organisations"][1:]
        platform = organisation("platform", "platform", PLATFORM, market_key("platform"))
        document |= {"parameters": people.PARAMETERS, "organisations": [platform, *farms, *people.organisations()]}
    return load_genesis(msgspec.json.encode(document), registry())


@contextmanager
def remembered_signatures() -> Iterator[None]:
    """Verify each (key, signature, message) once, whoever asks: all validators of a simulation share a process."""
    original = signing._verify_ed25519
    signing._verify_ed25519 = lru_cache(maxsize=1 << 16)(original)
    try:
        yield
    finally:
        signing._verify_ed25519 = original
