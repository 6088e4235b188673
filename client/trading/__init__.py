"""Both sides of an order: what a buyer makes for herself, and the two words she needs of others.

A buyer makes an order under a fresh key (`NewOrder`), pays the custodian and gets its `Receipt`, shows the community's
registrar who she is and gets her `Ticket`, and places the order with both. Whoever holds the order's key and pickup
code holds the order: both belong into the buyer's own keeping, and nothing links two orders of one buyer.
"""

from client.trading.codes import BadCode, new_code, read_code, show_code
from client.trading.orders import NewOrder
from client.trading.vouchers import make_receipt, make_ticket

__all__ = ["BadCode", "NewOrder", "make_receipt", "make_ticket", "new_code", "read_code", "show_code"]
