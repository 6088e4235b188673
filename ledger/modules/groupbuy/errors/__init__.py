"""Refusals of group buying, 5000-5999. Numbers never change. 50xx campaigns and rights, 51xx terms, 52xx supply, 53xx
orders, 54xx allocation and packing, 55xx travel and arrival, 56xx handing over, 57xx settlement and recalls.
"""

from ledger.modules.groupbuy.errors.campaigns import CampaignExists, CampaignStateRefused, CampaignUnknown
from ledger.modules.groupbuy.errors.orders import LineStateRefused, OrderUnknown

__all__ = ["CampaignExists", "CampaignStateRefused", "CampaignUnknown", "LineStateRefused", "OrderUnknown"]
