"""One random campaign: its terms, and what its people try, phase after phase."""

from typing import TYPE_CHECKING, Any

from tests.economy.ending import Ending
from tests.economy.reference.world import DAY, HOUR, MINUTE, S

if TYPE_CHECKING:
    from tests.economy.campaigns import Happening, Maker

KG_GRAMS = (137, 250, 333, 500, 1_000)
GOODS = ("seller", "logistics", "product", "weighed", "sources", "unit_quantity", "tolerance_bp", "shares")
SOURCES = {"farm": ("planting:field-1", "planting:field-2"), "coop": ("planting:field-3",)}


class Plan:
    """A campaign from its draft to the pickup point (`Ending` goes on from there)."""

    def __init__(self, maker: "Maker", name: str) -> None:
        self.maker, self.rng, self.reference, self.name = maker, maker.rng, maker.reference, name
        self.terms: dict[str, Any] = {}
        self.harvested = 0

    def chance(self, probability: float) -> bool:
        """Whether something of that probability is the case."""
        return self.rng.random() < probability

    def begin(self, time: int, like: "Plan | None" = None, *, stands_still: bool = False) -> None:
        """Make the terms (selling the same things as another campaign, where one is given) and fill the agenda.
        `stands_still`: the network does, around the cut-off.
        """
        self.terms = self.make_terms(time)
        if like is not None:
            self.terms |= {name: like.terms[name] for name in GOODS}
            self.terms["evidence"] = [leg | {"van": "", "hot": "", "gap": False} for leg in like.terms["evidence"]]
        self.maker.later(time, self.start)
        cutoff = self.terms["cutoff"]
        if stands_still:
            self.stand_still(cutoff)
        orders = self.rng.choice((0, 1, 2, 3, 5, 5, 8, 8, 12, 12, 20))
        for number in range(orders):
            at = self.rng.randrange(time + S, cutoff)
            if self.chance(0.05):
                at = cutoff + self.rng.choice((-1, 0, 1))
            order = f"{self.name}-{number:02d}"
            self.maker.later(at, lambda order=order: self.place(order))  # type: ignore[misc]
            if self.chance(0.1):
                again = self.rng.choice((self.rng.randrange(at, cutoff + HOUR), cutoff - 1, cutoff, at))
                self.maker.later(again, lambda order=order: self.take_back(order))  # type: ignore[misc]
        if self.chance(0.05):
            self.maker.later(self.rng.randrange(time, cutoff + 1), self.call_off)
        if self.chance(0.02):
            self.maker.later(self.rng.randrange(time, cutoff + 2 * DAY), self.expire)
        self.maker.later(cutoff + self.rng.randrange(MINUTE, HOUR), self.after_cutoff)

    def stand_still(self, cutoff: int) -> None:
        """No block from before the cut-off until money could be asked back, or nearly; some buyers do ask."""
        over = cutoff + self.reference.windows["hold_grace"]
        end = over + self.rng.choice((-1, 0, 1, self.rng.randrange(HOUR), self.rng.randrange(3 * DAY)))
        self.maker.scenario["outage"] = [cutoff - self.rng.randrange(1, HOUR // 2), end]
        self.maker.later(end, self.expire)

    def expire(self) -> list["Happening"]:
        """Some have the hold of their money expire, in the first block after a long time, or try."""
        names = [name for name in self.reference.orders if self.chance(0.5)]
        if names and self.chance(0.3):
            self.maker.later(self.reference.now + self.rng.randrange(S, DAY), self.expire)
        return [{"do": "expire", "order": name} for name in names]

    def make_terms(self, time: int) -> dict[str, Any]:
        """Random terms that may be drafted (but for a rare few)."""
        rng = self.rng
        seller = rng.choice(("farm", "farm", "coop"))
        logistics = rng.choice(("hub", "hub", None))
        cutoff = time + rng.randrange(HOUR, 2 * DAY)
        start = cutoff + rng.randrange(MINUTE, DAY)
        tiers = sorted({1, *(rng.randrange(2, 30) for _ in range(rng.randrange(4)))})
        prices = sorted(rng.sample(range(1, rng.choice((12, 500, 9_000))), len(tiers)), reverse=True)
        maximum = rng.choice((5, 30, 60, 200))
        weighed = self.chance(0.6)
        unit = rng.choice(KG_GRAMS) * 1_000 if weighed or self.chance(0.5) else rng.choice((1, 6, 12)) * 1_000_000
        strict = self.chance(0.5)
        shares = {"leader": rng.randrange(2_000), "platform": rng.randrange(1_000), "logistics": 0}
        if logistics:
            shares["logistics"] = rng.randrange(1_500)
        if self.chance(0.05):
            shares["leader"] = 10_000 - shares["platform"] - shares["logistics"]
        return {
            "seller": seller,
            "leader": rng.choice(("anna", "anna", "bai")),
            "platform": "platform",
            "community": "estate",
            "logistics": logistics,
            "weighed": weighed,
            "product": "kg" if unit < 10**6 or weighed else "piece",
            "sources": list(SOURCES[seller][: rng.randrange(1, 3)]),
            "unit_quantity": unit,
            "tolerance_bp": rng.choice((300, 500, 1_000, 10_000)) if weighed else None,
            "ladder": [list(tier) for tier in zip(tiers, prices, strict=True)],
            "minimum": min(maximum, rng.choice((1, 1, 1, 2, 5, 15))),
            "maximum": maximum,
            "per_order": min(maximum, rng.choice((1, 3, 5, 10))),
            "cutoff": cutoff,
            "from": start,
            "to": start + rng.randrange(2 * HOUR, 3 * DAY),
            "shares": shares,
            "deposit": rng.choice((0, 0, 500, rng.randrange(1, 10_000))),
            "holdback_bp": rng.choice((0, 0, 500, 1_000, 10_000)),
            "perishable": self.chance(0.7),
            "gap": 30 * S if strict else 0,
            "evidence": self.make_evidence(seller, logistics, strict),
        }

    def make_evidence(self, seller: str, logistics: str | None, strict: bool) -> list[dict[str, Any]]:
        """Who has the goods in hand one after the other (at rest, on the way, at rest, ...), and what devices say.

        `strict`: readings are mandatory. Whether readings declared wrong count as missing then, no rule says.
        """
        rng = self.rng
        holders = [seller, "hub", "shop"] if logistics else [seller, "shop"]
        vans = self.chance(0.4)
        legs = []
        for holder in holders[:-1]:
            legs.append({"holder": holder, "van": "", "hot": "", "gap": False})
            if vans:
                van = rng.choice((holder, "hub")) if logistics else holder
                hot = rng.choice(("", "", "sound", "sound", "faulty", "" if strict else "doubtful"))
                gap = not hot and self.chance(0.4)
                legs.append({"holder": van, "van": van, "hot": hot, "gap": gap})
            else:
                legs.append({"holder": holder, "van": "", "hot": "", "gap": False})
        return [*legs, {"holder": "shop", "van": "", "hot": "", "gap": False}]

    def start(self) -> list["Happening"]:
        """Supply, draft, and the seller's word."""
        terms, rng = self.terms, self.rng
        found: list[Happening] = [
            {
                "do": "commit",
                "by": terms["seller"],
                "source": source,
                "units": rng.choice((0 if self.chance(0.2) else 5, 20, terms["maximum"], 300, 300)),
                "unit_quantity": terms["unit_quantity"],
                "product": terms["product"],
            }
            for source in terms["sources"]
            if self.chance(0.95)
        ]
        found.append({"do": "draft", "campaign": self.name, "terms": terms})
        if self.chance(0.97):
            found.append({"do": "open", "campaign": self.name, "by": terms["seller"]})
        return found

    def place(self, order: str) -> list["Happening"]:
        """An order; now and then with a wrong receipt, or a ticket or receipt that was used."""
        terms, rng = self.terms, self.rng
        if self.state() != "open" and self.chance(0.8):
            return []
        units = rng.randrange(1, terms["per_order"] + 1) + (1 if self.chance(0.03) else 0)
        others = [name for name in self.reference.orders if name != order]
        return [
            {
                "do": "place",
                "campaign": self.name,
                "order": order,
                "units": units,
                "fen": units * terms["ladder"][0][1] + (rng.choice((-1, 1)) if self.chance(0.03) else 0) or 1,
                "receipt": rng.choice(others) if others and self.chance(0.03) else order,
                "ticket": rng.choice(others) if others and self.chance(0.03) else order,
            }
        ]

    def take_back(self, order: str) -> list["Happening"]:
        """The buyer thinks again."""
        return [{"do": "cancel_order", "order": order}]

    def call_off(self) -> list["Happening"]:
        """Somebody wants the campaign to end; may or may not be allowed to."""
        by = self.rng.choice((self.terms["seller"], self.terms["leader"], "platform", "hub"))
        return [{"do": "cancel", "campaign": self.name, "by": by}]

    def state(self) -> str:
        """The campaign's state by the reference."""
        campaign = self.reference.campaigns.get(self.name)
        return str(campaign["state"]) if campaign else ""

    def names(self, *states: str) -> list[str]:
        """The campaign's orders in these states."""
        return [order["name"] for order in self.reference.lines(self.reference.campaigns[self.name], *states)]

    # From the cut-off to the pickup point

    def after_cutoff(self) -> list["Happening"]:
        """Formed: the harvest comes in, or somebody gives up."""
        if self.state() != "formed":
            return self.call_off() if self.chance(0.1) and self.state() else []
        if self.chance(0.08):
            return self.call_off()
        room = self.terms["to"] - self.reference.now
        if self.chance(0.92) and room > 3 * MINUTE:
            self.maker.later(self.reference.now + self.rng.randrange(MINUTE, room // 2), self.allocate)
        return []

    def allocate(self) -> list["Happening"]:
        """One or two lots of the sources: just enough, too little, or (refused) too much."""
        if self.state() != "formed":
            return []
        terms, rng, found = self.terms, self.rng, []
        lines = self.reference.lines(self.reference.campaigns[self.name], "owed")
        ordered = max(1, sum(order["units"] for order in lines))
        share = rng.choice((ordered, ordered, rng.randrange(1, ordered + 1), max(1, ordered - 1)))
        wanted = share + 1 if self.chance(0.05) else share
        first = rng.randrange(1, wanted) if wanted > 1 and self.chance(0.3) else wanted
        lots = []
        for units in filter(None, (first, wanted - first)):
            self.harvested += 1
            lot, quantity = f"{self.name}-{self.harvested}", units * terms["unit_quantity"]
            spare = rng.choice((0, terms["unit_quantity"], 50 * terms["unit_quantity"]))
            source = rng.choice(terms["sources"])
            found.append(
                {
                    "do": "harvest",
                    "by": terms["seller"],
                    "lot": lot,
                    "source": source,
                    "quantity": quantity + spare,
                    "product": terms["product"],
                }
            )
            lots.append([lot, quantity])
        if self.chance(0.03):
            lots[0][1] += 2 * terms["unit_quantity"]
        lots[-1] = self.share_lot(lots[-1])
        found.append({"do": "allocate", "campaign": self.name, "by": terms["seller"], "lots": lots})
        now, to = self.reference.now, terms["to"]
        if wanted > share and wanted > ordered:
            self.maker.later(now + MINUTE, self.allocate)
            return found
        if self.chance(0.05):
            self.maker.later(rng.randrange(now + S, to), self.call_off)
        if self.chance(0.08):
            self.maker.later(rng.randrange(now + S, now + 40 * DAY), self.recall)
        pack = rng.randrange(now + S, max(to, now + 2 * S))
        self.maker.later(pack, self.pack)
        if self.chance(0.1):
            self.maker.later(rng.randrange(pack, pack + HOUR), self.pack)
        road = rng.randrange(pack + S, max(to, pack + MINUTE)) if self.chance(0.93) else to - rng.choice((0, 1))
        self.maker.later(road, self.ship)
        return found

    def share_lot(self, portion: list[Any]) -> list[Any]:
        """The same out of a lot that fills another campaign as well, where one has enough to spare; not where vans are
        watched, as one lot would then have been in two at a time.
        """
        for other in self.maker.plans:
            if other is self or any(leg["van"] for leg in other.terms["evidence"] + self.terms["evidence"]):
                continue
            if other.terms["product"] != self.terms["product"]:
                continue
            for name, row in self.reference.lots.items():
                mine = row["source"] in self.terms["sources"] and name.startswith(other.name)
                if mine and not row["recalled"] and row["produced"] - row["used"] >= portion[1]:
                    return [name, portion[1]]
        return portion

    def pack(self) -> list["Happening"]:
        """Weights around nominal, most within what is allowed; some lines are left out."""
        if self.state() not in ("allocated", "shipped"):
            return []
        terms, rng = self.terms, self.rng
        parcels: list[list[Any]] = []
        by = rng.choice((terms["seller"], terms["logistics"] or terms["seller"]))
        for name in self.names("allotted", "packed"):
            nominal = self.reference.orders[name]["allotted"] * terms["unit_quantity"] // 1_000
            least = -(-nominal * (10_000 - (terms["tolerance_bp"] or 0)) // 10_000)
            grams = rng.choice((nominal, rng.randrange(least, nominal + 1), rng.randrange(least, 2 * nominal), least))
            if self.chance(0.9):
                parcels.append([name, max(1, grams) if terms["weighed"] else None])
        if terms["weighed"] and parcels and self.chance(0.05):
            parcels[-1][1] = max(1, parcels[-1][1] // 2)
        single = self.chance(0.5)
        groups = [[parcel] for parcel in parcels] if single else [parcels] if parcels else []
        return [{"do": "pack", "campaign": self.name, "by": by, "parcels": group} for group in groups]

    def ship(self) -> list["Happening"]:
        """The first leg leaves; the others and the arrival follow."""
        if self.state() not in ("allocated", "shipped"):
            return []
        terms, rng = self.terms, self.rng
        by = rng.choice((terms["seller"], terms["logistics"] or terms["seller"]))
        found = self.carry(0, "ship", by)
        windows = self.reference.windows
        silent, lost = (terms["to"] + windows["leader_silence"] + after for after in (0, windows["substitute"]))
        last = rng.choice((max(terms["to"], self.reference.now), lost))
        arrival = rng.randrange(self.reference.now + 10 * MINUTE, last + 11 * MINUTE)
        if self.chance(0.05):
            arrival = lost - rng.choice((0, 1))
        self.maker.later(self.reference.now + MINUTE, lambda: self.carry(0, "receive"))
        if terms["logistics"]:
            self.maker.later(self.reference.now + 2 * MINUTE, lambda: self.carry(1, "ship", "hub"))
            self.maker.later(self.reference.now + 3 * MINUTE, lambda: self.carry(1, "receive"))
        if self.chance(0.95):
            self.maker.later(max(arrival, self.reference.now + 4 * MINUTE), Ending(self).arrive)
        elif self.chance(0.7):
            self.maker.later(rng.randrange(silent + MINUTE, lost), Ending(self).replace)
        return found

    def carry(self, leg: int, step: str, by: str = "") -> list["Happening"]:
        """Custody goes on; of a leg that begins, the buyers are told by whom is named."""
        giver, _, taker = self.terms["evidence"][2 * leg : 2 * leg + 3]
        hand = giver["holder"] if step == "ship" else taker["holder"]
        found: list[Happening] = [{"do": "carry", "campaign": self.name, "leg": leg, "step": step, "by": hand}]
        if step == "ship":
            found.append({"do": "ship", "campaign": self.name, "leg": leg, "by": by})
        return found

    def recall(self) -> list["Happening"]:
        """The seller or the authority calls a lot back."""
        lots = self.reference.campaigns[self.name]["lots"]
        by = self.rng.choice((self.terms["seller"], "watch"))
        return [{"do": "recall", "lot": self.rng.choice(lots), "by": by}] if lots else []
