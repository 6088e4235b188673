"""Who may read what of trade: the classes of DESIGN §5 as functions. docs/DEVELOPERS.md shows them as a table.

A party reads what its part in a campaign needs. Auditors and regulators read everything. An order's own key reads that
order; nobody reads an order because somebody else knows its id.
"""

from enum import IntEnum

from ledger.modules.claims.state import Claim
from ledger.modules.groupbuy.messages import Draft
from ledger.modules.groupbuy.state import Campaign, OrderRow
from network.access import Asker, is_overseer, speaks_for_organisation
from network.errors import NotAllowed


class View(IntEnum):
    """How much of an order somebody sees; each includes the ones before."""

    NOTHING = 0
    PARCEL = 1
    """Number, units, grams, state: for those who pack, carry and hand out."""

    MONEY = 2
    """What was paid, charged, compensated and split: for those who are paid from it or answer for it."""

    TIES = 3
    """Key, receipt, ticket, code commitment: for the order's own key and those who oversee."""


def oversees(asker: Asker) -> bool:
    """Whether an auditor or a regulator asks."""
    return asker.signer is not None and is_overseer(asker.signer)


def organisation_of(asker: Asker) -> str:
    """The organisation that the asker speaks for; "" for members, devices and orders."""
    signer = asker.signer
    return signer.organisation if signer is not None and speaks_for_organisation(signer) else ""


def is_member(asker: Asker, member: str) -> bool:
    """Whether the asker is this member, such as a campaign's leader ("" is nobody)."""
    return asker.signer is not None and member != "" and asker.signer.subject == f"member:{member}"


def line_view(asker: Asker, campaign: Campaign) -> View:
    """How much of each of a campaign's lines the asker sees."""
    if oversees(asker):
        return View.TIES
    organisation = organisation_of(asker)
    if is_member(asker, campaign.leader) or is_principal(organisation, campaign.terms):
        return View.MONEY
    return View.PARCEL if organisation and organisation == campaign.terms.logistics else View.NOTHING


def order_view(asker: Asker, order: str, row: OrderRow, campaign: Campaign) -> View:
    """How much of one order the asker sees. Whoever handed it over answers for it, even when another leads by now."""
    if asker.order == order:
        return View.TIES
    return max(line_view(asker, campaign), View.MONEY if is_member(asker, row.leader) else View.NOTHING)


def claim_view(asker: Asker, order: str, row: OrderRow, campaign: Campaign, claim: Claim) -> View:
    """How much of an order the asker sees beside a claim on it; `NOTHING`: not the claim either.

    To carry the goods is not enough; to be found liable, or to judge, is.
    """
    view = order_view(asker, order, row, campaign)
    if view >= View.MONEY:
        return view
    organisation = organisation_of(asker)
    if is_member(asker, claim.leader) or (organisation and organisation == campaign.terms.adjudicator):
        return View.MONEY
    return View.PARCEL if organisation and organisation == claim.liable else View.NOTHING


def is_principal(organisation: str, terms: Draft) -> bool:
    """Whether an organisation's own money hangs on a campaign's lines: the seller, and the platform as guarantor."""
    return organisation in (terms.seller, terms.platform)


def need(view: View, least: View, asker: Asker, what: str) -> View:
    """`view` if it is at least `least`; raises `NotAllowed`."""
    if view < least:
        raise NotAllowed(asker.name, what)
    return view
