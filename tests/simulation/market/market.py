"""The market of one simulated cluster: its people, what they see, the bank's own book, and when everything is over."""

import random
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.block import ACCEPTED, Receipt
from ledger.context import Context
from ledger.crypto.encoding import Message
from ledger.crypto.signing import SigningKey
from ledger.errors import Internal
from ledger.module import Action
from ledger.modules.groupbuy.messages import Dispose, Place
from ledger.modules.payments import messages as payments
from ledger.transaction import Transaction, decode_transaction, make_transaction
from tests.economy.translate import number_of
from tests.simulation.kernel import MILLISECOND, START_MS
from tests.simulation.market import sellers
from tests.simulation.market.buyers import buyers, leader
from tests.simulation.market.checks import Checks
from tests.simulation.market.errand import TRIES_MAX, Errand
from tests.simulation.market.people import LEADERS, Part, beginnings
from tests.simulation.market.plan import CampaignPlan, OrderPlan, draw_plans
from tests.simulation.market.reviewers import (
    MarketTranslator,
    host,
    judge,
    moderator,
    resident,
    together,
    visitor,
)
from tests.simulation.market.trader import Trader
from tests.simulation.market.view import View
from tests.simulation.workload import LIFE_MS

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster

HOUSEHOLDS = 4
INTERNAL = Internal.number


class Market:
    """People, and what they have to do with each other beside the chain."""

    def __init__(self, cluster: "Cluster") -> None:
        self.cluster, self.genesis = cluster, cluster.genesis
        self.plans: tuple[CampaignPlan, ...] = draw_plans(
            cluster.kernel.stream("market"), cluster.kernel.stream("market/taste")
        )
        self.beginnings: dict[str, list[Part]] = beginnings(self.genesis.chain_id, START_MS - MILLISECOND)
        self.begun: defaultdict[str, set[str]] = defaultdict(set)
        self.made = 0
        self.taken: dict[bytes, int] = {}
        """The bank's book: by number the receipts whose money it took in, once it was told that they are final."""
        self.paid: set[bytes] = set()
        """And the instructions that it carried out."""
        self.refusals: defaultdict[int, int] = defaultdict(int)
        self.checks = Checks(self)
        self._shown: dict[str, View] = {}
        self._seen: View | None = None
        self._translator = MarketTranslator(self, {"epoch": 0})
        self._lots = 0
        roles = {
            "farm": together(sellers.farm, host),
            "shop": sellers.shop,
            "hub": sellers.hub,
            "platform": sellers.platform,
            "estate": together(sellers.estate, moderator),
            "lab": together(sellers.lab, judge),
            "watch": sellers.watch,
            "bank": sellers.bank,
            **{name: together(leader(name), visitor(name)) for name in LEADERS},
            **{
                f"household-{share}": together(
                    buyers(share, HOUSEHOLDS), resident(f"household-{share}", share, HOUSEHOLDS)
                )
                for share in range(HOUSEHOLDS)
            },
        }
        self.traders = [Trader(self, name, role) for name, role in roles.items()]

    def start(self) -> None:
        """Everybody begins."""
        for trader in self.traders:
            trader.start()

    def stop(self) -> None:
        """Nobody begins anything any more."""
        for trader in self.traders:
            trader.is_stopping = True

    @property
    def now_us(self) -> int:
        """Simulated time."""
        return self.cluster.kernel.now

    @property
    def is_idle(self) -> bool:
        """Nothing is unanswered."""
        return all(trader.is_idle for trader in self.traders)

    # What people look up.

    def look(self, chance: random.Random) -> View | None:
        """What a validator that runs shows of its certified state; None when the one asked shows nothing."""
        machine = self.cluster.machines[chance.choice(self.cluster.doors())]
        contents = machine.store.contents
        if not machine.is_up or not contents.head.height:
            return None
        shown = self._shown.get(machine.name)
        if shown is None or shown.contents is not contents or shown.height != contents.head.height:
            shown = self._shown[machine.name] = View(self.genesis, contents)
        return shown

    def planned(self) -> Iterator[tuple[CampaignPlan, OrderPlan]]:
        """All orders that are going to be made."""
        for plan in self.plans:
            for order in plan.orders:
                yield plan, order

    @property
    def is_past_drafting(self) -> bool:
        """Whether no campaign is going to begin any more."""
        given_up = {what for trader in self.traders for what, count in trader.tries.items() if count >= TRIES_MAX}
        view = self.checks.newest()
        return all(plan.name in view.campaigns or f"draft {plan.name}" in given_up for plan in self.plans)

    @cached_property
    def rejected_receipts(self) -> dict[bytes, str]:
        """Receipts to which the bank cannot pay at first -> order."""
        return {number_of("receipt", order.name): order.name for _, order in self.planned() if order.is_rejected}

    def new_lot(self, campaign: str) -> str:
        """The name of another lot."""
        self._lots += 1
        return f"{campaign}-lot-{self._lots}"

    def lot_name(self, key: str) -> str:
        """The name of a lot by its key in the ledger."""
        return next(name for name, lot in self._translator.lots.items() if lot == key)

    # Transactions: `tests.economy.translate.Ledger`.

    def context(self) -> Context:
        """What whoever makes transactions now sees."""
        assert self._seen is not None
        return self._seen.context()

    def prepare(self, errand: Errand, view: View) -> list[Transaction]:
        """Sign what an errand consists of."""
        self._seen = view
        found: list[Transaction] = []
        for act in errand.acts:
            if isinstance(act, dict):
                found += self._translator.translate(view.now_ms, act)
            else:
                found.append(self.make(view.now_ms, *act))
        return found

    def make(self, time_ms: int, key: SigningKey, action: Action, restricted: Message | None = None) -> Transaction:
        """A signed action, decoded as it will be read."""
        self.made += 1
        nonce = b"market" + self.made.to_bytes(10, "big")
        salt = None if restricted is None else sha256(b"salt" + nonce).digest()
        expires_ms = START_MS + self.now_us // MILLISECOND + LIFE_MS
        raw = make_transaction(key, self.genesis.chain_id, action, nonce, expires_ms, restricted, salt)
        return decode_transaction(raw, self.cluster.registry, self.genesis.chain_id)

    def answered(self, trader: Trader, what: str, transaction: Transaction, receipt: Receipt) -> None:
        """Somebody is told what came of a transaction: the bank keeps its book."""
        if receipt.code == INTERNAL:
            raise self.cluster.oracle.fail(f"a rule crashed: {trader.name}, {what}: {receipt}")
        if receipt.code != ACCEPTED:
            self.refusals[receipt.code] += 1
            self.cluster.kernel.note(trader.name, f"{what}: refused, {receipt.code} {receipt.details}")
            return
        self.cluster.kernel.note(trader.name, what)
        self.begun[trader.name].add(what)
        match transaction.restricted_value:
            case (
                Place(receipt=brought)
                | Dispose(proceeds=payments.Receipt() as brought)
                | (payments.Receipt() as brought)
            ):
                self.taken[brought.number] = brought.fen
            case payments.Confirmed(instructions=done):
                self.paid.update(done)
            case _:
                pass
