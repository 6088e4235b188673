"""Two banks, two platforms, a farm, a hub and a leader over the real `execute`, and a module that uses `Money`."""

from collections.abc import Callable
from typing import Any

import msgspec

from ledger.block import Receipt as BlockReceipt
from ledger.context import Context
from ledger.crypto.encoding import Message
from ledger.crypto.hashing import digest
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.errors import Refusal
from ledger.module import Action, Module, Rule
from ledger.modules.payments import Money, Transfer, payments_module
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.payouts import Instruction, instruction_of, open_instructions
from ledger.modules.registry.messages import Metric, RegisterDevice, RegisterMember
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import OrganisationView
from ledger.roles import ANYONE
from ledger.transaction import make_transaction
from tests.registry.chain import START_MS, Chain, key_of

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NOTICE_MS = 14 * DAY_MS

ORGANISATIONS = {
    "platform": ["platform"],
    "platform-2": ["platform"],
    "bank": ["custodian"],
    "bank-2": ["custodian"],
    "both": ["custodian", "platform"],
    "farm": ["farm"],
    "hub": ["logistics"],
    "estate": ["community"],
}
MEMBERS = {"mei": ("estate", "leader"), "zhu": ("estate", "resident"), "clerk": ("bank", "staff")}

FARM = p.organisation_account("bank", "farm")
HUB = p.organisation_account("bank", "hub")
PLATFORM = p.organisation_account("bank", "platform")
GUARANTEE = p.guarantee_account("bank", "platform")
FLOAT = p.float_account("bank", "mei")
LEADER = p.member_account("bank", "mei")
ESCROW = p.escrow_account("bank", "berries")
BANK = p.custodian_account("bank")

ORDER = "order:" + "ab" * 16


class Use(Action, tag="using.use"):
    """What group buying or claims would do: `number` says which of the functions the test handed over."""

    restricted = m.Again

    number: int


def number_of(word: str) -> bytes:
    """16 bytes made from a word."""
    return digest("ticket", word.encode())[:16]


