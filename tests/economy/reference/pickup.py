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
        self.collect(order, campaign, campaign["leader"] if self.heard_at_all(campaign) else "")

    def collect(self, order: dict[str, Any], campaign: dict[str, Any], leader: str) -> None:
        """In the buyer's hands: her window begins."""
        window = "perishable_window" if campaign["terms"]["perishable"] else "statutory_window"
        order.update(state="collected", leader=leader, settle=self.now + self.windows[window])
        self.at(order["settle"], "settle", order["name"])

    def do_attend(self, h: dict[str, Any]) -> None:
        """The leader is there with what is left."""
        campaign = self.campaign(h["campaign"], "arrived")
        need(h["by"] == campaign["leader"], "may not")
        campaign["heard"] = self.now

    def due_remind(self, name: str, leader: str) -> None:
        """Buyers are told to come to this leader, and have the grace to do so."""
        campaign = self.campaigns[name]
        if self.hands_out(campaign, leader):
            campaign["reminded"] = self.now
            self.at(self.now + self.windows["noshow_grace"], "no_show", name, leader)

    def due_no_show(self, name: str, leader: str) -> None:
        """Parcels nobody came for, where the leader was heard of since buyers were told to come."""
        campaign = self.campaigns[name]
        if not self.hands_out(campaign, leader):
            return
        if campaign["heard"] > campaign["reminded"]:
            self.give_up_waiting(campaign)
        elif self.lines(campaign, "ready"):
            self.call_silent(campaign)

    def hands_out(self, campaign: dict[str, Any], leader: str) -> bool:
        """Whether buyers still come to this leader."""
        return not campaign["recalled"] and campaign["state"] == "arrived" and campaign["leader"] == leader

    def give_up_waiting(self, campaign: dict[str, Any]) -> None:
        """What nobody came for waits to be disposed of."""
        for order in self.lines(campaign, "ready"):
            order.update(state="unclaimed", leader=campaign["leader"], settle=self.now + self.windows["disposal"])
            self.at(order["settle"], "settle", order["name"])

    def due_silence(self, name: str, leader: str) -> None:
        """A leader who recorded nothing since the goods are hers to hand out."""
        campaign = self.campaigns[name]
        if self.hands_out(campaign, leader) and not self.heard_at_all(campaign):
            self.call_silent(campaign)

    def heard_at_all(self, campaign: dict[str, Any]) -> bool:
        """Whether the leader of now recorded anything since she has the goods."""
        return bool(campaign["heard"] > max(campaign["arrived"], campaign["named"] or 0))

    def call_silent(self, campaign: dict[str, Any]) -> None:
        """Another may be named, once; else, and after another, whoever waits gets the money back."""
        if campaign["called"] is not None:
            return
        campaign["called"] = self.now
        if campaign["named"] is None:
            self.at(self.now + self.windows["substitute"], "strand", campaign["name"], campaign["leader"])
        else:
            self.strand(campaign)

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
        need(self.may_be_replaced(campaign), "not silent")
        campaign.update(leader=h["leader"], named=self.now, reminded=None, called=None)
        if campaign["state"] == "arrived":
            self.await_buyers(campaign)

    def may_be_replaced(self, campaign: dict[str, Any]) -> bool:
        """Whether the leader is silent now: the goods never came, or nothing was heard of her since they did, or, while
        somebody waits, nothing since buyers were told to come and their grace is over.
        """
        patience = self.windows["leader_silence"]
        if campaign["state"] == "shipped":
            return bool(self.now >= campaign["terms"]["to"] + patience)
        if not self.heard_at_all(campaign) and self.now >= campaign["arrived"] + patience:
            return True
        reminded = campaign["reminded"]
        if reminded is None or campaign["heard"] > reminded or not self.lines(campaign, "ready"):
            return False
        return bool(self.now >= reminded + self.windows["noshow_grace"])

    def due_strand(self, name: str, leader: str) -> None:
        """Nobody took the place of a leader who was called silent, in the time there was for it. If she has spoken
        since, she is there, and whoever has not come by the end of the grace does not come any more.
        """
        campaign = self.campaigns[name]
        if not self.hands_out(campaign, leader):
            return
        if self.may_be_replaced(campaign):
            self.strand(campaign)
            return
        campaign["called"] = None
        if campaign["reminded"] is not None and self.now >= campaign["reminded"] + self.windows["noshow_grace"]:
            self.give_up_waiting(campaign)

    def strand(self, campaign: dict[str, Any]) -> None:
        """Whoever waits gets the money back."""
        for order in self.lines(campaign, "ready"):
            self.pay_back(order, order["charged"])
            order["state"] = "refunded"
        self.end_if_done(campaign)
