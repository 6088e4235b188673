"""Claims: paid at once by the leader, borne by whoever is found liable."""

from typing import Any

from tests.economy.reference.settling import Settling
from tests.economy.reference.world import DAY, HOUR, WINDOWS, need

FLOAT_ORDER_CAP = 20_000
FLOAT_DAY_CAP = 200_000
CLAIMS_MAX = 4
OPEN = ("provisional", "adjudicating", "contested")


class Claims(Settling):
    """Claims: paid at once by the leader, borne by whoever is found liable.

    A claim: `fen` asked, `paid` by the leader (`by`, `own`: out of her own account), `lent`: of her own money what she
    has not back yet, `liable`: whom the rule finds liable.
    """

    def open_claim(self, order: str) -> dict[str, Any]:
        """The claim of an order that is not decided."""
        found = [claim for claim in self.claims if claim["order"] == order and claim["state"] in OPEN]
        need(bool(found), "no open claim")
        need(not self.campaigns[self.orders[order]["campaign"]]["recalled"], "recalled")
        return found[0]

    def do_claim(self, h: dict[str, Any]) -> None:
        """A buyer claims within her window."""
        need(h["order"] in self.orders, "no such order")
        order = self.orders[h["order"]]
        campaign = self.campaign(order["campaign"], "arrived")
        need(order["state"] == "collected", f"is {order['state']}")
        need(self.now < order["settle"], "late")
        need(order["claims"] < CLAIMS_MAX, "too many claims")
        need(h["fen"] <= order["charged"] - order["compensated"], "more than she paid")
        order["state"] = "disputed"
        order["claims"] += 1
        liable = self.judge(campaign) if h["cause"] == "spoiled" else ""
        claim = {
            "id": len(self.claims),
            "order": h["order"],
            "number": order["claims"],
            "fen": h["fen"],
            "paid": 0,
            "by": "",
            "own": False,
            "lent": 0,
            "liable": liable,
            "state": "provisional" if liable else "adjudicating",
        }
        self.claims.append(claim)
        self.wait(claim, "contest" if liable else "adjudication")

    def wait(self, claim: dict[str, Any], window: str) -> None:
        """Somebody has so much time from now on."""
        claim["due"] = self.now + WINDOWS[window]
        self.at(claim["due"], "claim", claim["id"], claim["state"])

    def judge(self, campaign: dict[str, Any]) -> str:
        """Whoever alone had the goods in hand when sound devices saw them too warm; or, if none did, whoever alone
        left mandatory readings out. "" if the rule cannot tell, as of
        goods that bear any temperature (those sold by the piece here).
        """
        if campaign["terms"]["product"] != "kg":
            return ""
        legs = [campaign["terms"]["evidence"][2 * leg + 1] for leg in campaign["legs"]]
        hot = [leg["holder"] for leg in legs if leg["hot"] == "sound"]
        gaps = [leg["holder"] for leg in legs if leg["gap"] and campaign["terms"]["gap"]]
        found = hot or gaps
        return str(found[0]) if len(found) == 1 else ""

    def do_opt_in(self, h: dict[str, Any]) -> None:
        """A leader is willing, or not any more, to lay out money of her own."""
        self.willing[h["by"]] = h["own"]

    def do_pay(self, h: dict[str, Any]) -> None:
        """The leader pays at once."""
        need(h["order"] in self.orders, "no such order")
        claim = self.open_claim(h["order"])
        order = self.orders[h["order"]]
        need(h["by"] == self.campaigns[order["campaign"]]["leader"], "may not")
        need(not claim["paid"], "paid already")
        need(h["fen"] <= claim["fen"], "more than claimed")
        day = (self.scenario["epoch"] + self.now + 8 * HOUR) // DAY
        if h["own"]:
            need(self.willing.get(h["by"], False), "not opted in")
            source = "member:" + h["by"]
        else:
            source = "float:" + h["by"]
            before = sum(c["paid"] for c in self.claims if c["order"] == h["order"] and not c["own"])
            need(before + h["fen"] <= FLOAT_ORDER_CAP, "over the order's cap")
            need(self.paid_out.get((h["by"], day), 0) + h["fen"] <= FLOAT_DAY_CAP, "over the day's cap")
        need(self.books.available(source) >= h["fen"], "no money")
        if not h["own"]:
            self.paid_out[h["by"], day] = self.paid_out.get((h["by"], day), 0) + h["fen"]
        self.books.refund(source, order["receipt"], h["fen"])
        order["compensated"] += h["fen"]
        claim.update(paid=h["fen"], by=h["by"], own=h["own"])
        if h["own"]:
            claim["lent"] = h["fen"]
            self.at(self.now + WINDOWS["repay"], "repay", claim["id"])

    def due_repay(self, number: int) -> None:
        """A leader has her own money back within a day, whoever turns out liable."""
        claim = self.claims[number]
        if claim["lent"]:
            self.books.charge("guarantee", "member:" + claim["by"], claim["lent"])
            claim["lent"] = 0

    def do_contest(self, h: dict[str, Any]) -> None:
        """Whom the rule finds liable does not agree."""
        need(h["order"] in self.orders, "no such order")
        claim = self.open_claim(h["order"])
        need(claim["state"] == "provisional", f"is {claim['state']}")
        need(h["by"] == claim["liable"], "may not")
        need(self.now < claim["due"], "late")
        claim["state"] = "contested"
        self.wait(claim, "adjudication")

    def do_adjudicate(self, h: dict[str, Any]) -> None:
        """A person decides what the rule cannot."""
        need(h["order"] in self.orders, "no such order")
        claim = self.open_claim(h["order"])
        need(claim["state"] in ("adjudicating", "contested"), f"is {claim['state']}")
        need(self.now < claim["due"], "late")
        need(h["award"] <= claim["fen"], "more than claimed")
        terms = self.campaigns[self.orders[h["order"]]["campaign"]]["terms"]
        holders = [leg["holder"] for leg in terms["evidence"]]
        need(h["liable"] in ("", terms["seller"], *holders), "never had it")
        self.decide(claim, h["award"], h["liable"])

    def do_withdraw_claim(self, h: dict[str, Any]) -> None:
        """The buyer takes it back; what the leader paid stays paid."""
        need(h["order"] in self.orders, "no such order")
        claim = self.open_claim(h["order"])
        claim["state"] = "withdrawn"
        self.resolve(self.orders[h["order"]])

    def due_claim(self, number: int, stage: str) -> None:
        """Not contested: the rule's finding stands. Not adjudicated: the guarantee pays."""
        claim = self.claims[number]
        if claim["state"] != stage:
            return
        if stage == "provisional":
            self.decide(claim, claim["fen"], claim["liable"])
        else:
            self.decide(claim, claim["fen"], "")

    def decide(self, claim: dict[str, Any], award: int, liable: str) -> None:
        """The buyer gets what she is due beyond what the leader paid; who laid that out gets it back; the liable pays.

        `liable` "": the guarantee; what it has not comes out of the line's own escrow.
        """
        order = self.orders[claim["order"]]
        seller = self.campaigns[order["campaign"]]["terms"]["seller"]
        escrow = "escrow:" + order["campaign"]
        back, more = min(award, claim["paid"]), max(0, award - claim["paid"])
        order["compensated"] += more
        if liable == seller:
            self.repay(claim, escrow, back)
            self.books.refund(escrow, order["receipt"], more)
            order["borne"] += award
        elif liable:
            self.repay(claim, "org:" + liable, back)
            self.books.charge("org:" + liable, "receipt:" + order["receipt"], more)
        else:
            order["borne"] += self.out_of_guarantee(claim, order, back, more)
        claim["state"] = "decided"
        self.resolve(order)

    def out_of_guarantee(self, claim: dict[str, Any], order: dict[str, Any], back: int, more: int) -> int:
        """The buyer first, then who laid money out; returns what the escrow had to give."""
        escrow, lender = "escrow:" + order["campaign"], self.lender(claim)
        borne = 0
        for creditor, fen in (("receipt:" + order["receipt"], more), (lender, back)):
            if creditor == "guarantee":
                continue
            helped = min(fen, self.books.available("guarantee"))
            self.books.pay("guarantee", creditor, helped)
            self.books.pay(escrow, creditor, fen - helped)
            borne += fen - helped
        claim["lent"] -= min(back, claim["lent"])
        return borne

    def resolve(self, order: dict[str, Any]) -> None:
        """The line waits no longer: its window goes on, or is over."""
        order["state"] = "collected"
        self.at(max(self.now, order["settle"]), "settle", order["name"])