class World(Chain):
    """A chain with payments. Money comes in by `fund` or `bring`; `use` runs a function as another module's rule."""

    def __init__(self) -> None:
        self.money = Money(OrganisationView(), KeyView())
        self.functions: list[Callable[[Context], object]] = []
        self.numbers = 0
        using = Module("using", (Rule(Use, ANYONE, self.call),))
        super().__init__(ORGANISATIONS, (payments_module(self.money), using))
        for member, (organisation, role) in MEMBERS.items():
            key = self.new_key(key_of(member), f"member:{member}")
            self.accept(organisation, RegisterMember(member, role, True, key))  # type: ignore[arg-type]  # a Literal
        metric = Metric("temperature", "CEL", -2, -4_000, 8_500)
        probe = self.new_key(key_of("probe"), "device:probe")
        self.accept("bank", RegisterDevice("probe", "探头", "Probe", (metric,), 60_000, probe))

    @property
    def now(self) -> int:
        """Time of the last block, ms."""
        return self.head.time_ms

    def call(self, ctx: Context, action: Use) -> None:
        """The rule of `Use`."""
        self.functions[action.number](ctx)

    def envelope(self, key: SigningKey | str, action: Action, restricted: Message | None = None) -> bytes:
        """A signed action with its restricted part."""
        self.nonce += 1
        nonce = self.nonce.to_bytes(16, "big")
        salt = None if restricted is None else digest("salt", nonce)
        signer = key_of(key) if isinstance(key, str) else key
        expires_at_ms = max(START_MS, self.now) + HOUR_MS
        return make_transaction(signer, self.genesis.chain_id, action, nonce, expires_at_ms, restricted, salt)

    def say(self, key: SigningKey | str, action: Action, restricted: Message | None = None) -> None:
        """An action with a restricted part, in a block of its own; fails unless accepted."""
        (receipt,) = self.run([self.envelope(key, action, restricted)])
        assert receipt.code == 0, (receipt.code, receipt.details)

    def deny(
        self, refusal: type[Refusal], key: SigningKey | str, action: Action, restricted: Message | None = None
    ) -> list[str]:
        """As `say`; fails unless refused with `refusal` and nothing of payments changed. Returns the details."""
        before = self.rows()
        (receipt,) = self.run([self.envelope(key, action, restricted)])
        assert receipt.code == refusal.number, (receipt.code, receipt.details)
        assert self.rows() == before
        return list(receipt.details)

    def use(self, function: Callable[[Context, Money], object]) -> Any:
        """Let another module's rule run `function`, in a block of its own; fails unless accepted. What it returned."""
        found: list[Any] = []
        receipt = self.attempt(lambda ctx: found.append(function(ctx, self.money)))
        assert receipt.code == 0, (receipt.code, receipt.details)
        return found[0]

    def misuse(self, refusal: type[Refusal], function: Callable[[Context, Money], object]) -> list[str]:
        """As `use`; fails unless refused with `refusal` and nothing of payments changed. Returns the details."""
        before = self.rows()
        receipt = self.attempt(lambda ctx: function(ctx, self.money))
        assert receipt.code == refusal.number, (receipt.code, receipt.details)
        assert self.rows() == before
        return list(receipt.details)

    def attempt(self, function: Callable[[Context], object]) -> BlockReceipt:
        """Let another module's rule run `function`, in a block of its own; what became of it."""
        self.functions.append(function)
        return self.run([self.envelope("farm", Use(len(self.functions) - 1), m.Again(bytes(16)))])[0]

    def rows(self) -> dict[bytes, bytes]:
        """All rows of payments, in public."""
        return {key: value for key, value in self.memory.values.items() if key.startswith(b"payments/")}

    # Money in and out.

    def receipt(self, fen: int, beneficiary: str, word: str = "", custodian: str = "bank", **more: Any) -> m.Receipt:
        """A custodian's receipt; `key` signs it, `signed` replaces fields of what is signed."""
        self.numbers += 1
        number = number_of(word or f"receipt {self.numbers}")
        key: SigningKey = more.pop("key", key_of(custodian))
        valid_to_ms = more.pop("valid_to_ms", self.now + DAY_MS)
        chain_id = more.pop("chain_id", self.genesis.chain_id)
        signature = key.sign(m.receipt_message(chain_id, custodian, number, fen, beneficiary, valid_to_ms))
        made = m.Receipt(
            custodian, number, fen, beneficiary, valid_to_ms, Algorithm(key.algorithm), key.public_key, signature
        )
        return msgspec.structs.replace(made, **more)

    def fund(self, who: str, fen: int) -> None:
        """An organisation or leader brings money in."""
        kind = "member" if who in MEMBERS else "organisation"
        self.say(who, m.Deposit(), self.receipt(fen, f"{kind}:{who}"))

    def bring(self, fen: int, word: str = "") -> tuple[bytes, str]:
        """A buyer's receipt is accepted: its number and account."""
        receipt = self.receipt(fen, ORDER, word)
        account: str = self.use(lambda ctx, money: money.accept(ctx, receipt, ORDER))
        return receipt.number, account

    def confirm(self, *instructions: bytes, by: str = "bank") -> None:
        """The custodian has paid."""
        self.say(by, m.Confirm(), m.Confirmed(instructions))

    # What is there.

    def account(self, name: str) -> s.Account:
        """An account's row."""
        return s.account_row(self.context(), name)

    def balance(self, name: str) -> int:
        """What an account has, fen."""
        return self.account(name).balance_fen

    def available(self, name: str) -> int:
        """What an account can spend, fen."""
        return self.money.available(self.context(), name)

    def to_give_back(self, account: str) -> int:
        """What may still be paid back to the receipt of an account, fen."""
        receipt = self.account(account).receipt
        assert receipt is not None, account
        return receipt.fen - receipt.refunded_fen

    def due(self, custodian: str = "bank") -> list[bytes]:
        """What a custodian has to do, oldest first."""
        return [bytes.fromhex(key) for _, key in open_instructions(self.context(), custodian)]

    def instruction(self, identifier: bytes) -> Instruction:
        """An instruction that there is."""
        found = instruction_of(self.context(), identifier.hex())
        assert found is not None
        return found

    def transfer(self, identifier: bytes) -> s.TransferRow:
        """A transfer that there is."""
        found = s.transfers.get(self.context(), identifier.hex())
        assert found is not None
        return found


def transfer(word: str, debit: str, credit: str, fen: int, why: p.Why = "move") -> Transfer:
    """A transfer whose id is made from a word."""
    return Transfer(p.transfer_id(word.encode()), debit, credit, fen, why)


def using(method: str, *arguments: object) -> Callable[[Context, Money], object]:
    """A function for `World.use` that calls a method of `Money`."""
    return lambda ctx, money: getattr(money, method)(ctx, *arguments)
