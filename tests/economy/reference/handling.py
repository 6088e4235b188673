"""From the lots that fill a campaign to the road."""

from typing import Any

from tests.economy.reference.selling import Selling
from tests.economy.reference.world import need


class Handling(Selling):
    """From the lots that fill a campaign to the road."""

    def do_harvest(self, h: dict[str, Any]) -> None:
        """A lot comes into being."""
        need(h["lot"] not in self.lots, "known already")
        self.lots[h["lot"]] = {"source": h["source"], "produced": h["quantity"], "used": 0, "recalled": False}

    def do_allocate(self, h: dict[str, Any]) -> None:
        """Lots fill the orders; too little is shared out in whole units, and the missing paid back at once."""
        campaign = self.campaign(h["campaign"], "formed")
        terms = campaign["terms"]
        need(h["by"] == terms["seller"], "may not")
        for lot, quantity in h["lots"]:
            need(lot in self.lots, "no such lot")
            row = self.lots[lot]
            need(not row["recalled"], "recalled")
            need(row["source"] in terms["sources"] or "lot:" + lot in terms["sources"], "of another source")
            need(row["used"] + quantity <= row["produced"], "more than there is")
        need(len({lot for lot, _ in h["lots"]}) == len(h["lots"]), "twice")
        owed = self.lines(campaign, "owed")
        units = sum(order["units"] for order in owed)
        share = sum(quantity for _, quantity in h["lots"]) // terms["unit_quantity"]
        need(0 < share <= units, "nothing, or more than ordered")
        for lot, quantity in h["lots"]:
            self.lots[lot]["used"] += quantity
        allotted = {order["name"]: order["units"] * share // units for order in owed}
        rest = share - sum(allotted.values())
        for order in owed:
            if rest and allotted[order["name"]] < order["units"]:
                allotted[order["name"]] += 1
                rest -= 1
        assert rest == 0
        campaign.update(state="allocated", lots=[lot for lot, _ in h["lots"]])
        for order in owed:
            count = allotted[order["name"]]
            self.pay_back(order, (order["units"] - count) * campaign["price"])
            order.update(allotted=count, state="allotted" if count else "refunded")
            order["nominal"] = order["charged"]
            order["counts"] = count > 0

    def do_pack(self, h: dict[str, Any]) -> None:
        """Weighed parcels: lighter than nominal is paid back in proportion, heavier is the seller's gift."""
        campaign = self.campaign(h["campaign"], "allocated")
        terms = campaign["terms"]
        need(h["by"] in (terms["seller"], terms["logistics"]), "may not")
        refunds = []
        for name, grams in h["parcels"]:
            need(name in self.orders and self.orders[name]["campaign"] == h["campaign"], "no such order")
            order = self.orders[name]
            need(order["state"] in ("allotted", "packed"), f"is {order['state']}")
            need((grams is None) == (terms["tolerance_bp"] is None), "weighed or not")
            nominal = order["allotted"] * terms["unit_quantity"] // 1_000
            lighter = 0
            if grams is not None:
                need(grams * 10_000 >= nominal * (10_000 - terms["tolerance_bp"]), "too light")
                missing = max(0, nominal - grams)
                lighter = -(-order["nominal"] * missing // nominal)
            refunds.append((order, lighter))
        need(len({name for name, _ in h["parcels"]}) == len(h["parcels"]), "twice")
        for order, lighter in refunds:
            self.pay_back(order, max(0, order["charged"] - (order["nominal"] - lighter)))
            order["state"] = "packed"

    def do_ship(self, h: dict[str, Any]) -> None:
        """On the road."""
        campaign = self.campaign(h["campaign"], "allocated", "shipped")
        need(h["by"] in (campaign["terms"]["seller"], campaign["terms"]["logistics"]), "may not")
        need(h["leg"] not in campaign["legs"] and f"{h['campaign']}-{h['leg']}" in self.shipments, "no such shipment")
        campaign["legs"].append(h["leg"])
        campaign["state"] = "shipped"

    def do_carry(self, h: dict[str, Any]) -> None:
        """Custody moves; no money does. Goods that are called back stay where they are."""
        campaign = self.campaign(h["campaign"], "allocated", "shipped")
        shipment = f"{campaign['name']}-{h['leg']}"
        if h["step"] == "ship":
            need(h["leg"] == 0 or self.shipments.get(f"{campaign['name']}-0", False), "not in hand")
            self.shipments[shipment] = False
        else:
            need(shipment in self.shipments, "no such shipment")
            self.shipments[shipment] = True

    def do_arrive(self, h: dict[str, Any]) -> None:
        """The leader has the goods."""
        campaign = self.campaign(h["campaign"], "shipped")
        need(h["by"] == campaign["leader"], "may not")
        campaign.update(state="arrived", arrived=self.now, heard=self.now)
        self.await_buyers(campaign)
        for order in self.lines(campaign, "allotted", "packed"):
            order["state"] = "ready"
        self.end_if_done(campaign)

    def await_buyers(self, campaign: dict[str, Any]) -> None:
        """Whoever hands out from now on is to be heard of, and buyers are reminded to come to her."""
        name = campaign["name"]
        self.at(self.now + self.windows["leader_silence"], "silence", name, campaign["leader"])
        self.at(self.now + self.windows["pickup"], "remind", name, campaign["leader"])
