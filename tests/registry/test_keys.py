"""Keys: possession, rotation, revocation, authority; and that what was signed stays attributable."""

import pytest

from ledger.crypto.signing import Algorithm, SigningKey
from ledger.errors import RevokedKey, UnknownKey, WrongRole
from ledger.modules.registry import errors as e
from ledger.modules.registry import messages as m
from ledger.modules.registry.state import KEYS_ACTIVE_MAX, keys, organisations
from tests.registry.chain import Chain, key_of
from tests.registry.test_admission import device, member


@pytest.fixture
def farm(chain: Chain) -> Chain:
    """The farm with a probe and a technician, the community with a resident."""
    chain.accept("farm", device(chain))
    chain.accept("farm", member(chain, "technician", "staff"))
    chain.accept("community", member(chain, "resident", "resident"))
    return chain


def add(chain: Chain, subject: str, name: str, algorithm: Algorithm = Algorithm.ED25519) -> m.AddKey:
    return m.AddKey(subject, chain.new_key(key_of(name, algorithm), subject))


def test_unknown_keys_are_refused(chain: Chain) -> None:
    chain.refuse(key_of("stranger"), add(chain, "organisation:farm", "k2"), UnknownKey)


def test_rotation_moves_authority_and_keeps_the_record(farm: Chain) -> None:
    old, new = key_of("farm"), key_of("farm-2", Algorithm.P256)
    receipt = farm.accept("farm", m.RotateKey(old.public_key, farm.new_key(new, "organisation:farm")))
    details = farm.refuse(old, device(farm, "p2"), RevokedKey)
    assert details == [old.public_key.hex(), str(receipt.height)]
    farm.accept(new, device(farm, "p3"))
    record = keys.get(farm.context(), old.public_key.hex())
    assert record is not None
    assert (record.subject, record.registered_height, record.revoked_height) == ("organisation:farm", 1, receipt.height)
    assert record.reason == "rotated"
    row = organisations.get(farm.context(), "farm")
    assert row is not None
    assert (row.keys, row.keys_ever) == ((new.public_key,), 2)


def test_within_one_block_the_order_decides(farm: Chain) -> None:
    old, new = key_of("farm"), key_of("farm-2")
    rotation = farm.sign(old, m.RotateKey(old.public_key, farm.new_key(new, "organisation:farm")))
    transactions = [
        farm.sign(old, device(farm, "before")),
        rotation,
        farm.sign(old, device(farm, "after")),
        farm.sign(new, device(farm, "after")),
    ]
    assert [receipt.code for receipt in farm.run(transactions)] == [0, 0, RevokedKey.number, 0]


def test_a_key_never_serves_twice(farm: Chain) -> None:
    old = key_of("farm")
    farm.accept("farm", add(farm, "organisation:farm", "farm-2"))
    farm.accept(key_of("farm-2"), m.RevokeKey(old.public_key, "lost"))
    for subject in ("organisation:farm", "device:probe-1"):
        again = m.AddKey(subject, farm.new_key(old, subject))
        if subject.startswith("device"):
            farm.refuse(key_of("farm-2"), again, e.KeyUsed)
        else:
            assert farm.refuse(key_of("farm-2"), again, e.KeyUsed)[1] == "organisation:farm"
    farm.refuse(key_of("farm-2"), m.RevokeKey(old.public_key, "lost"), e.KeyRevoked)


def test_a_key_that_certifies_blocks_signs_nothing_else(farm: Chain) -> None:
    details = farm.refuse("farm", add(farm, "organisation:farm", "validator"), e.KeyUsed)
    assert details[1] == "validator:platform"


def test_possession_must_be_of_this_key_subject_and_chain(farm: Chain) -> None:
    new, other = key_of("new"), key_of("other")
    farm_subject = "organisation:farm"
    proof = farm.new_key(new, farm_subject).possession
    of_other_key = farm.new_key(other, farm_subject).possession
    of_other_subject = farm.new_key(new, "organisation:inspector").possession
    of_other_chain = new.sign(m.possession_message(b"\x07" * 32, farm_subject))
    for wrong in (of_other_key, of_other_subject, of_other_chain, proof[:63] + bytes([proof[63] ^ 1])):
        key = m.NewKey(new.algorithm, new.public_key, wrong)
        farm.refuse("farm", m.AddKey(farm_subject, key), e.PossessionUnproven)
    farm.accept("farm", m.AddKey(farm_subject, m.NewKey(new.algorithm, new.public_key, proof)))


