"""The second half of a random campaign: arrival, pickup, claims."""

from typing import TYPE_CHECKING, Any

from tests.economy.reference.world import DAY, HOUR, MINUTE, S

if TYPE_CHECKING:
    from tests.economy.campaigns import Act, Happening
    from tests.economy.plan import Plan

CAP_FEN = 20_000
"""What the leader may lay out for one order."""

CAUSES = ("spoiled", "spoiled", "spoiled", "spoiled", "damaged", "short_weight", "wrong_item", "missing", "quality")


class Ending:
    """What people try from the arrival on."""

    def __init__(self, plan: "Plan") -> None:
        self.plan, self.maker, self.rng, self.reference = plan, plan.maker, plan.rng, plan.reference
        self.name, self.terms, self.chance = plan.name, plan.terms, plan.chance
        self.windows = plan.reference.windows

    def campaign(self) -> dict[str, Any]:
        """The campaign by the reference."""
        return self.reference.campaigns[self.name]

    def soon(self, least: int, most: int, act: "Act") -> None:
        """Some time from now."""
        self.maker.later(self.reference.now + self.rng.randrange(least, most), act)

    def arrive(self) -> list["Happening"]:
        """The goods are there; each buyer does as she likes."""
        if self.campaign()["state"] != "shipped":
            return []
        rng, now = self.rng, self.reference.now
        late = now + self.windows["pickup"] + self.windows["noshow_grace"]
        idle = self.chance(0.08)
        for name in self.plan.names("allotted", "packed"):
            at = rng.choice(
                (rng.randrange(now + S, now + self.windows["pickup"]), rng.randrange(now + S, late), late, late - 1)
            )
            fate = rng.random()
            if fate < 0.72:
                if not idle:
                    self.maker.later(at, lambda name=name: self.hand_over(name))  # type: ignore[misc]
            elif fate < 0.85:
                self.maker.later(at, lambda name=name: self.acknowledge(name))  # type: ignore[misc]
            elif fate < 0.9:
                self.maker.later(at, lambda name=name: self.wrong_code(name))  # type: ignore[misc]
        self.maker.later(late + rng.randrange(MINUTE, DAY), self.dispose)
        self.attending(now, idle)
        silent = now + self.windows["leader_silence"] + MINUTE
        lost = silent + self.windows["substitute"] - MINUTE
        if (idle and self.chance(0.6)) or self.chance(0.05):
            self.maker.later(rng.randrange(silent, lost), self.replace)
        elif idle and self.chance(0.8):
            self.maker.later(rng.randrange(now + S, lost), self.wake)
        if self.chance(0.1):
            self.soon(S, 3 * DAY, self.plan.call_off)
        return [{"do": "arrive", "campaign": self.name, "by": self.campaign()["leader"]}]

    def attending(self, since: int, idle: bool) -> None:
        """Most leaders say once after the reminder that they are there; some too early, too late, or not at all."""
        reminder = since + self.windows["pickup"]
        late = reminder + self.windows["noshow_grace"]
        if idle and self.chance(0.7):
            return
        if self.chance(0.6):
            at = self.rng.choice((self.rng.randrange(reminder + S, late), late, late - 1, reminder, reminder + 1))
            self.maker.later(at, self.attend)
        elif self.chance(0.5):
            self.maker.later(self.rng.randrange(since + S, late + self.windows["substitute"] + HOUR), self.attend)
        if self.chance(0.2):
            self.maker.later(late + self.rng.randrange(MINUTE, self.windows["substitute"]), self.replace)

    def attend(self) -> list["Happening"]:
        """The leader (or, seldom, another) says that she is there."""
        by = self.campaign()["leader"] if self.chance(0.95) else self.rng.choice(("anna", "bai"))
        return [{"do": "attend", "campaign": self.name, "by": by}]

    def wake(self) -> list["Happening"]:
        """A leader who said nothing for long hands somebody's parcel out after all."""
        waiting = self.plan.names("ready")
        return self.hand_over(self.rng.choice(waiting)) if waiting else []

    def replace(self) -> list["Happening"]:
        """Another leader is named, and takes up the work."""
        leader = "bai" if self.campaign()["leader"] == "anna" else "anna"
        if self.campaign()["state"] == "shipped":
            self.soon(MINUTE, self.windows["leader_silence"], self.arrive)
        elif self.chance(0.8):
            self.attending(self.reference.now, self.chance(0.3))
            for name in self.plan.names("ready"):
                if self.chance(0.7):
                    self.soon(MINUTE, self.windows["leader_silence"], lambda name=name: self.hand_over(name))  # type: ignore[misc]
        by = self.rng.choice(("platform", "estate"))
        return [{"do": "substitute", "campaign": self.name, "by": by, "leader": leader}]

    def hand_over(self, name: str) -> list["Happening"]:
        """Against the code, some handed back on the spot; often a claim follows."""
        order = self.reference.orders[name]
        if order["allotted"] is None:
            return []
        returned = self.rng.randrange(order["allotted"] + 1) if self.chance(0.15) else 0
        if self.chance(0.05):
            returned = order["allotted"] // 2
        if self.chance(0.02):
            returned = order["allotted"] + 1
        by = self.campaign()["leader"] if self.chance(0.97) else self.rng.choice(("anna", "bai"))
        self.after_collection(name)
        found: list[Happening] = [
            {"do": "hand_over", "order": name, "by": by, "wrong": self.chance(0.04), "returned": returned}
        ]
        return found * 2 if self.chance(0.04) else found

    def acknowledge(self, name: str) -> list["Happening"]:
        """The buyer says so herself."""
        self.after_collection(name)
        return [{"do": "acknowledge", "order": name}]

    def wrong_code(self, name: str) -> list["Happening"]:
        """Wrong codes; perhaps enough of them to lock the parcel; perhaps the right one after all."""
        by = self.campaign()["leader"]
        tries = self.rng.randrange(1, 8)
        wrong = {"do": "hand_over", "order": name, "by": by, "wrong": True, "returned": 0}
        found: list[Happening] = [dict(wrong) for _ in range(tries)]
        found.append(wrong | {"wrong": False})
        if self.chance(0.5):
            self.soon(MINUTE, HOUR, lambda: self.acknowledge(name))
        return found

    def dispose(self) -> list["Happening"]:
        """What becomes of parcels that nobody came for."""
        found: list[Happening] = []
        for name in self.plan.names("unclaimed"):
            charged = self.reference.orders[name]["charged"]
            proceeds = self.rng.choice((0, charged, self.rng.randrange(charged + 2)))
            if self.chance(0.7):
                by = self.campaign()["leader"]
                found.append({"do": "dispose", "order": name, "by": by, "proceeds": proceeds})
        return found

    # Claims

    def after_collection(self, name: str) -> None:
        """Perhaps she is not content."""
        if not self.chance(0.35):
            return
        window = self.windows["perishable_window" if self.terms["perishable"] else "statutory_window"]
        at = self.reference.now + self.rng.choice((self.rng.randrange(S, window), window, window - 1, window // 8))
        self.maker.later(at, lambda: self.claim(name))

    def claim(self, name: str) -> list["Happening"]:
        """A claim over part of the price or all of it, or (refused) a little more."""
        order = self.reference.orders[name]
        left = order["charged"] - order["compensated"]
        fen = self.rng.choice((left, left, self.rng.randrange(1, left + 2), left + self.chance(0.3))) or 1
        self.maker.later(self.reference.now + S, lambda: self.after_claim(name, fen))
        if self.chance(0.3):
            self.soon(DAY, 5 * DAY, lambda: self.claim(name))
        return [{"do": "claim", "order": name, "cause": self.rng.choice(CAUSES), "fen": fen}]

    def after_claim(self, name: str, fen: int) -> list["Happening"]:
        """The leader pays, somebody decides, the buyer thinks again, whoever is found liable does not agree; or
        nobody does anything.
        """
        opened = [claim["state"] for claim in self.reference.claims if claim["order"] == name][-1:]
        if opened not in (["adjudicating"], ["provisional"]) and self.chance(0.8):
            return []
        found: list[Happening] = []
        if self.chance(0.5):
            if self.chance(0.3):
                found.append({"do": "opt_in", "by": self.campaign()["leader"], "own": self.chance(0.9)})
            self.soon(S, self.rng.choice((HOUR, 2 * DAY)), lambda: self.pay(name, fen))
            if self.chance(0.05):
                self.soon(S, HOUR, lambda: self.pay(name, fen))
        fate = self.rng.random()
        if fate < 0.5:
            due = self.windows["adjudication"] - S
            at = self.rng.choice((self.rng.randrange(S, due), due, due - 1))
            self.maker.later(self.reference.now + at, lambda: self.adjudicate(name))
        elif fate < 0.65:
            self.soon(S, self.windows["adjudication"], lambda: [{"do": "withdraw_claim", "order": name}])
        if self.chance(0.6 if opened == ["provisional"] else 0.05):
            due = self.windows["contest"] - S
            at = self.rng.choice((self.rng.randrange(S, due), due, due - 1))
            self.maker.later(self.reference.now + at, lambda: self.contest(name))
        return found

    def pay(self, name: str, asked: int) -> list["Happening"]:
        """The leader pays the claim, or part of it, or (refused) too much."""
        fen = self.rng.choice((asked, asked, self.rng.randrange(1, asked + 1), asked + 1))
        if asked >= CAP_FEN and self.chance(0.7):
            fen = CAP_FEN + self.chance(0.3)
        by = self.campaign()["leader"]
        own = self.reference.willing.get(by, False) if self.chance(0.9) else self.chance(0.5)
        return [{"do": "pay", "order": name, "by": by, "fen": fen, "own": own}]

    def contest(self, name: str) -> list["Happening"]:
        """Whoever is found liable, or somebody else, does not agree."""
        if self.chance(0.5):
            self.soon(S, self.windows["adjudication"], lambda: self.adjudicate(name))
        holders = [leg["holder"] for leg in self.terms["evidence"]]
        open_claims = [claim["liable"] for claim in self.reference.claims if claim["order"] == name]
        by = open_claims[-1] if open_claims and open_claims[-1] and self.chance(0.9) else self.rng.choice(holders)
        return [{"do": "contest", "order": name, "by": by}]

    def adjudicate(self, name: str) -> list["Happening"]:
        """A verdict: nothing, something, all."""
        asked = [claim["fen"] for claim in self.reference.claims if claim["order"] == name]
        fen = asked[-1] if asked else 1
        award = self.rng.choice((0, fen, fen, self.rng.randrange(fen + 1)))
        liable = self.rng.choice(("", self.terms["seller"], *(leg["holder"] for leg in self.terms["evidence"])))
        return [{"do": "adjudicate", "order": name, "award": award, "liable": liable}]
