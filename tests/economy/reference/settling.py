"""Settlement line by line, release, recalls."""

from typing import Any

from tests.economy.reference.books import divide
from tests.economy.reference.pickup import Pickup
from tests.economy.reference.world import GONE, need


class Settling(Pickup):
    """Settlement line by line, release, recalls."""

    def due_settle(self, name: str) -> None:
        """The window is over: everybody gets their share of the line."""
        order = self.orders[name]
        campaign = self.campaigns[order["campaign"]]
        if order["state"] not in ("collected", "unclaimed") or self.now < order["settle"]:
            return
        terms, shares = campaign["terms"], campaign["terms"]["shares"]
        rest = 10_000 - sum(shares.values())
        logistics = shares["logistics"] if terms["logistics"] else 0
        weights = [rest, shares["leader"], shares["platform"], logistics]
        seller, leader, platform, carrier = divide(order["charged"] - order["borne"], weights)
        escrow = "escrow:" + campaign["name"]
        if not order["leader"]:
            seller, leader = seller + leader, 0
        kept = seller * terms["holdback_bp"] // 10_000
        self.books.move(escrow, "holdback:" + campaign["name"], kept)
        self.books.earn(escrow, "org:" + terms["seller"], seller - kept)
        self.books.earn(escrow, "member:" + order["leader"], leader)
        self.books.earn(escrow, "org:" + terms["platform"], platform)
        if carrier:
            self.books.earn(escrow, "org:" + terms["logistics"], carrier)
        order["state"] = "settled"
        self.end_if_done(campaign)

    def due_release(self, name: str) -> None:
        """Nothing was recalled in time: deposit and holdback are the seller's."""
        if self.campaigns[name]["state"] == "ending":
            self.return_deposit(self.campaigns[name])
            self.campaigns[name]["state"] = "closed"

    # Recalls

    def do_recall(self, h: dict[str, Any]) -> None:
        """Everybody who got, or was to get, something of the lot has her money back, whatever the line's state."""
        need(h["lot"] in self.lots and not self.lots[h["lot"]]["recalled"], "unknown, or recalled already")
        self.lots[h["lot"]]["recalled"] = True
        for name in sorted(self.campaigns):
            campaign = self.campaigns[name]
            if h["lot"] in campaign["lots"] and campaign["state"] not in ("failed", "cancelled"):
                self.recall_campaign(campaign)

    def recall_campaign(self, campaign: dict[str, Any]) -> None:
        """Every line not paid back yet."""
        if campaign["recalled"]:
            return
        campaign["recalled"] = True
        for order in self.lines(campaign):
            if order["state"] == "settled":
                self.recall_settled(order, campaign)
            elif order["state"] not in GONE:
                self.recall_unsettled(order, campaign)
            order.update(counts=False)
        campaign["state"] = "recalled"
        self.return_deposit(campaign)

    def recall_settled(self, order: dict[str, Any], campaign: dict[str, Any]) -> None:
        """The escrow is empty: holdback, deposit, the seller's own money, at last the guarantee."""
        due = order["charged"] - order["compensated"]
        for kept in ("holdback:" + campaign["name"], "deposit:" + campaign["name"]):
            part = min(due, self.books.available(kept))
            self.books.refund(kept, order["receipt"], part)
            due -= part
        self.books.charge("org:" + campaign["terms"]["seller"], "receipt:" + order["receipt"], due)
        order["state"] = "refunded"

    def recall_unsettled(self, order: dict[str, Any], campaign: dict[str, Any]) -> None:
        """The escrow still has it; what somebody else has paid for meanwhile is the seller's."""
        escrow = "escrow:" + campaign["name"]
        left = order["charged"] - order["borne"]
        for claim in self.claims:
            if claim["order"] == order["name"] and claim["state"] in ("provisional", "adjudicating", "contested"):
                self.books.earn(escrow, self.lender(claim), claim["paid"])
                left -= claim["paid"]
                claim["state"] = "recalled"
        due = order["charged"] - order["compensated"]
        self.books.refund(escrow, order["receipt"], due)
        self.books.earn(escrow, "org:" + campaign["terms"]["seller"], left - due)
        order["state"] = "refunded"

    def lender(self, claim: dict[str, Any]) -> str:
        """Who bears the leader's payment until it is known who is liable: her own money is the guarantee's concern."""
        return "guarantee" if claim["own"] else "float:" + str(claim["by"])
