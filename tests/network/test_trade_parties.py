"""Who sees how much of a line, decided from names alone; and the page that tells it says the same as the code."""

import re
from pathlib import Path
from typing import Any

import pytest

from ledger.context import Signer
from ledger.modules.claims.state import Claim
from ledger.modules.groupbuy.messages import Draft, Shares, Tier
from ledger.modules.groupbuy.state import Campaign, OrderRow
from ledger.roles import Role
from network.access import Asker
from network.services.parties import View, claim_view, line_view, order_view

PAGE = Path(__file__).parents[2] / "docs/DEVELOPERS.md"
ORDER, OTHER = "0a" * 16, "0b" * 16
TERMS = Draft(
    campaign="c1",
    title="草莓",
    community="garden",
    seller="farm",
    platform="platform",
    custodian="bank",
    logistics="hub",
    adjudicator="court",
    product="09521234567899",
    sources=("planting:berry",),
    unit_quantity=500_000,
    tolerance_bp=None,
    ladder=(Tier(1, 1_000),),
    minimum=1,
    maximum=10,
    per_order=10,
    cutoff_ms=1,
    delivery_from_ms=2,
    delivery_to_ms=3,
    pickup="gate",
    pickup_address=bytes(32),
    shares=Shares(1_000, 0, 0),
    deposit_fen=0,
    holdback_bp=0,
    perishable=True,
)
CAMPAIGN = Campaign(TERMS, "lin", "lin")
ROW = OrderRow("c1", 1, 1, bytes(32), bytes(16), bytes(16), bytes(32), 1, 0, 1_000)
CLAIM = Claim("c1", "quality", (), 100, 0, 0, liable="press")


def of(organisation: str, role: Role) -> Asker:
    """An organisation's own key."""
    return Asker(b"", Signer(organisation, f"organisation:{organisation}", frozenset({role}), b"", 1))


def member(name: str, role: Role) -> Asker:
    """A member of the community."""
    return Asker(b"", Signer("garden", f"member:{name}", frozenset({role}), b"", 1))


ASKERS = {
    "the order's own key": (Asker(b"", None, ORDER),),
    "another order's key": (Asker(b"", None, OTHER),),
    "the campaign's leader": (member("lin", Role.LEADER),),
    "another leader": (member("mei", Role.LEADER),),
    "the seller": (of("farm", Role.FARM), Asker(b"", Signer("farm", "member:s1", frozenset({Role.FARM}), b"", 1))),
    "another farm": (of("rival", Role.FARM),),
    "the campaign's logistics": (of("hub", Role.LOGISTICS),),
    "whoever is found liable": (of("press", Role.PROCESSOR),),
    "the platform": (of("platform", Role.PLATFORM),),
    "the custodian": (of("bank", Role.CUSTODIAN),),
    "the community": (of("garden", Role.COMMUNITY),),
    "the campaign's adjudicator": (of("court", Role.INSPECTOR),),
    "an auditor, a regulator": (of("watch", Role.AUDITOR), of("bureau", Role.REGULATOR)),
    "a device, a resident's key": (
        Asker(b"", Signer("farm", "device:probe", frozenset({Role.DEVICE}), b"", 1)),
        member("wang", Role.RESIDENT),
    ),
}
WORDS = {"–": View.NOTHING, "parcel": View.PARCEL, "money": View.MONEY, "all": View.TIES}


def documented() -> dict[str, list[str]]:
    """The page's table: who asks -> what is said in the other columns."""
    rows = re.findall(r"^\| (.+) \|$", PAGE.read_text(encoding="utf-8").partition("| who asks |")[2], re.MULTILINE)
    cells = [row.split(" | ") for row in rows]
    return {first: rest for first, *rest in cells if first in ASKERS}


@pytest.mark.parametrize("who", ASKERS)
def test_the_page_says_what_the_code_does(who: str) -> None:
    order, lines, packing, _, claim = documented()[who]
    for asker in ASKERS[who]:
        assert order_view(asker, ORDER, ROW, CAMPAIGN) == WORDS[order]
        assert line_view(asker, CAMPAIGN) == WORDS[lines]
        assert (line_view(asker, CAMPAIGN) >= View.PARCEL) == (packing == "yes")
        assert claim_view(asker, ORDER, ROW, CAMPAIGN, CLAIM) == WORDS[claim]


def changed(row: Any, **fields: Any) -> Any:
    """A row with other fields."""
    return type(row)(**{name: getattr(row, name) for name in row.__struct_fields__} | fields)


def test_a_leader_who_was_replaced_keeps_what_she_handed_over_and_no_more() -> None:
    lin, mei = member("lin", Role.LEADER), member("mei", Role.LEADER)
    substituted = changed(CAMPAIGN, leader="mei")
    assert (line_view(lin, substituted), line_view(mei, substituted)) == (View.NOTHING, View.MONEY)
    assert order_view(lin, ORDER, ROW, substituted) == View.NOTHING
    assert order_view(lin, ORDER, changed(ROW, leader="lin"), substituted) == View.MONEY
    assert claim_view(lin, ORDER, ROW, substituted, CLAIM) == View.NOTHING
    assert claim_view(lin, ORDER, ROW, substituted, changed(CLAIM, leader="lin")) == View.MONEY


def test_nobody_is_taken_for_a_party_that_there_is_not() -> None:
    without = changed(CAMPAIGN, terms=changed(TERMS, logistics=None))
    blameless = changed(CLAIM, liable="")
    for asker in (*ASKERS["a device, a resident's key"], Asker(b"", None, OTHER), *ASKERS["the campaign's logistics"]):
        assert order_view(asker, ORDER, ROW, without) == View.NOTHING
        assert claim_view(asker, ORDER, ROW, without, blameless) == View.NOTHING
