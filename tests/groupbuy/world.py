"""A community that buys together, in memory: registry, trace, payments and group buying over the real `execute`."""

from typing import Any

from msgspec.structs import replace

from ledger.block import Receipt as BlockReceipt
from ledger.crypto.encoding import Message
from ledger.crypto.hashing import digest
from ledger.crypto.signing import SigningKey
from ledger.errors import Refusal
from ledger.module import Action, Module
from ledger.modules.groupbuy import Recalls, groupbuy_module
from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.rules.common import supply_key
from ledger.modules.groupbuy.state import Campaign, OrderRow, campaigns, orders, supplies
from ledger.modules.payments import Money, payments_module
from ledger.modules.payments.messages import Deposit, Receipt, receipt_message
from ledger.modules.payments.state import accounts
from ledger.modules.registry.messages import RegisterMember, SetRoles
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import Goods, trace_module
from ledger.roles import Role
from ledger.timers import timers
from ledger.transaction import make_transaction
from tests.registry.chain import START_MS, Chain, key_of
from tests.trace import world as trace

DAY_MS, HOUR_MS, MINUTE_MS = trace.DAY_MS, trace.HOUR_MS, trace.MINUTE_MS
KG, BERRY, PUNNET = trace.KG, trace.BERRY, trace.PUNNET
PLANTING = "planting:berry-2026"

ORGANISATIONS = trace.ORGANISATIONS | {
    "bank": ["custodian"],
    "bank-2": ["custodian"],
    "garden": ["community"],
    "orchard": ["community"],
    "court": ["auditor", "inspector"],
}

LEADERS = {"mei": "garden", "lan": "garden", "wen": "orchard"}
"""Leader -> community; each signs with `key_of` the name."""

LADDER = (m.Tier(1, 1_000), m.Tier(10, 900), m.Tier(30, 777))


def number_of(*parts: str) -> bytes:
    """A number of 16 bytes that repeats."""
    return digest("transfer", *(part.encode() for part in parts))[:16]


