"""A hypothesis state machine over all modules together: people do what they like, in any order, at any time.

Unlike the scenarios it knows no plan: what to do is drawn from what the certified rows allow (and a little beyond), one
block at a time, while the network's sweeps and deadlines are still under way (`timers_per_block` is small). After each
block the whole economy is checked by an independent pass; at the end one party has been silent, nobody does anything
any more, and still everybody's money must have come out.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.errors import Internal
from ledger.modules.groupbuy.rules.common import WAITING
from tests.economy.campaigns import SILENT, START_MS, Maker, parties
from tests.economy.checks import LIVES, Lives, Rows, check_lives, check_rows, stuck, untold
from tests.economy.leaving import take_all_out
from tests.economy.plan import Plan
from tests.economy.reference.world import WINDOWS
from tests.economy.translate import Translator, order_of
from tests.economy.world import DAY_MS, Chain, settled_chain

HOUR_MS = 3_600_000
STEPS_MS = (1, 1_000, 60_000, HOUR_MS, HOUR_MS, 9 * HOUR_MS, DAY_MS)
PATIENCE_MS = 60 * DAY_MS
"""More than all windows of the rules one after the other."""

FUNDS = {"farm": 50_000, "coop": 50_000, "hub": 500, "platform": 100}
NAMES = ("c1", "c2")

small = st.integers(0, 30)
seeds = st.integers(0, 2**16)


class Economy(RuleBasedStateMachine):
    """Everybody at once."""

    timers_per_block = 3
    windows: Mapping[str, int] = WINDOWS

    def __init__(self) -> None:
        super().__init__()
        self.chain: Chain = settled_chain(self.timers_per_block, self.windows)
        self.translator = Translator(self.chain, {"epoch": 0})
        self.lives = Lives(LIVES)
        self.silent = ""
        self.count = self.claimed = 0
        self.drafted: dict[str, dict[str, Any]] = {}
        self.ordered: dict[str, str] = {}
        self.rows = Rows(self.chain)

    # One block at a time

    def block(self, *happenings: dict[str, Any], later_ms: int = 1) -> list[int]:
        """What is done, by those who are not silent, in one block; the codes of its records."""
        time_ms = max(self.chain.head.time_ms + later_ms, START_MS + DAY_MS)
        done = [happening for happening in happenings if self.silent not in parties(happening)]
        made = [record for happening in done for record in self.translator.translate(time_ms, happening)]
        codes = [receipt.code for receipt in self.chain.run(time_ms, made).receipts if receipt is not None]
        assert Internal.number not in codes, "a rule crashed"
        self.rows = Rows(self.chain)
        return codes

    @property
    def now(self) -> int:
        """Time of the last block."""
        return self.chain.head.time_ms

    def pick(self, number: int, *states: str) -> str | None:
        """An order in one of `states` by the rows (any, where none is named)."""
        names = [
            name
            for name in self.ordered
            if (row := self.rows.orders.get(order_of(name).hex())) and (not states or row.state in states)
        ]
        return names[number % len(names)] if names else None

    def leader_of(self, campaign: str) -> str:
        """Who leads a campaign now."""
        row = self.rows.campaigns.get(campaign)
        return row.leader if row else "anna"

    # The world

    @initialize(rich=st.booleans(), seed=seeds, count=st.sampled_from((0, 2, 5, 10, 40)), steps=st.integers(0, 5))
    def fund(self, rich: bool, seed: int, count: int, steps: int) -> None:
        """Everybody has some money, the guarantee much or hardly any; a campaign is on its way."""
        for organisation, fen in FUNDS.items():
            self.block({"do": "deposit", "account": f"org:{organisation}", "fen": fen})
        self.block({"do": "deposit", "account": "member:anna", "fen": 10_000})
        for target, fen in (("guarantee", 1_000_000 if rich else 500), ("float:anna", 30_000), ("float:bai", 30_000)):
            self.block({"do": "deposit", "account": "org:platform", "fen": fen})
            self.block({"do": "move", "source": "org:platform", "target": target, "fen": fen})
        self.begin(seed)
        self.place(0, 2, count)
        for _ in range(steps):
            self.go_on(0, 1_000)

    def some(self, number: int, *states: str) -> str | None:
        """A campaign in one of `states`."""
        names = [name for name, row in self.rows.campaigns.items() if row.state in states]
        return names[number % len(names)] if names else None

    def has_campaign(self, *states: str) -> bool:
        """Whether there is one."""
        return self.some(0, *states) is not None

    def has_order(self, *states: str) -> bool:
        """Whether there is one."""
        return self.pick(0, *states) is not None

    @rule(step=st.sampled_from(STEPS_MS))
    def wait(self, step: int) -> None:
        """Time passes in an empty block."""
        self.block(later_ms=step)

    @rule(offset=st.sampled_from((-1, 0, 1)))
    def wait_for_timer(self, offset: int) -> None:
        """Up to what is due next, or just before or after it."""
        due = self.chain.next_due_ms()
        if due is not None:
            self.block(later_ms=max(1, due + offset - self.now))

    @rule(party=st.sampled_from(SILENT), sure=st.integers(0, 3))
    @precondition(lambda self: not self.silent)
    def fall_silent(self, party: str, sure: int) -> None:
        """From now on that party does nothing any more."""
        if sure == 0:
            self.silent = party

    @rule(seed=seeds)
    @precondition(lambda self: len(self.drafted) < len(NAMES))
    def begin(self, seed: int) -> None:
        """A campaign is drafted and opened, as random terms have it."""
        name = NAMES[len(self.drafted)]
        maker = Maker(seed)
        plan = Plan(maker, name)
        terms = plan.make_terms(max(self.now, START_MS + DAY_MS) + 1_000)
        terms["minimum"] = min(2, terms["minimum"])
        terms["maximum"] = 200
        self.drafted[name] = terms
        rng = Random(seed)
        supply = [
            {"do": "commit", "by": terms["seller"], "source": source, "units": rng.choice((20, 300))}
            | {"unit_quantity": terms["unit_quantity"], "product": terms["product"]}
            for source in terms["sources"]
        ]
        draft = {"do": "draft", "campaign": name, "terms": terms, "by": terms["leader"]}
        self.block(*supply, draft, {"do": "open", "campaign": name, "by": terms["seller"]})

    # Before the cut-off

    @rule(number=small, units=st.integers(1, 10), count=st.sampled_from((1, 1, 1, 5, 40)))
    @precondition(lambda self: len(self.ordered) < 90 and self.has_campaign("open"))
    def place(self, number: int, units: int, count: int) -> None:
        """One order, or many in one block."""
        name = self.some(number, "open")
        if name is None:
            return
        terms = self.drafted[name]
        found: list[dict[str, Any]] = []
        for _ in range(count):
            self.count += 1
            order = f"{name}-{self.count:03d}"
            self.ordered[order] = name
            fen = min(units, terms["per_order"]) * terms["ladder"][0][1]
            found.append(
                {"do": "place", "campaign": name, "order": order, "units": min(units, terms["per_order"]), "fen": fen}
                | {"receipt": order, "ticket": order}
            )
        self.block(*found)

    @rule(number=small)
    @precondition(lambda self: self.has_order("placed"))
    def cancel_order(self, number: int) -> None:
        """A buyer takes an order back."""
        order = self.pick(number)
        if order:
            self.block({"do": "cancel_order", "order": order})

    @rule(number=small, by=st.sampled_from(("leader", "seller", "platform")), sure=st.integers(0, 29))
    def cancel(self, number: int, by: str, sure: int) -> None:
        """A campaign is called off (seldom)."""
        name = list(self.drafted)[number % len(self.drafted)]
        if sure == 0:
            named = {"leader": self.leader_of(name), "platform": "platform", "seller": self.drafted[name]["seller"]}
            self.block({"do": "cancel", "campaign": name, "by": named[by]})

    # Goods

    @rule(number=small, per_mille=st.sampled_from((1_000, 1_000, 900, 500, 10)))
    @precondition(lambda self: self.has_campaign("open", "formed", "allocated", "shipped"))
    def go_on(self, number: int, per_mille: int) -> None:
        """The next thing that is to happen to a campaign, from the cut-off to the pickup point."""
        name = self.some(number, "open", "formed", "allocated", "shipped")
        if name is None:
            return
        row, seller = self.rows.campaigns[name], self.drafted[name]["seller"]
        leg = {"campaign": name, "leg": 0, "by": seller}
        if row.state == "open":
            self.block(later_ms=max(1, row.terms.cutoff_ms - self.now))
        elif row.state == "formed":
            self.allocate(name, max(1, row.units * per_mille // 1_000))
        elif row.state == "allocated":
            self.block({"do": "carry", "step": "ship"} | leg, {"do": "ship"} | leg)
        elif row.state == "shipped":
            self.block({"do": "carry", "step": "receive"} | leg, later_ms=60_000)
            self.block({"do": "arrive", "campaign": name, "by": row.leader})
        for _ in range(64):
            if not self.has_campaign("forming", "allocating"):
                break
            self.block()

    def allocate(self, name: str, units: int) -> None:
        """A harvest fills a campaign, more or less."""
        terms = self.drafted[name]
        self.count += 1
        lot, quantity = f"{name}-{self.count}", units * terms["unit_quantity"]
        harvest = {"do": "harvest", "by": terms["seller"], "lot": lot, "source": terms["sources"][0]}
        harvest |= {"quantity": quantity, "product": terms["product"]}
        self.block(harvest, {"do": "allocate", "campaign": name, "by": terms["seller"], "lots": [[lot, quantity]]})

    @rule(number=small, per_mille=st.integers(900, 1_050))
    @precondition(lambda self: self.has_campaign("allocated"))
    def pack(self, number: int, per_mille: int) -> None:
        """A parcel is weighed."""
        order = self.pick(number, *WAITING)
        if order is None:
            return
        name = self.ordered[order]
        terms, row = self.drafted[name], self.rows.orders[order_of(order).hex()]
        grams = max(1, (row.allotted or 0) * terms["unit_quantity"] // 1_000 * per_mille // 1_000)
        parcels = [[order, grams if terms["weighed"] else None]]
        self.block({"do": "pack", "campaign": name, "by": terms["seller"], "parcels": parcels})

    @rule(number=small)
    @precondition(lambda self: self.has_campaign("shipped", "arrived"))
    def substitute(self, number: int) -> None:
        """Another leader is named."""
        name = self.some(number, "shipped", "arrived")
        assert name is not None
        other = "bai" if self.leader_of(name) == "anna" else "anna"
        by = "platform" if self.silent == "community" else "estate"
        self.block({"do": "substitute", "campaign": name, "by": by, "leader": other})

    @rule(number=small, sure=st.integers(0, 19))
    @precondition(lambda self: self.has_campaign("allocating", "allocated", "shipped", "arrived", "ending", "closed"))
    def recall(self, number: int, sure: int) -> None:
        """A lot is called back (seldom)."""
        lots = [lot.lot for row in self.rows.campaigns.values() for lot in row.lots]
        if lots and sure == 0:
            known = {key: name for name, key in self.translator.lots.items()}
            self.block({"do": "recall", "lot": known[lots[number % len(lots)]], "by": "watch"})

    # At the pickup point

    @rule(number=small, returned=st.sampled_from((0, 0, 0, 1, 10)), wrong=st.sampled_from((False, False, True)))
    @precondition(lambda self: self.has_campaign("arrived"))
    def hand_over(self, number: int, returned: int, wrong: bool) -> None:
        """A parcel is handed out."""
        order = self.pick(number, *WAITING)
        if order is None:
            return
        row = self.rows.orders[order_of(order).hex()]
        happening = {"do": "hand_over", "order": order, "by": self.leader_of(self.ordered[order]), "wrong": wrong}
        self.block(happening | {"returned": min(returned, row.allotted or 0)})

    @rule(number=small)
    @precondition(lambda self: self.has_campaign("arrived"))
    def acknowledge(self, number: int) -> None:
        """A buyer says that she has her parcel."""
        order = self.pick(number, *WAITING)
        if order:
            self.block({"do": "acknowledge", "order": order})

    @rule(number=small, part=st.integers(0, 4))
    @precondition(lambda self: self.has_order("unclaimed"))
    def dispose(self, number: int, part: int) -> None:
        """Goods nobody came for."""
        order = self.pick(number, "unclaimed")
        if order:
            row = self.rows.orders[order_of(order).hex()]
            by = self.leader_of(self.ordered[order])
            self.block({"do": "dispose", "order": order, "by": by, "proceeds": row.charged_fen * part // 4})

    @rule(number=small)
    @precondition(lambda self: self.has_campaign("arrived"))
    def attend(self, number: int) -> None:
        """The leader says that she is there with what is left."""
        name = self.some(number, "arrived")
        assert name is not None
        self.block({"do": "attend", "campaign": name, "by": self.leader_of(name)})

    # Claims

    @rule(number=small, part=st.integers(1, 4), cause=st.sampled_from(("spoiled", "damaged")))
    @precondition(lambda self: self.has_order("collected"))
    def claim(self, number: int, part: int, cause: str) -> None:
        """A buyer is not content."""
        order = self.pick(number, "collected")
        if order:
            row = self.rows.orders[order_of(order).hex()]
            fen = max(1, (row.charged_fen - row.compensated_fen) * part // 4)
            self.block({"do": "claim", "order": order, "cause": cause, "fen": fen})
            self.claimed += 1

    @rule(number=small, fen=st.integers(1, 3_000), own=st.booleans())
    @precondition(lambda self: self.has_order("disputed"))
    def pay(self, number: int, fen: int, own: bool) -> None:
        """The leader pays at once."""
        order = self.pick(number, "disputed")
        if order:
            by = self.leader_of(self.ordered[order])
            willing = {"do": "opt_in", "by": by, "own": True}
            self.block(willing, {"do": "pay", "order": order, "by": by, "fen": fen, "own": own})

    @rule(number=small, part=st.integers(0, 4), liable=st.sampled_from(("", "farm", "coop", "shop", "hub")))
    @precondition(lambda self: self.has_order("disputed"))
    def adjudicate(self, number: int, part: int, liable: str) -> None:
        """Somebody decides."""
        order = self.pick(number, "disputed")
        if order:
            row = self.rows.orders[order_of(order).hex()]
            award = (row.charged_fen - row.compensated_fen) * part // 4
            self.block({"do": "adjudicate", "order": order, "award": award, "liable": liable})

    @rule(number=small, by=st.sampled_from(("buyer", "farm", "hub")))
    @precondition(lambda self: self.has_order("disputed"))
    def object_to(self, number: int, by: str) -> None:
        """A finding is contested, or the buyer takes her claim back."""
        order = self.pick(number, "disputed")
        if order and by == "buyer":
            self.block({"do": "withdraw_claim", "order": order})
        elif order:
            self.block({"do": "contest", "order": order, "by": by})

    # Money

    @rule(account=st.sampled_from(("org:farm", "org:hub", "org:platform", "member:anna")), fen=st.integers(1, 9_000))
    def withdraw(self, account: str, fen: int) -> None:
        """Somebody takes money out."""
        self.block({"do": "withdraw", "account": account, "fen": fen, "by": account.partition(":")[2]})

    @rule()
    def confirm(self) -> None:
        """The custodian catches up."""
        self.block({"do": "confirm"})

    # What must hold

    @invariant()
    def holds(self) -> None:
        """Conservation, no oversell, no double payment, life cycles along the tables."""
        breaches = check_rows(self.rows) + check_lives(self.lives, self.rows)
        assert not breaches, breaches

    def teardown(self) -> None:
        """Nobody does anything any more: within bounded time everybody's money is out or can be taken out."""
        self.settle_down()
        self.holds()
        self.rows = Rows(self.chain)
        left = stuck(self.rows)
        assert not left, left
        assert self.chain.violations() == []
        self.take_all_out()

    def settle_down(self) -> None:
        """Empty blocks at every time at which something is due."""
        until_ms = self.now + PATIENCE_MS
        while (due := self.chain.next_due_ms()) is not None and due <= until_ms:
            self.chain.run(max(due, self.now + 1), [])
        self.rows = Rows(self.chain)

    def take_all_out(self) -> None:
        """Every owner withdraws all that is hers: then all is told to the custodian, who has only to pay. Only the
        platform's own funds stay.
        """
        refused = take_all_out(self.chain, self.now + 1)
        self.rows = Rows(self.chain)
        assert not refused + untold(self.rows), refused + untold(self.rows)
        if self.silent != "custodian":
            self.silent = ""
            self.block({"do": "confirm"})
            kept = {name for name, row in self.rows.accounts.items() if row.balance_fen and name != "bank/custodian"}
            assert all(name.startswith("bank/float:") or name.endswith("/guarantee") for name in kept), kept
