"""Claims: paid at once by the leader, borne by whoever is found liable."""

from typing import Any

from tests.economy.reference.settling import Settling
from tests.economy.reference.world import DAY, HOUR, need

FLOAT_ORDER_CAP = 20_000
FLOAT_DAY_CAP = 200_000
CLAIMS_MAX = 4
OPEN = ("provisional", "adjudicating", "contested")


class Claims(Settling):
    """Claims: paid at once by the leader, borne by whoever is found liable.

    A claim: `fen` asked, `paid` by the leader (`by`, `own`: out of her own account, for which the guarantee stands in
    from the first), `liable`: whom the rule finds liable.
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
            "liable": liable,
            "state": "provisional" if liable else "adjudicating",
        }
        self.claims.append(claim)
        self.wait(claim, "contest" if liable else "adjudication")

    def wait(self, claim: dict[str, Any], window: str) -> None:
        """Somebody has so much time from now on."""
        claim["due"] = self.now + self.windows[window]
        self.at(claim["due"], "claim", claim["id"], claim["state"])

    def judge(self, campaign: dict[str, Any]) -> str:
        """Whoever alone had the goods in hand when sound devices saw them too warm, or left mandatory readings out;
        "" if that is nobody or not alone, as of goods that bear any temperature (those sold by the piece here).

        A device that talked nonsense, or was declared wrong, on one of a campaign's ways is not sound on the others;
        and where it was, nobody can tell whether readings are missing. Readings come with the goods: of goods that
        nobody received there are none.
        """
        if campaign["terms"]["product"] != "kg":
            return ""
        legs = []
        for number in campaign["legs"]:
            leg = campaign["terms"]["evidence"][2 * number + 1]
            received = self.shipments[f"{campaign['name']}-{number}"]
            legs.append(leg if received else leg | {"hot": "", "gap": bool(leg["van"])})
        faulty = {leg["van"] for leg in legs if leg["hot"] == "faulty"}
        unsound = {leg["van"] for leg in legs if leg["hot"] in ("faulty", "doubtful")}
        hot = {leg["holder"] for leg in legs if leg["hot"] == "sound" and leg["van"] not in unsound}
        missing, untold = set(), set()
        if campaign["terms"]["gap"]:
            missing = {leg["holder"] for leg in legs if leg["gap"] and leg["van"] not in faulty}
            untold = {leg["holder"] for leg in legs if leg["van"] in faulty}
        found = hot | missing if hot else missing | untold if missing else set()
        return str(found.pop()) if len(found) == 1 else ""

    def do_opt_in(self, h: dict[str, Any]) -> None:
        """A leader is willing, or not any more, to lay out money of her own."""
        self.willing[h["by"]] = h["own"]

    def do_pay(self, h: dict[str, Any]) -> None:
        """The leader pays at once."""
        need(h["order"] in self.orders, "no such order")
        claim = self.open_claim(h["order"])
        order = self.orders[h["order"]]
        need(h["by"] in (self.campaigns[order["campaign"]]["leader"], order["leader"]), "may not")
        need(not claim["paid"], "paid already")
        need(h["fen"] <= claim["fen"], "more than claimed")
        day = (h["by"], (self.scenario["epoch"] + self.now + 8 * HOUR) // DAY)
        before = sum(c["paid"] for c in self.claims if c["order"] == h["order"])
        need(before + h["fen"] <= FLOAT_ORDER_CAP, "over the order's cap")
        need(self.paid_out.get(day, 0) + h["fen"] <= FLOAT_DAY_CAP, "over the day's cap")
        source = ("member:" if h["own"] else "float:") + h["by"]
        need(self.books.available(source) >= h["fen"], "no money")
        if h["own"]:
            need(self.willing.get(h["by"], False), "not opted in")
            need(self.books.available("guarantee") >= h["fen"], "nobody to guarantee for it")
            self.books.reserve("guarantee", h["fen"])
            self.at(self.now + self.windows["repay"], "repay", claim["id"])
        self.paid_out[day] = self.paid_out.get(day, 0) + h["fen"]
        self.books.refund(source, order["receipt"], h["fen"])
        order["compensated"] += h["fen"]
        claim.update(paid=h["fen"], by=h["by"], own=h["own"])

    def due_repay(self, number: int) -> None:
        """A leader has her own money back within a day, whoever turns out liable."""
        claim = self.claims[number]
        self.books.reserve("guarantee", -claim["paid"])
        self.books.move("guarantee", "member:" + claim["by"], claim["paid"])

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
        campaign = self.campaigns[self.orders[h["order"]]["campaign"]]
        known = ["", campaign["terms"]["seller"]]
        for leg in campaign["legs"]:
            known += [hand["holder"] for hand in campaign["terms"]["evidence"][2 * leg : 2 * leg + 3]]
        need(h["liable"] in known, "never had it")
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
        if claim["state"] == stage:
            self.decide(claim, claim["fen"], claim["liable"] if stage == "provisional" else "")

    def decide(self, claim: dict[str, Any], award: int, liable: str) -> None:
        """The buyer gets what she is due beyond what the leader paid; who laid that out gets it back; the liable pays.

        `liable` "": the guarantee. The buyer waits for nobody: what others have not comes out of her line's escrow, and
        they owe it to the seller.
        """
        order = self.orders[claim["order"]]
        seller = self.campaigns[order["campaign"]]["terms"]["seller"]
        escrow, lender = "escrow:" + order["campaign"], self.lender(claim)
        back, more = min(award, claim["paid"]), max(0, award - claim["paid"])
        order["compensated"] += more
        claim["state"] = "decided"
        if liable == seller:
            self.books.refund(escrow, order["receipt"], more)
            self.books.earn(escrow, lender, back)
            order["borne"] += award
            self.resolve(order)
            return
        debtor = "org:" + liable if liable else "guarantee"
        funds = self.books.available(debtor) + (self.books.available("guarantee") if liable else 0)
        given = min(more, funds)
        self.books.charge(debtor, "receipt:" + order["receipt"], given, "guarantee" if liable else None)
        self.books.refund(escrow, order["receipt"], more - given)
        order["borne"] += more - given
        self.books.charge(debtor, "org:" + seller, more - given, None)
        if liable:
            self.books.charge(debtor, lender, back, None if claim["own"] else "guarantee")
        elif not claim["own"]:
            self.books.move("guarantee", lender, min(back, self.books.available("guarantee")))
        self.resolve(order)

    def resolve(self, order: dict[str, Any]) -> None:
        """The line waits no longer: its window goes on, or is over."""
        order["state"] = "collected"
        self.at(max(self.now, order["settle"]), "settle", order["name"])
