"""`Money`: what group buying and claims are given of payments (the `Payments` port)."""

from typing import TYPE_CHECKING

from ledger.crypto.signing import verify
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.errors import (
    CustodianFull,
    CustodianUnknown,
    ReceiptExpired,
    ReceiptForOther,
    ReceiptKeyForeign,
    ReceiptSignatureBad,
    ReceiptUsed,
    TransferDiffers,
)
from ledger.modules.payments.messages import FEN_MAX, receipt_message
from ledger.modules.payments.ports import Transfer
from ledger.modules.payments.rules.books import Books
from ledger.modules.payments.rules.debts import DEBTS_PER_CALL, instruct, owe, pay_debts, reserve
from ledger.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.context import Context
    from ledger.modules.payments.messages import Receipt
    from ledger.modules.payments.ports import Keys, Organisations


class Money:
    """Payments, over the registry's organisations and keys. Texts of the methods: `ports.Payments`."""

    def __init__(self, organisations: "Organisations", keys: "Keys") -> None:
        self._organisations = organisations
        self._keys = keys

    def accept(self, ctx: "Context", receipt: "Receipt", beneficiary: str) -> str:
        """Issue what a sound receipt made out to `beneficiary` brings; returns the receipt's account."""
        self._check(ctx, receipt, beneficiary)
        custodian, identifier = receipt.custodian, p.transfer_id(receipt.number, b"receipt")
        books = Books(ctx)
        ctx.require(books.transfer(identifier) is None, ReceiptUsed(custodian))
        world, account = p.custodian_account(custodian), p.receipt_account(custodian, receipt.number)
        if receipt.fen - books.account(world).balance_fen > FEN_MAX:
            raise CustodianFull(custodian)
        books.change(account, owner=beneficiary, receipt=s.Accepted(receipt.number, receipt.fen))
        books.pay(Transfer(identifier, world, account, receipt.fen, "receipt"))
        books.close()
        return account

    def _check(self, ctx: "Context", receipt: "Receipt", beneficiary: str) -> None:
        """The signature last: it costs most."""
        custodian, known = receipt.custodian, self._organisations.has_role
        if not known(ctx, custodian, Role.CUSTODIAN) or known(ctx, custodian, Role.PLATFORM):
            raise CustodianUnknown(custodian)
        ctx.require(receipt.beneficiary == beneficiary, ReceiptForOther(custodian))
        ctx.require(ctx.time_ms < receipt.valid_to_ms, ReceiptExpired(custodian))
        if not self._keys.speaks_for(ctx, custodian, receipt.algorithm, receipt.public_key):
            raise ReceiptKeyForeign(custodian)
        message = receipt_message(
            ctx.chain_id, custodian, receipt.number, receipt.fen, receipt.beneficiary, receipt.valid_to_ms
        )
        if not verify(receipt.algorithm, receipt.public_key, receipt.signature, message):
            raise ReceiptSignatureBad(custodian)

    def hold(self, ctx: "Context", transfer: Transfer, expires_ms: int) -> None:
        """Reserve money until it is posted or voided; after `expires_ms` anybody may release it."""
        _check_inside(transfer)
        assert expires_ms > ctx.time_ms, transfer
        books = Books(ctx)
        if books.same(transfer, expires_ms) is None:
            books.hold(transfer, expires_ms)
            books.close()

    def post(self, ctx: "Context", transfer: bytes, fen: int) -> None:
        """Make a hold final for `fen`; the rest is released."""
        assert fen >= 0, fen
        books = Books(ctx)
        books.post(transfer, fen)
        books.close()

    def void(self, ctx: "Context", transfer: bytes) -> None:
        """Release a hold; nothing is left to do for one that was released before."""
        books = Books(ctx)
        known = books.transfer(transfer)
        if known is None or known.state not in ("voided", "expired"):
            books.release(transfer, "void")
            books.close()

    def pending(self, ctx: "Context", transfer: bytes) -> int:
        """What is still held under this id, fen."""
        row = s.transfers.get(ctx, transfer.hex())
        return row.fen if row is not None and row.state == "pending" else 0

    def move(self, ctx: "Context", transfers: "Iterable[Transfer]") -> None:
        """Move money at once, all or nothing."""
        books = Books(ctx)
        _pay_new(books, transfers)
        books.close()

    def income(self, ctx: "Context", transfers: "Iterable[Transfer]") -> None:
        """As `move`; then each receiver pays what it owes, as far as it can spend."""
        books = Books(ctx)
        left = DEBTS_PER_CALL
        for receiver in _pay_new(books, transfers):
            left -= pay_debts(books, receiver, left)
        books.close()

    def refund(self, ctx: "Context", transfer: Transfer, receipt: bytes) -> None:
        """Have the custodian pay `fen` back to where the receipt came from."""
        assert not s.is_custodian(transfer.debit), transfer
        books = Books(ctx)
        identifier = p.instruction_id(transfer.id)
        known = books.instruction(identifier)
        at_once = transfer.debit == transfer.credit
        if known is not None:
            content = (known.account, known.receipt, known.fen, known.why)
            moved = books.transfer(transfer.id) if at_once else books.same(transfer)
            same = content == (transfer.credit, receipt, transfer.fen, transfer.why) and (moved is None) == at_once
            ctx.require(same, TransferDiffers())
            return
        assert reserve(books, transfer.credit, transfer.fen).number == receipt, transfer
        if not at_once:
            if books.same(transfer) is not None:
                raise TransferDiffers
            books.pay(transfer)
        instruct(books, identifier, transfer.credit, receipt, transfer.fen, transfer.why)
        books.close()

    def charge(self, ctx: "Context", transfer: Transfer, guarantor: str | None) -> int:
        """Take what the debtor has, then what the guarantor (if any) has; write down what is owed. Returns what was
        moved.

        What neither had is the older debt, so that the buyer comes before the guarantee.
        """
        _check_inside(transfer)
        assert guarantor not in (transfer.debit, transfer.credit), transfer
        books = Books(ctx)
        second = p.transfer_id(transfer.id, b"guarantee")
        if (known := books.same(transfer)) is not None:
            guaranteed = books.transfer(second)
            return known.posted_fen + (guaranteed.posted_fen if guaranteed is not None else 0)
        own = min(transfer.fen, books.available(transfer.debit))
        books.pay(transfer, own)
        missing = transfer.fen - own
        given = 0 if guarantor is None else min(missing, books.available(guarantor))
        if missing > given:
            owe(books, transfer.debit, transfer.credit, missing - given, transfer.id, transfer.why)
        if guarantor is not None and given:
            books.pay(Transfer(second, guarantor, transfer.credit, given, transfer.why))
            owe(books, transfer.debit, guarantor, given, second, transfer.why)
        books.close()
        return own + given

    def available(self, ctx: "Context", account: str) -> int:
        """What can be spent of an account, fen."""
        return s.account_row(ctx, account).available_fen


def _check_inside(transfer: Transfer) -> None:
    """Only receipts bring money in and only instructions let it out."""
    touched = (transfer.debit, transfer.credit, *(part.credit for part in transfer.further))
    assert not any(map(s.is_custodian, touched)), transfer


def _pay_new(books: Books, transfers: "Iterable[Transfer]") -> list[str]:
    """Pay those whose ids are new; who received something, each once, in order."""
    receivers: dict[str, None] = {}
    for transfer in transfers:
        _check_inside(transfer)
        if books.same(transfer) is None:
            books.pay(transfer)
            receivers[transfer.credit] = None
            receivers.update(dict.fromkeys(part.credit for part in transfer.further))
    return list(receivers)
