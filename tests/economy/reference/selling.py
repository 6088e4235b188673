"""Supply, campaigns and orders until the cut-off; calling off."""

from typing import Any

from tests.economy.reference.treasury import Treasury
from tests.economy.reference.world import GONE, need


class Selling(Treasury):
    """Supply, campaigns and orders until the cut-off; calling off."""

    def sold(self, source: str, product: str) -> int:
        """Units of a source, as that product, that buyers have a right to."""
        mine = (source, product)
        return sum(o["units"] for o in self.orders.values() if o["source"] == mine and o["counts"])

    def do_commit(self, h: dict[str, Any]) -> None:
        """The seller says how much a source will give, in units of a size that no longer changes once some are sold."""
        key = (h["source"], h["product"])
        sold = self.sold(*key)
        need(h["units"] >= sold, "less than sold")
        known = self.supply.get(key)
        need(known is None or not sold or known["unit_quantity"] == h["unit_quantity"], "another size")
        self.supply[key] = {"units": h["units"], "unit_quantity": h["unit_quantity"]}

    def supplied(self, terms: dict[str, Any], source: str) -> int:
        """Units of a source that are committed in the campaign's own size."""
        row = self.supply.get((source, terms["product"]))
        return row["units"] if row and row["unit_quantity"] == terms["unit_quantity"] else 0

    def do_draft(self, h: dict[str, Any]) -> None:
        """The leader proposes terms."""
        terms = h["terms"]
        need(h["campaign"] not in self.campaigns, "known already")
        need(self.now < terms["cutoff"] < terms["from"] < terms["to"], "times")
        prices = [price for _, price in terms["ladder"]]
        units = [count for count, _ in terms["ladder"]]
        need(units[0] == 1 and units == sorted(set(units)), "tiers")
        need(prices == sorted(set(prices), reverse=True), "a ladder only falls")
        need(terms["minimum"] <= terms["maximum"] and terms["per_order"] <= terms["maximum"], "limits")
        need(sum(terms["shares"].values()) <= 10_000, "shares")
        self.campaigns[h["campaign"]] = {
            "name": h["campaign"],
            "terms": terms,
            "state": "draft",
            "leader": terms["leader"],
            "recalled": False,
            "heard": 0,
            "arrived": None,
            "named": None,
            "reminded": None,
            "called": None,
            "lots": [],
            "legs": [],
            "price": None,
        }
        self.at(terms["cutoff"], "cut_off", h["campaign"])

    def do_open(self, h: dict[str, Any]) -> None:
        """The seller agrees and puts its deposit up."""
        campaign = self.campaign(h["campaign"], "draft")
        terms = campaign["terms"]
        need(self.now < terms["cutoff"], "late")
        need(any(self.supplied(terms, source) for source in terms["sources"]), "nothing committed")
        need(self.books.available("org:" + terms["seller"]) >= terms["deposit"], "no money for the deposit")
        self.books.move("org:" + terms["seller"], "deposit:" + h["campaign"], terms["deposit"])
        campaign["state"] = "open"

    def do_place(self, h: dict[str, Any]) -> None:
        """A buyer orders, with a receipt and a ticket. `fen` is what the receipt is over."""
        campaign = self.campaign(h["campaign"], "open")
        terms = campaign["terms"]
        need(self.now < terms["cutoff"], "late")
        need(h["order"] not in self.orders, "known already")
        need(h["units"] <= terms["per_order"], "too many for one order")
        need(h["fen"] == h["units"] * terms["ladder"][0][1], "another sum")
        need((h["campaign"], h["ticket"]) not in self.tickets, "ticket used")
        need(h["receipt"] not in self.books.brought, "receipt used")
        ordered = sum(order["units"] for order in self.lines(campaign, "placed"))
        need(ordered + h["units"] <= terms["maximum"], "sold out")
        product = terms["product"]
        room = [s for s in terms["sources"] if self.supplied(terms, s) - self.sold(s, product) >= h["units"]]
        need(bool(room), "more than committed")
        self.tickets.add((h["campaign"], h["ticket"]))
        self.books.accept(h["receipt"], h["fen"])
        self.orders[h["order"]] = {
            "name": h["order"],
            "campaign": h["campaign"],
            "units": h["units"],
            "receipt": h["receipt"],
            "source": (room[0], product),
            "counts": True,
            "state": "placed",
            "expired": False,
            "charged": 0,
            "allotted": None,
            "compensated": 0,
            "borne": 0,
            "leader": "",
            "tries": 0,
            "settle": None,
            "disposed": False,
            "claims": 0,
        }

    def do_cancel_order(self, h: dict[str, Any]) -> None:
        """A buyer takes an order back before the cut-off."""
        need(h["order"] in self.orders, "no such order")
        order = self.orders[h["order"]]
        campaign = self.campaign(order["campaign"], "open")
        need(self.now < campaign["terms"]["cutoff"], "late")
        need(order["state"] == "placed", f"is {order['state']}")
        self.give_back(order, "cancelled")

    def do_expire(self, h: dict[str, Any]) -> None:
        """A hold that nobody touched until long after the cut-off holds no more: the line is not charged any more."""
        need(h["order"] in self.orders, "no such order")
        order = self.orders[h["order"]]
        need(order["state"] == "placed" and not order["expired"], "holds nothing")
        cutoff = self.campaigns[order["campaign"]]["terms"]["cutoff"]
        need(self.now >= cutoff + self.windows["hold_grace"], "not yet")
        order["expired"] = True

    def give_back(self, order: dict[str, Any], state: str) -> None:
        """An order that nothing was taken for: all of it back, and its units free again."""
        receipt = order["receipt"]
        self.books.refund("", receipt, self.books.kept[receipt])
        order.update(state=state, counts=False)

    def due_cut_off(self, name: str) -> None:
        """Count; freeze the price and take the money, or give all back."""
        campaign = self.campaigns[name]
        if campaign["state"] == "draft":
            campaign["state"] = "cancelled"
        if campaign["state"] != "open":
            return
        terms = campaign["terms"]
        placed = self.lines(campaign, "placed")
        units = sum(order["units"] for order in placed)
        if units < terms["minimum"]:
            campaign["state"] = "failed"
            for order in placed:
                self.give_back(order, "failed")
            self.return_deposit(campaign)
            return
        campaign["state"] = "formed"
        campaign["price"] = [price for least, price in terms["ladder"] if least <= units][-1]
        for order in placed:
            if order["expired"]:
                self.give_back(order, "failed")
                continue
            order.update(state="owed", charged=order["units"] * campaign["price"])
            receipt = order["receipt"]
            self.books.kept[receipt] -= order["charged"]
            self.books.add("escrow:" + name, order["charged"])
            self.books.refund("", receipt, self.books.kept[receipt])
        self.at(terms["to"], "overdue", name)

    def return_deposit(self, campaign: dict[str, Any]) -> None:
        """Holdback and deposit go to the seller."""
        for kept in ("holdback:", "deposit:"):
            account = kept + campaign["name"]
            self.books.earn(account, "org:" + campaign["terms"]["seller"], self.books.available(account))

    def do_cancel(self, h: dict[str, Any]) -> None:
        """Called off: every fen goes back."""
        campaign = self.campaign(h["campaign"], "draft", "open", "formed", "allocated")
        terms = campaign["terms"]
        before = campaign["state"] in ("draft", "open")
        allowed = (campaign["leader"], terms["seller"]) if before else (terms["seller"], terms["platform"])
        need(h["by"] in allowed, "may not")
        self.call_off(campaign)

    def call_off(self, campaign: dict[str, Any]) -> None:
        """A campaign ends before its goods are handed out."""
        campaign["state"] = "cancelled"
        for order in self.lines(campaign):
            if order["state"] == "placed":
                self.give_back(order, "failed")
            elif order["state"] not in GONE:
                self.pay_back(order, order["charged"])
                order.update(state="refunded", counts=False)
        self.return_deposit(campaign)

    def pay_back(self, order: dict[str, Any], fen: int) -> None:
        """Part of what was charged goes from the escrow back to where it came from."""
        assert 0 <= fen <= order["charged"] - order["borne"], order
        self.books.refund("escrow:" + order["campaign"], order["receipt"], fen)
        order["charged"] -= fen

    def due_overdue(self, name: str) -> None:
        """The delivery window is over."""
        campaign = self.campaigns[name]
        if campaign["recalled"]:
            return
        if campaign["state"] in ("formed", "allocated"):
            self.call_off(campaign)
        elif campaign["state"] == "shipped":
            self.at(self.now + self.windows["leader_silence"] + self.windows["substitute"], "lost", name)

    def due_lost(self, name: str) -> None:
        """Shipped, and nobody says that it arrived; a substitute has as long as the first leader had."""
        campaign = self.campaigns[name]
        if campaign["state"] != "shipped" or campaign["recalled"]:
            return
        until = -1 if campaign["named"] is None else campaign["named"] + self.windows["leader_silence"]
        if self.now < until:
            self.at(until, "lost", name)
        else:
            self.call_off(campaign)

    def end_if_done(self, campaign: dict[str, Any]) -> None:
        """When no line is left, what the seller has put up is kept a while longer for recalls, then released."""
        if campaign["state"] == "arrived" and not self.lines(
            campaign, "owed", "allotted", "packed", "ready", "collected", "unclaimed", "disputed"
        ):
            campaign["state"] = "ending"
            self.at(self.now + self.windows["holdback"], "release", campaign["name"])
