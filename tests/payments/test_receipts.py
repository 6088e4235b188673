"""Money comes in by a custodian's receipt: once, in time, made out to whom it is for."""

from typing import Any

import pytest
from msgspec.structs import replace

from ledger.crypto.signing import Algorithm
from ledger.errors import Refusal, RestrictedNeeded, WrongRole
from ledger.modules.payments import errors as e
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.registry.messages import AddKey, RevokeKey
from tests.payments.world import BANK, FARM, LEADER, ORDER, World, number_of
from tests.registry.chain import key_of

FOR_FARM = "organisation:farm"


def test_a_deposit_is_issued_and_becomes_the_organisations(world: World) -> None:
    world.fund("farm", 1_234)
    assert (world.balance(FARM), world.balance(BANK)) == (1_234, -1_234)
    assert [(e.change_fen, e.balance_fen, e.why) for _, e in s.statement(world.context(), FARM)] == [
        (1_234, 1_234, "deposit")
    ]
    assert world.account(FARM).owner == FOR_FARM
    assert world.account(BANK).owner == "organisation:bank"


def test_a_leader_deposits_for_herself(world: World) -> None:
    world.fund("mei", 50)
    assert world.balance(LEADER) == 50
    assert world.account(LEADER).owner == "member:mei"


def test_staff_of_the_custodian_may_sign_and_p256_too(world: World) -> None:
    world.say("farm", m.Deposit(), world.receipt(7, FOR_FARM, key=key_of("clerk")))
    key = key_of("bank in hardware", Algorithm.P256)
    world.accept("bank", AddKey("organisation:bank", world.new_key(key, "organisation:bank")))
    world.say("farm", m.Deposit(), world.receipt(8, FOR_FARM, key=key))
    assert world.balance(FARM) == 15


def test_an_orders_money_waits_in_the_receipts_account(world: World) -> None:
    number, account = world.bring(900)
    assert account == p.receipt_account("bank", number)
    assert (world.balance(account), world.account(account).owner) == (900, ORDER)
    assert world.to_give_back(account) == 900
    assert number.hex() not in account


BAD: dict[str, tuple[dict[str, Any], type[Refusal]]] = {
    "of-an-organisation-that-is-no-custodian": ({"custodian": "farm"}, e.CustodianUnknown),
    "of-nobody": ({"custodian": "nobody", "key": key_of("bank")}, e.CustodianUnknown),
    "of-a-custodian-that-is-a-platform": ({"custodian": "both"}, e.CustodianUnknown),
    "by-a-key-of-another-organisation": ({"key": key_of("bank-2")}, e.ReceiptKeyForeign),
    "by-a-device-of-the-custodian": ({"key": key_of("probe")}, e.ReceiptKeyForeign),
    "by-an-unknown-key": ({"key": key_of("stranger")}, e.ReceiptKeyForeign),
    "by-a-key-of-another-algorithm": ({"algorithm": Algorithm.P256}, e.ReceiptKeyForeign),
    "with-another-sum": ({"fen": 2}, e.ReceiptSignatureBad),
    "with-another-number": ({"number": number_of("x")}, e.ReceiptSignatureBad),
    "made-to-last-longer": ({"valid_to_ms": 2 * 10**12}, e.ReceiptSignatureBad),
    "of-another-chain": ({"chain_id": b"\1" * 32}, e.ReceiptSignatureBad),
    "too-late": ({"valid_to_ms": 1}, e.ReceiptExpired),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_receipt_brings_nothing(world: World, name: str) -> None:
    changes, refusal = BAD[name]
    more = {field: value for field, value in changes.items() if field in ("custodian", "key", "chain_id")}
    made = world.receipt(1, FOR_FARM, **more)
    if name == "too-late":
        made = world.receipt(1, FOR_FARM, **changes)
    else:
        made = replace(made, **{field: value for field, value in changes.items() if field not in more})
    details = world.deny(refusal, "farm", m.Deposit(), made)
    assert details == [made.custodian]


def test_a_receipt_is_valid_before_its_last_instant_and_not_at_it(world: World) -> None:
    last_ms = world.now + 5_000
    before, at = (world.receipt(1, FOR_FARM, valid_to_ms=last_ms) for _ in range(2))
    for receipt, later_ms, code in ((before, 4_999, 0), (at, 1, e.ReceiptExpired.number)):
        (outcome,) = world.run([world.envelope("farm", m.Deposit(), receipt)], later_ms)
        assert outcome.code == code
    assert world.now == last_ms


def test_a_receipt_serves_once_whoever_made_the_number(world: World) -> None:
    world.say("farm", m.Deposit(), world.receipt(1, FOR_FARM, "again"))
    world.deny(e.ReceiptUsed, "farm", m.Deposit(), world.receipt(1, FOR_FARM, "again"))
    world.deny(e.ReceiptUsed, "farm", m.Deposit(), world.receipt(5, FOR_FARM, "again", "bank-2"))
    world.misuse(e.ReceiptUsed, lambda ctx, money: money.accept(ctx, world.receipt(1, ORDER, "again"), ORDER))


def test_twice_in_one_block_is_twice(world: World) -> None:
    receipt = world.receipt(3, FOR_FARM)
    first, second = world.run([world.envelope("farm", m.Deposit(), receipt) for _ in range(2)])
    assert (first.code, second.code) == (0, e.ReceiptUsed.number)
    assert world.balance(FARM) == 3


@pytest.mark.parametrize("beneficiary", ["organisation:hub", "member:farm", ORDER])
def test_a_receipt_for_somebody_else(world: World, beneficiary: str) -> None:
    world.deny(e.ReceiptForOther, "farm", m.Deposit(), world.receipt(1, beneficiary))


def test_a_leader_does_not_deposit_for_her_community(world: World) -> None:
    world.deny(e.ReceiptForOther, "mei", m.Deposit(), world.receipt(1, "organisation:estate"))


def test_residents_and_devices_hold_no_balance(world: World) -> None:
    world.deny(WrongRole, "zhu", m.Deposit(), world.receipt(1, "member:zhu"))
    world.deny(WrongRole, "probe", m.Deposit(), world.receipt(1, "organisation:bank"))
    world.deny(WrongRole, "zhu", m.Withdraw(), m.WithdrawTerms("bank", 1))


def test_a_revoked_key_signs_no_receipts(world: World) -> None:
    receipt = world.receipt(1, FOR_FARM, key=key_of("clerk"))
    world.accept("bank", RevokeKey(key_of("clerk").public_key, "lost"))
    world.deny(e.ReceiptKeyForeign, "farm", m.Deposit(), receipt)


def test_what_a_custodian_holds_is_bounded(world: World) -> None:
    world.fund("farm", m.FEN_MAX - 1)
    world.deny(e.CustodianFull, "farm", m.Deposit(), world.receipt(2, FOR_FARM))
    world.fund("farm", 1)
    world.say("farm", m.Deposit(), world.receipt(2, FOR_FARM, custodian="bank-2"))
    assert world.balance(FARM) == m.FEN_MAX


def test_a_deposit_without_its_receipt(world: World) -> None:
    world.deny(RestrictedNeeded, "farm", m.Deposit())
