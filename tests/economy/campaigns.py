"""Random campaigns: a seed becomes a scenario, that is who is there, and what happens when.

A scenario is a dictionary of plain values: `funds` (account -> fen to begin with), `windows` (how long everybody has),
`epoch` (ms since 1970 of its time 0), `outage` (two times between which there is no block, or None), `blocks`: [time in
ms since the epoch, happenings]. A happening is a dictionary; `do` names it:

| do | with |
|--|--|
| commit | source, units, unit_quantity, by |
| draft, open | campaign (draft: terms) |
| place | campaign, order, units, fen, receipt, ticket |
| cancel_order, acknowledge, withdraw_claim | order |
| cancel | campaign, by |
| harvest | lot, source, quantity (micro-units) |
| allocate | campaign, by, lots: [lot, quantity] |
| pack | campaign, by, parcels: [order, grams or None] |
| carry | campaign, leg, step: ship or receive (the trace's custody; no money) |
| ship, arrive, attend | campaign, by |
| hand_over | order, by, wrong (code), returned (units) |
| dispose | order, by, proceeds |
| substitute | campaign, by, leader |
| recall | lot, by |
| claim | order, cause, fen |
| opt_in | by, own |
| pay | order, by, fen, own |
| contest | order, by |
| adjudicate | order, award, liable |
| deposit, withdraw | account, fen |
| move | source, target, fen |
| confirm | |
| state_day | day (since 1970, UTC+8), issued, redeemed, balance |
| expire | order: the hold of its money |
| reject, reissue | order: all that its receipt is to be paid back |

The reference walks along while a scenario is made, so that most of what happens makes sense; what does
not is wanted too.
"""

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

from tests.economy.plan import Plan
from tests.economy.reference import Reference
from tests.economy.reference.world import DAY, HOUR, MINUTE, WINDOWS, S

START_MS = 1_767_225_600_000
LEADERS = ("anna", "bai")
SILENT = ("buyers", "leader", "seller", "logistics", "platform", "adjudicator", "community", "custodian")
WINDOW_SETS = (
    WINDOWS,
    {
        "perishable_window": 2 * HOUR,
        "statutory_window": 12 * HOUR,
        "pickup": HOUR,
        "noshow_grace": 2 * HOUR,
        "disposal": HOUR,
        "leader_silence": 5 * HOUR,
        "substitute": 2 * HOUR,
        "hold_grace": 3 * HOUR,
        "holdback": DAY,
        "contest": 3 * HOUR,
        "adjudication": 6 * HOUR,
        "repay": HOUR,
        "guarantee_notice": DAY,
    },
    WINDOWS | {"leader_silence": 10 * HOUR, "substitute": 14 * HOUR, "pickup": 20 * HOUR, "disposal": 3 * DAY},
)
"""What networks declare: nothing; short ones, in which nobody waits long for a silent leader; long ones for buyers."""

END = 120 * DAY
"""By then everything that can fall due has."""

Happening = dict[str, Any]
Act = Callable[[], list[Happening]]


def parties(happening: Happening) -> set[str]:
    """The kinds of parties without whom it does not happen: who signs it, or what it needs; none: anybody can do it."""
    named = {"farm": "seller", "coop": "seller", "hub": "logistics", "platform": "platform", "estate": "community"}
    kinds = {
        "draft": {"leader"},
        "open": {"seller"},
        "adjudicate": {"adjudicator"},
        "move": {"platform"},
        "place": {"buyers", "custodian", "community"},
        "deposit": {"custodian"},
        "confirm": {"custodian"},
        "reject": {"custodian"},
        "state_day": {"custodian"},
    }
    found = kinds.get(happening["do"], set())
    by = happening.get("by", "")
    if by in LEADERS or by in named:
        found = {named.get(by, "leader")}
    elif happening["do"] in ("cancel_order", "acknowledge", "claim", "withdraw_claim"):
        found = {"buyers"}
    return found | {"custodian"} if happening.get("proceeds") else found