class World(trace.World):
    """What tests of group buying begin with: the people, the trace world's goods, the farm with money at the bank."""

    def __init__(self) -> None:
        Chain.__init__(self, ORGANISATIONS, self.modules())
        self.settle()
        for leader, community in LEADERS.items():
            self.register(leader, community, "leader")
        self.fund("farm", 1_000_000)

    def modules(self) -> tuple[Module, ...]:
        """The modules beside the founding ones."""
        self.money = Money(OrganisationView(), KeyView())
        return (
            trace_module(DeviceView(), OrganisationView(), (Recalls(),)),
            payments_module(self.money),
            groupbuy_module(self.money, OrganisationView(), KeyView(), Goods()),
        )

    # People and money.

    def register(self, member: str, community: str, role: Any) -> None:
        """A member of a community, with the key `key_of(member)`."""
        key = self.new_key(key_of(member), f"member:{member}")
        self.accept(community, RegisterMember(member, role, True, key))

    def roles(self, organisation: str, *roles: str) -> None:
        """The platform gives an organisation other roles."""
        self.accept("platform", SetRoles(organisation, tuple(Role(role) for role in roles)))

    def receipt(self, beneficiary: str, fen: int, number: str = "", custodian: str = "bank", **more: Any) -> Receipt:
        """A receipt of a custodian; each `number` is another one. `key` signs it, `valid_to_ms` is an hour from now;
        `used` gives it a number of 16 bytes.
        """
        used = more.pop("used", number_of("receipt", beneficiary, number))
        valid_to_ms = more.pop("valid_to_ms", self.now + HOUR_MS)
        key = key_of(more.pop("key", custodian))
        signed = receipt_message(self.genesis.chain_id, custodian, used, fen, beneficiary, valid_to_ms)
        return Receipt(custodian, used, fen, beneficiary, valid_to_ms, key.algorithm, key.public_key, key.sign(signed))

    def fund(self, organisation: str, fen: int, number: str = "1") -> None:
        """The organisation has `fen` more at the bank."""
        self.accept(organisation, Deposit(), self.receipt(f"organisation:{organisation}", fen, number))

    def available(self, account: str) -> int:
        """What can be spent of an account, fen."""
        row = accounts.get(self.context(), account)
        return 0 if row is None else row.available_fen

    def balance(self, account: str) -> int:
        """What an account has, fen."""
        row = accounts.get(self.context(), account)
        return 0 if row is None else row.balance_fen

    def refunded(self, order: str) -> int:
        """What was instructed to be paid back to an order's receipt, fen."""
        used = self.line(order).receipt
        brought = [row.receipt for _, row in accounts.scan(self.context(), limit=10_000) if row.receipt is not None]
        return sum(receipt.refunded_fen for receipt in brought if receipt.number == used)

    # Campaigns.

    def draft(self, campaign: str = "c1", **changes: Any) -> m.Draft:
        """Berries of the farm's planting for the garden, in units of half a kilogram, 10 to 100 of them, led by mei:
        ten yuan each, nine from ten units on, 7.77 from thirty on.
        """
        terms = m.Draft(
            campaign=campaign,
            title="周末草莓",
            community="garden",
            seller="farm",
            platform="platform",
            custodian="bank",
            logistics="hub",
            adjudicator="court",
            product=BERRY,
            sources=(PLANTING,),
            unit_quantity=KG // 2,
            tolerance_bp=500,
            ladder=LADDER,
            minimum=10,
            maximum=100,
            per_order=20,
            cutoff_ms=self.now + 10 * HOUR_MS,
            delivery_from_ms=self.now + 20 * HOUR_MS,
            delivery_to_ms=self.now + 44 * HOUR_MS,
            pickup="gate-3",
            pickup_address=digest("ticket", b"address"),
            shares=m.Shares(1_000, 500, 800),
            deposit_fen=5_000,
            holdback_bp=1_000,
            perishable=True,
        )
        return replace(terms, **changes)

    def supply(self, units: int = 200, source: str = PLANTING, product: str = BERRY, seller: str = "farm") -> None:
        """The seller commits units of half a kilogram."""
        self.accept(seller, m.CommitSupply(source, product, KG // 2, units))

    def opened(self, campaign: str = "c1", **changes: Any) -> str:
        """A campaign that takes orders; its supply is committed if it was not."""
        self.accept("mei", self.draft(campaign, **changes))
        if not supplies.has(self.context(), supply_key(PLANTING, BERRY)):
            self.supply()
        self.accept("farm", m.Open(campaign))
        return campaign

    def campaign(self, campaign: str = "c1") -> Campaign:
        """The campaign's row."""
        row = campaigns.get(self.context(), campaign)
        assert row is not None
        return row

    # Orders.

    def buyer(self, name: str) -> SigningKey:
        """The key that a buyer makes for an order."""
        return key_of(f"order {name}")

    def order(self, name: str) -> str:
        """Hex id of the order made under `buyer(name)`."""
        key = self.buyer(name)
        return m.order_id(key.algorithm, key.public_key).hex()

    def code(self, name: str) -> str:
        """The pickup code of a buyer's order."""
        letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        return "".join(letters[byte % 32] for byte in digest("pickup-code", name.encode())[:16])

    def ticket(self, name: str, campaign: str = "c1", number: str = "", **more: Any) -> m.Ticket:
        """The community's ticket for a buyer's order; `key` signs it, for the community `community`."""
        key = key_of(more.pop("key", "garden"))
        used = number_of("ticket", campaign, number or name)
        order = bytes.fromhex(self.order(name))
        message = m.ticket_message(self.genesis.chain_id, more.pop("community", "garden"), campaign, order, used)
        return m.Ticket(used, key.algorithm, key.public_key, key.sign(message))

    def placing(self, name: str, units: int, campaign: str = "c1", **more: Any) -> m.Place:
        """What a buyer says who orders `units`; `receipt`, `ticket` and `code` replace the right ones."""
        terms = self.campaign(campaign).terms
        order = self.order(name)
        fen = units * terms.ladder[0].price_fen
        receipt = more.pop("receipt", None) or self.receipt(f"order:{order}", fen)
        ticket = more.pop("ticket", None) or self.ticket(name, campaign, community=terms.community)
        code = m.code_commitment(bytes.fromhex(order), self.code(name))
        return m.Place(units, receipt, ticket, more.pop("code", code))

    def place(self, name: str, units: int, campaign: str = "c1", **more: Any) -> str:
        """A buyer orders; the hex order id."""
        self.accept(self.buyer(name), m.Order(campaign), self.placing(name, units, campaign, **more))
        return self.order(name)

    def line(self, order: str) -> OrderRow:
        """The line of a hex order id."""
        row = orders.get(self.context(), order)
        assert row is not None
        return row

    def formed(self, *units: int, campaign: str = "c1", **changes: Any) -> list[str]:
        """A campaign that formed by orders of so many units each (of the buyers "0", "1", ...); the order ids."""
        self.opened(campaign, **changes)
        placed = [self.place(f"{campaign} {number}", each, campaign) for number, each in enumerate(units)]
        self.cut(campaign)
        assert self.campaign(campaign).state == "formed"
        return placed

    # Time and records.

    def until(self, time_ms: int) -> None:
        """An empty block at that time, then those that what is due then takes."""
        self.run([], time_ms - self.now)
        self.drain()

    def cut(self, campaign: str = "c1") -> None:
        """Let the cut-off pass and all that follows at once."""
        self.until(self.campaign(campaign).terms.cutoff_ms)

    def drain(self) -> None:
        """Empty blocks, a millisecond apart, until no timer is due."""
        while any(int(key[:16]) <= self.now for key, _ in timers.scan(self.context(), limit=1)):
            self.run([], 1)

    def envelope(
        self, key: SigningKey | str, action: Action, restricted: Message | None = None, later_ms: int = 0
    ) -> bytes:
        """A signed transaction, for a block so much later; `key` may be the name of an organisation or leader."""
        signer = key_of(key) if isinstance(key, str) else key
        self.nonce += 1
        nonce = self.nonce.to_bytes(16, "big")
        salt = None if restricted is None else digest("secret", nonce)
        expires_at_ms = max(START_MS, self.now) + later_ms + 60_000
        return make_transaction(signer, self.genesis.chain_id, action, nonce, expires_at_ms, restricted, salt)

    def do(self, key: SigningKey | str, action: Action, restricted: Message | None = None) -> BlockReceipt:
        """One action in a block of its own."""
        return self.run([self.envelope(key, action, restricted)])[0]

    def accept(self, key: SigningKey | str, action: Action, restricted: Message | None = None) -> BlockReceipt:
        """As `do`; fails unless accepted."""
        receipt = self.do(key, action, restricted)
        assert receipt.code == 0, (receipt.code, receipt.details)
        return receipt

    def refuse(
        self,
        key: SigningKey | str,
        action: Action,
        refusal: type[Refusal],
        restricted: Message | None = None,
    ) -> list[str]:
        """As `do`; fails unless refused with `refusal`, with nothing of payments and group buying changed. Returns the
        details.
        """
        before = self.state_of("payments", "groupbuy")
        receipt = self.do(key, action, restricted)
        assert receipt.code == refusal.number, (receipt.code, receipt.details)
        assert before == self.state_of("payments", "groupbuy")
        return list(receipt.details)

    def state_of(self, *modules: str) -> dict[bytes, bytes]:
        """The stored public values of modules, which commit to the restricted ones."""
        prefixes = tuple(f"{module}/".encode() for module in modules)
        return {key: value for key, value in self.memory.values.items() if key.startswith(prefixes)}

    def rows_of(self, *modules: str) -> dict[bytes, bytes]:
        """The stored rows of modules, restricted ones without their salts."""
        public = self.state_of(*modules)
        return public | {key: self.memory.hidden[key][32:] for key in public if key in self.memory.hidden}

    def fork(self) -> "World":
        """Another world that goes on from here."""
        other = object.__new__(type(self))
        other.__dict__ |= self.__dict__
        other.memory = type(self.memory)(
            dict(self.memory.values),
            dict(self.memory.hidden),
            dict(self.memory.nodes),
            dict(self.memory.transactions),
        )
        other.leaves = list(self.leaves)
        return other
