"""The two words an order needs of others, as their givers make them: a custodian's receipt, a registrar's ticket.

Each is good once: its number is fresh, unless the maker has one of its own (a payment's, so that the same payment never
gives two receipts).
"""

import secrets

from ledger.crypto.signing import SigningKey
from ledger.modules.groupbuy.messages import Ticket, ticket_message
from ledger.modules.payments.messages import Receipt, receipt_message

NUMBER_SIZE = 16


def make_receipt(
    key: SigningKey,
    chain_id: bytes,
    custodian: str,
    *,
    fen: int,
    beneficiary: str,
    valid_to_ms: int,
    number: bytes | None = None,
) -> Receipt:
    """That `custodian`, whose key `key` is, holds `fen` for `beneficiary` (`order:<hex>`, `organisation:<id>`,
    `member:<id>`).

    The ledger takes it before `valid_to_ms`; what it was not asked to take by then is the custodian's to give back.
    """
    number = secrets.token_bytes(NUMBER_SIZE) if number is None else number
    signature = key.sign(receipt_message(chain_id, custodian, number, fen, beneficiary, valid_to_ms))
    return Receipt(custodian, number, fen, beneficiary, valid_to_ms, key.algorithm, key.public_key, signature)


def make_ticket(
    key: SigningKey, chain_id: bytes, community: str, campaign: str, order: bytes, number: bytes | None = None
) -> Ticket:
    """That whoever holds the key of `order` (its id) is a member of `community`, whose key `key` is.

    The registrar gives one member one ticket a campaign and keeps whom it gave which, in its vault alone.
    """
    number = secrets.token_bytes(NUMBER_SIZE) if number is None else number
    signature = key.sign(ticket_message(chain_id, community, campaign, order, number))
    return Ticket(number, key.algorithm, key.public_key, signature)