def test_keys_that_are_none_are_refused(farm: Chain) -> None:
    small_order = m.NewKey(Algorithm.ED25519, bytes(32), b"\0" * 64)
    wrong_length = m.NewKey(Algorithm.P256, key_of("x").public_key, b"\0" * 64)
    for key in (small_order, wrong_length):
        farm.refuse("farm", m.AddKey("organisation:farm", key), e.KeyInvalid)


def test_organisations_keep_their_last_key(farm: Chain) -> None:
    only = key_of("farm").public_key
    farm.refuse("farm", m.RevokeKey(only, "compromised"), e.LastKey)
    farm.accept("platform", m.RevokeKey(only, "compromised"))
    farm.accept("platform", add(farm, "organisation:farm", "farm-2"))
    farm.accept(key_of("farm-2"), device(farm, "p2"))


PROBE = key_of("probe-1", Algorithm.P256)


@pytest.mark.parametrize(
    ("signer", "subject", "allowed"),
    [
        (PROBE, "device:probe-1", True),
        (key_of("farm"), "device:probe-1", True),
        (key_of("technician"), "device:probe-1", False),
        (key_of("inspector"), "device:probe-1", False),
        (key_of("platform"), "device:probe-1", False),
        (key_of("technician"), "member:technician", True),
        (key_of("farm"), "member:technician", True),
        (key_of("technician"), "organisation:farm", False),
        (PROBE, "organisation:farm", False),
        (key_of("inspector"), "organisation:farm", False),
        (key_of("resident"), "member:resident", True),
        (key_of("community"), "member:resident", False),
        (key_of("resident"), "organisation:community", False),
        (key_of("platform"), "organisation:farm", True),
    ],
)
def test_who_may_add_keys(farm: Chain, signer: SigningKey, subject: str, allowed: bool) -> None:
    action = add(farm, subject, "added")
    if allowed:
        farm.accept(signer, action)
    else:
        farm.refuse(signer, action, e.KeyAuthority)


def test_a_community_revokes_but_never_signs_for_a_resident(farm: Chain) -> None:
    resident = key_of("resident").public_key
    rotation = m.RotateKey(resident, farm.new_key(key_of("taken-over"), "member:resident"))
    farm.refuse("community", rotation, e.KeyAuthority)
    farm.refuse("farm", m.RevokeKey(resident, "lost"), e.KeyAuthority)
    farm.accept("community", m.RevokeKey(resident, "lost"))
    farm.refuse(key_of("resident"), m.RetireMember("resident"), RevokedKey)


def test_platform_staff_cannot_take_over_an_organisation(farm: Chain) -> None:
    farm.accept("platform", member(farm, "clerk", "staff"))
    farm.refuse(key_of("clerk"), add(farm, "organisation:farm", "mine"), e.KeyAuthority)


def test_keys_are_bounded(farm: Chain) -> None:
    for number in range(KEYS_ACTIVE_MAX - 1):
        farm.accept("farm", add(farm, "organisation:farm", f"farm-{number}"))
    farm.refuse("farm", add(farm, "organisation:farm", "one-more"), e.TooManyKeys)
    rotation = m.RotateKey(key_of("farm-0").public_key, farm.new_key(key_of("one-more"), "organisation:farm"))
    farm.accept("farm", rotation)


def test_unknown_subjects_and_keys(farm: Chain) -> None:
    for subject in ("device:none", "organisation:none", "member:none"):
        assert farm.refuse("farm", add(farm, subject, "k"), e.SubjectUnknown) == [subject]
    farm.refuse("farm", m.RevokeKey(key_of("none").public_key, "lost"), e.KeyUnknown)


def test_a_known_key_under_another_algorithm_is_unknown(farm: Chain) -> None:
    record = keys.get(farm.context(), PROBE.public_key.hex())
    assert record is not None
    with pytest.raises(UnknownKey):
        farm.registry.identify(farm.context(), Algorithm.ED25519, PROBE.public_key)
    assert farm.registry.identify(farm.context(), Algorithm.P256, PROBE.public_key).subject == "device:probe-1"


def test_retired_holders_lose_their_keys(farm: Chain) -> None:
    farm.accept("farm", m.RetireDevice("probe-1"))
    farm.refuse(PROBE, add(farm, "device:probe-1", "k"), RevokedKey)
    farm.refuse("farm", m.RevokeKey(PROBE.public_key, "lost"), e.KeyRevoked)


def test_devices_do_nothing_that_asks_for_a_role(farm: Chain) -> None:
    farm.refuse(PROBE, m.RetireDevice("probe-1"), WrongRole)
    farm.refuse(key_of("resident"), m.RetireDevice("probe-1"), WrongRole)
