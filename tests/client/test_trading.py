"""What buyers, custodians and registrars make: signed over what the rules check; secrets stay secret."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.trading import BadCode, NewOrder, make_receipt, make_ticket, new_code, read_code, show_code
from client.trading.codes import ALPHABET
from ledger.crypto.signing import Algorithm, SigningKey, verify
from ledger.module import Module, Registry, Rules
from ledger.modules.groupbuy.messages import (
    Acknowledge,
    CancelOrder,
    HandOver,
    Order,
    PickupCode,
    Place,
    code_commitment,
    order_id,
    ticket_message,
)
from ledger.modules.payments.messages import receipt_message
from ledger.modules.registry import registry_module
from ledger.roles import OPEN
from ledger.transaction import Transaction, decode_transaction
from tests.registry.chain import key_of

CHAIN_ID = b"\x07" * 32
BANK, COMMUNITY = key_of("bank"), key_of("community", Algorithm.P256)
CODES = st.text(ALPHABET, min_size=16, max_size=16)


def decoded(envelope: bytes) -> Transaction:
    """An envelope as a node reads it, its signature checked."""
    rules = Rules()
    rules.rule(Order, by=OPEN)(lambda *_: None)
    registry = Registry([registry_module(), Module("groupbuy", tuple(rules.rules))])
    transaction = decode_transaction(envelope, registry, CHAIN_ID)
    assert verify(transaction.algorithm, transaction.public_key, transaction.signature, transaction.signed_bytes)
    return transaction


def placed(order: NewOrder) -> tuple[Transaction, Place]:
    receipt = make_receipt(BANK, CHAIN_ID, "bank", fen=5_960, beneficiary=order.subject, valid_to_ms=1_800_000_000_000)
    ticket = make_ticket(COMMUNITY, CHAIN_ID, "garden", order.campaign, order.id)
    transaction = decoded(order.place(CHAIN_ID, 2, receipt, ticket))
    assert isinstance(transaction.restricted_value, Place)
    return transaction, transaction.restricted_value


def test_an_order_carries_what_the_rules_ask_for() -> None:
    order = NewOrder("berries-1")
    transaction, place = placed(order)
    assert transaction.action == Order("berries-1")
    assert order.id == order_id(transaction.algorithm, transaction.public_key)
    assert (place.units, place.code) == (2, code_commitment(order.id, order.code))
    receipt, ticket = place.receipt, place.ticket
    assert (receipt.custodian, receipt.fen, receipt.beneficiary) == ("bank", 5_960, f"order:{order.id.hex()}")
    signed = receipt_message(CHAIN_ID, "bank", receipt.number, 5_960, order.subject, 1_800_000_000_000)
    assert verify(receipt.algorithm, receipt.public_key, receipt.signature, signed)
    assert receipt.public_key == BANK.public_key
    signed = ticket_message(CHAIN_ID, "garden", "berries-1", order.id, ticket.number)
    assert verify(ticket.algorithm, ticket.public_key, ticket.signature, signed)
    assert ticket.algorithm == Algorithm.P256


@pytest.mark.parametrize(
    "change",
    [
        {"fen": 5_961},
        {"beneficiary": "order:" + "0" * 32},
        {"custodian": "other"},
        {"number": b"\0" * 16},
        {"valid_to_ms": 1_800_000_000_001},
    ],
)
def test_a_receipt_covers_each_of_its_fields(change: dict[str, object]) -> None:
    receipt = placed(NewOrder("berries-1"))[1].receipt
    said = {name: getattr(receipt, name) for name in ("custodian", "number", "fen", "beneficiary", "valid_to_ms")}
    assert verify(receipt.algorithm, receipt.public_key, receipt.signature, receipt_message(CHAIN_ID, **said))
    assert not verify(
        receipt.algorithm, receipt.public_key, receipt.signature, receipt_message(CHAIN_ID, **said | change)
    )
    assert not verify(receipt.algorithm, receipt.public_key, receipt.signature, receipt_message(b"\x08" * 32, **said))


def test_two_orders_of_one_buyer_share_nothing() -> None:
    one, other = NewOrder("berries-1"), NewOrder("berries-1")
    assert one.id != other.id
    assert one.code != other.code
    numbers = {
        part.number for order in (one, other) for place in [placed(order)[1]] for part in (place.receipt, place.ticket)
    }
    assert len(numbers) == 4


def test_the_code_and_the_key_are_in_no_envelope_and_no_text() -> None:
    order = NewOrder("berries-1")
    for envelope in (placed(order)[0].envelope, order.cancel(CHAIN_ID), order.acknowledge(CHAIN_ID)):
        assert order.code.encode() not in envelope
    assert order.code not in repr(order)


def test_what_else_a_buyer_does_is_under_the_same_key() -> None:
    order = NewOrder("berries-1", SigningKey(Algorithm.P256, b"\x05" * 32), "0123456789ABCDEF")
    taken_back, had = decoded(order.cancel(CHAIN_ID)), decoded(order.acknowledge(CHAIN_ID))
    assert isinstance(taken_back.restricted_value, CancelOrder)
    assert isinstance(had.restricted_value, Acknowledge)
    assert {order_id(each.algorithm, each.public_key) for each in (taken_back, had)} == {order.id}
    assert order.hand_over(1, "spoiled") == HandOver(order.id, "0123456789ABCDEF", 1, "spoiled")


def test_a_number_of_ones_own_gives_the_same_voucher_again() -> None:
    order = NewOrder("berries-1")

    def receipt() -> object:
        return make_receipt(
            BANK, CHAIN_ID, "bank", fen=1, beneficiary=order.subject, valid_to_ms=5, number=b"payment 00000001"
        )

    assert receipt() == receipt()


def test_new_codes_are_codes() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert set("".join(codes)) == set(ALPHABET)
    for code in codes:
        assert msgspec.convert(code, PickupCode) == code


@given(CODES, st.data())
def test_a_code_is_read_however_it_is_typed(code: str, data: st.DataObject) -> None:
    assert len(show_code(code).split("-")) == 4
    assert read_code(code) == read_code(show_code(code)) == read_code(f" {show_code(code).lower()} ") == code
    meant = "".join(data.draw(st.sampled_from({"0": "0Oo", "1": "1IiLl"}.get(each, each))) for each in code)
    assert read_code(meant) == code


@pytest.mark.parametrize("typed", ["", "7K3M", "U" * 16, "7K3M-9QXT-0AZB-4H2W-1", "7K3M-9QXT-0AZB-4H2é", "７" * 16])
def test_what_is_no_code_is_refused_in_words(typed: str) -> None:
    with pytest.raises(BadCode) as caught:
        read_code(typed)
    assert caught.value.reason_zh
    assert caught.value.reason_en