class Maker:
    """Makes one scenario: an agenda of acts, each of which looks at the reference and says what is tried."""

    def __init__(self, seed: int, silent: str | None = None) -> None:
        self.rng = Random(seed)
        rng = self.rng
        rich = rng.random() < 0.8
        self.scenario: dict[str, Any] = {
            "seed": seed,
            "epoch": START_MS + DAY + rng.randrange(DAY),
            "windows": WINDOW_SETS[rng.choice((0, 0, 1, 2))],
            "funds": {
                "org:platform": rng.randrange(1, 50_000),
                "org:farm": rng.choice((20_000, 200_000, rng.randrange(1, 5_000))),
                "org:coop": rng.randrange(1, 100_000),
                "org:hub": rng.randrange(1, 5_000),
                "guarantee": 2_000_000 if rich else rng.randrange(1, 3_000),
                "float:anna": rng.choice((300_000, rng.randrange(1, 3_000))),
                "float:bai": 100_000,
                "member:anna": rng.randrange(1, 30_000),
            },
            "outage": None,
            "blocks": [],
        }
        self.reference = Reference(self.scenario)
        self.agenda: list[tuple[int, int, Act]] = []
        self.count = 0
        self.plans: list[Plan] = []
        drawn = rng.choice(SILENT) if rng.random() < 0.25 else ""
        self.silent = drawn if silent is None else silent
        self.silent_from = rng.randrange(6 * DAY)

    def later(self, time: int, act: Act) -> None:
        """Look again at `time`, or after the outage that it falls into."""
        outage = self.scenario["outage"]
        if outage and outage[0] < time < outage[1]:
            time = outage[1] + self.rng.randrange(S, HOUR)
        self.count += 1
        heapq.heappush(self.agenda, (time, self.count, act))

    def make(self) -> dict[str, Any]:
        """The scenario."""
        begin = 10_000
        first = Plan(self, "c1")
        is_alone = self.rng.random() < 0.65
        first.begin(begin, stands_still=is_alone and self.rng.random() < 0.08)
        self.plans = [first]
        if not is_alone:
            self.plans.append(Plan(self, "c2"))
            self.plans[1].begin(begin + self.rng.randrange(1, DAY), first if self.rng.random() < 0.6 else None)
        if self.rng.random() < 0.5:
            self.later(self.rng.randrange(HOUR, 20 * DAY), self.treasury)
        if self.rng.random() < 0.3:
            self.later(self.rng.randrange(HOUR, 20 * DAY), self.statement)
        while self.agenda:
            time = self.agenda[0][0]
            self.reference.pass_time(time, including=False)
            self.reference.now = time
            happenings: list[Happening] = []
            while self.agenda and self.agenda[0][0] == time:
                happenings += heapq.heappop(self.agenda)[2]()
            if time >= self.silent_from and self.silent:
                happenings = [happening for happening in happenings if self.silent not in parties(happening)]
            if happenings:
                self.scenario["blocks"].append([time, happenings])
                self.reference.block(time, happenings)
        self.scenario["blocks"].append([END, []])
        return self.scenario

    def treasury(self) -> list[Happening]:
        """Somebody takes or brings money, and the custodian catches up."""
        rng = self.rng
        accounts = ("org:farm", "org:hub", "org:platform", "member:anna", "member:bai")
        fen = rng.randrange(1, 20_000)
        choices: list[Happening] = [
            {"do": "withdraw", "account": rng.choice(accounts), "fen": fen},
            {"do": "deposit", "account": rng.choice(accounts), "fen": fen},
            {"do": "move", "source": "guarantee", "target": "org:platform", "fen": fen},
            {"do": "move", "source": "org:platform", "target": "guarantee", "fen": fen},
            {"do": "move", "source": "float:anna", "target": "float:bai", "fen": fen},
            {"do": "confirm"},
        ]
        owed = [name.partition(":")[2] for name, _ in self.reference.books.waiting if name.startswith("receipt:")]
        if owed and rng.random() < 0.5:
            order = rng.choice(owed)
            self.later(self.reference.now + rng.randrange(1, HOUR), lambda: [{"do": "reissue", "order": order}])
            choices = [{"do": "reject", "order": order}]
        if rng.random() < 0.8:
            self.later(self.reference.now + rng.randrange(MINUTE, 5 * DAY), self.treasury)
        return [rng.choice(choices)]

    def statement(self) -> list[Happening]:
        """The custodian states a day, mostly a right one that is over; and perhaps others."""
        rng, books = self.rng, self.reference.books
        today = self.reference.today()
        day = rng.choice((today - 1, today - 1, rng.randrange(today - 20, today), today, today - 400))
        issued, redeemed = books.days.get(day, (0, 0))
        figures = {"issued": issued, "redeemed": redeemed, "balance": books.balance_at_end(day)}
        if rng.random() < 0.2:
            wrong = rng.choice(tuple(figures))
            figures[wrong] = max(0, figures[wrong] + rng.choice((-1, 1)))
        if rng.random() < 0.7:
            self.later(self.reference.now + rng.randrange(MINUTE, 4 * DAY), self.statement)
        return [{"do": "state_day", "day": day} | figures]


def make_scenario(seed: int, silent: str | None = None) -> dict[str, Any]:
    """The scenario of a seed, always the same. `silent`: who falls silent in it ("": nobody; None: as drawn)."""
    return Maker(seed, silent).make()
