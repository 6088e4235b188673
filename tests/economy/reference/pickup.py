"""At the pickup point: hand-over, no-show, silence."""

from typing import Any

from tests.economy.reference.books import divide
from tests.economy.reference.handling import Handling
from tests.economy.reference.world import TRIES, Refused, need


class Pickup(Handling):
    """At the pickup point: hand-over, no-show, silence."""

    def at_pickup(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """An order that waits to be collected, and its campaign."""
        need(name in self.orders, "no such order")
        order = self.orders[name]
        campaign = self.campaign(order["campaign"], "arrived")
        need(order["state"] == "ready", f"is {order['state']}")
        return order, campaign

    def do_hand_over(self, h: dict[str, Any]) -> None:
        """The leader hands a parcel out against the code; what is wrong may be handed back on the spot."""
        order, campaign = self.at_pickup(h["order"])
        need(h["by"] == campaign["leader"], "may not")
        need(order["tries"] < TRIES, "locked")
        if h["wrong"]:
            order["tries"] += 1
            raise Refused("wrong code")
        need(h["returned"] <= order["allotted"], "more than there was")
        campaign["heard"] = self.now
        self.pay_back(order, divide(order["charged"], [h["returned"], order["allotted"] - h["returned"]])[0])
        if h["returned"] == order["allotted"]:
            order["state"] = "refunded"
            self.end_if_done(campaign)
        else:
            self.collect(order, campaign, campaign["leader"])

    def do_acknowledge(self, h: dict[str, Any]) -> None:
        """The buyer says that she has it; a leader who recorded nothing at all earns nothing on it."""
        order, campaign = self.at_pickup(h["order"])
        self.collect(order, campaign, campaign["leader"] if campaign["heard"] > campaign["arrived"] else "")

    def collect(self, order: dict[str, Any], campaign: dict[str, Any], leader: str) -> None:
        """In the buyer's hands: her window begins."""
        window = "perishable_window" if campaign["terms"]["perishable"] else "statutory_window"
        order.update(state="collected", leader=leader, settle=self.now + self.windows[window])
        self.at(order["settle"], "settle", order["name"])

    def due_no_show(self, name: str) -> None:
        """Parcels nobody came for, where the leader is there to hand them out; a substitute waits as long again."""
        campaign = self.campaigns[name]
        if campaign["recalled"] or campaign["state"] != "arrived" or campaign["heard"] <= campaign["arrived"]:
            return
        since = max(campaign["arrived"], campaign["named"] or 0)
        if self.now < since + self.windows["pickup"] + self.windows["noshow_grace"]:
            return
        for order in self.lines(campaign, "ready"):
            order.update(state="unclaimed", leader=campaign["leader"], settle=self.now + self.windows["disposal"])
            self.at(order["settle"], "settle", order["name"])

    def do_dispose(self, h: dict[str, Any]) -> None:
        """What an unclaimed parcel still brought is the buyer's."""
        need(h["order"] in self.orders, "no such order")
        order = self.orders[h["order"]]
        campaign = self.campaign(order["campaign"], "arrived")
        need(h["by"] == campaign["leader"], "may not")
        need(order["state"] == "unclaimed", f"is {order['state']}")
        need(not order["disposed"], "disposed of already")
        need(h["proceeds"] <= order["charged"] - order["compensated"], "more than it cost")
        order["disposed"] = True
        campaign["heard"] = self.now
        if h["proceeds"]:
            self.books.accept("proceeds-" + h["order"], h["proceeds"])
            self.books.kept["proceeds-" + h["order"]] = 0
            self.books.add("passing", h["proceeds"])
            self.books.refund("passing", order["receipt"], h["proceeds"])
            order["compensated"] += h["proceeds"]

    def do_substitute(self, h: dict[str, Any]) -> None:
        """Another leader, where the first fell silent."""
        campaign = self.campaign(h["campaign"], "shipped", "arrived")
        need(h["by"] in (campaign["terms"]["platform"], campaign["terms"]["community"]), "may not")
        need(h["leader"] != campaign["leader"], "is it already")
        need(campaign["named"] is None, "one was named already")
        arrived = campaign["state"] == "arrived"
        since = campaign["arrived"] if arrived else campaign["terms"]["to"]
        need(not arrived or campaign["heard"] <= campaign["arrived"], "not silent")
        need(self.now >= since + self.windows["leader_silence"], "not silent yet")
        campaign.update(leader=h["leader"], named=self.now)
        if arrived:
            self.at(self.now + self.windows["pickup"] + self.windows["noshow_grace"], "no_show", h["campaign"])

    def due_strand(self, name: str) -> None:
        """A leader who recorded nothing since the goods came: whoever waits gets the money back."""
        campaign = self.campaigns[name]
        if campaign["recalled"] or campaign["state"] != "arrived":
            return
        if campaign["heard"] > campaign["arrived"]:
            self.due_no_show(name)
            return
        until = -1 if campaign["named"] is None else campaign["named"] + self.windows["leader_silence"]
        if self.now < until:
            self.at(until, "strand", name)
            return
        for order in self.lines(campaign, "ready"):
            self.pay_back(order, order["charged"])
            order["state"] = "refunded"
        self.end_if_done(campaign)
