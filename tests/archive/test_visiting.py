"""What leaders saw and vouch for: with the farm's word, not long after, once at a time; what is withdrawn is seen."""

from typing import Any

import pytest

from ledger.errors import WrongRole
from ledger.modules.archive import errors as e
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import farm_listing, listing_of, product_listing
from ledger.modules.registry.messages import RegisterMember
from tests.archive.world import BERRY, DAY_MS, HOUR_MS, REASON, Memoir, check_recount
from tests.claims.world import CHILLED
from tests.groupbuy.world import PUNNET
from tests.registry.chain import key_of
from tests.trace.world import STORE

SHELVES = (listing_of(BERRY, "garden"), product_listing(BERRY), farm_listing("farm"))


def test_a_visit_counts_when_the_farm_says_so_too(memoir: Memoir) -> None:
    visit = memoir.visit(confirmed=False)
    assert memoir.visit_of(visit).state == "claimed"
    for key in SHELVES:
        assert memoir.listing(key).visits == 0
        assert [leaf.tag for leaf in memoir.leaves_of(f"listing:{key}")] == ["archive.visit"], "shown all the same"
    memoir.accept("farm", a.ConfirmVisit(visit))
    row = memoir.visit_of(visit)
    assert (row.state, row.confirmed_ms, row.leader, row.community) == ("cosigned", memoir.now, "mei", "garden")
    assert [memoir.listing(key).visits for key in SHELVES] == [1, 1, 1]
    assert memoir.refuse("farm", a.ConfirmVisit(visit), e.ConfirmedAlready) == [visit.hex()]
    assert [leaf.tag for leaf in memoir.leaves_of("member:mei")][-2:] == ["archive.visit", "archive.confirm_visit"]
    assert [heard.what for heard in memoir.recorder.heard] == ["visited"]
    check_recount(memoir)


def test_only_the_farm_confirms(memoir: Memoir) -> None:
    visit = memoir.visit(confirmed=False)
    for other in ("hub", "garden", "platform", "rival"):
        assert memoir.refuse(other, a.ConfirmVisit(visit), e.NotTheFarm) == [visit.hex(), other]
    memoir.refuse("mei", a.ConfirmVisit(visit), WrongRole)
    memoir.refuse("soil", a.ConfirmVisit(visit), WrongRole)
    memoir.refuse("farm", a.ConfirmVisit(bytes(32)), e.VisitUnknown)
    staff = memoir.new_key(key_of("hand"), "member:hand")
    memoir.accept("farm", RegisterMember("hand", "staff", True, staff))
    memoir.accept("hand", a.ConfirmVisit(visit))


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"site": STORE}, e.PlaceWrong),
        ({"site": "9521234567997"}, e.PlaceWrong),
        ({"farm": "rival"}, e.PlaceWrong),
        ({"products": (PUNNET,)}, e.NotGrownThere),
        ({"products": ("09521234567801",)}, e.NotGrownThere),
        ({"products": (BERRY, BERRY)}, e.SaidTwice),
        ({"media": (REASON, REASON)}, e.SaidTwice),
    ],
)
def test_a_visit_is_to_a_place_where_the_product_grows(memoir: Memoir, wrong: Any, refusal: Any) -> None:
    memoir.refuse("mei", memoir.visiting(**wrong), refusal)


def test_a_visit_has_been(memoir: Memoir) -> None:
    for begins, ends in ((0, 0), (0, -1), (0, 2_001), (-7 * DAY_MS - 1, 0)):
        block_ms = memoir.now + 1_000
        wrong = memoir.visiting(from_ms=block_ms + begins, to_ms=block_ms + ends)
        assert memoir.refuse("mei", wrong, e.VisitTimesWrong) == [str(wrong.from_ms), str(wrong.to_ms)]
    block_ms = memoir.now + 1_000
    memoir.visit(from_ms=block_ms + 2_000 - 7 * DAY_MS, to_ms=block_ms + 2_000)


def test_residents_and_farms_record_no_visits(memoir: Memoir) -> None:
    memoir.register("anna", "garden", "resident")
    for other in ("farm", "garden", "anna"):
        memoir.refuse(other, memoir.visiting(), WrongRole)


def test_a_leader_of_the_farms_own_does_not_visit_it(memoir: Memoir) -> None:
    memoir.roles("farm", "farm", "community")
    memoir.register("own", "farm", "leader")
    assert memoir.refuse("own", memoir.visiting(), e.OwnFarm) == ["own", "farm"]


def test_who_was_there_vouches(memoir: Memoir) -> None:
    visit = memoir.visit(products=(BERRY, CHILLED))
    word = memoir.vouch(visit)
    row = memoir.endorsement_of(word)
    assert (row.leader, row.product, row.commission_bp, row.state) == ("mei", BERRY, 1_000, "standing")
    assert [memoir.listing(key).endorsements for key in SHELVES] == [1, 1, 1]
    memoir.vouch(visit, product=CHILLED)
    assert memoir.listing(farm_listing("farm")).endorsements == 2
    check_recount(memoir)


def test_no_endorsement_without_a_visit_of_her_own(memoir: Memoir) -> None:
    claimed, other = memoir.visit(confirmed=False), memoir.visit("lan")
    assert memoir.refuse("mei", memoir.vouching(bytes(32)), e.VisitUnknown) == ["00" * 32]
    assert memoir.refuse("mei", memoir.vouching(claimed), e.VisitUnconfirmed) == [claimed.hex()]
    assert memoir.refuse("mei", memoir.vouching(other), e.NotVisitor) == [other.hex(), "mei"]
    assert memoir.refuse("lan", memoir.vouching(other, CHILLED), e.NotSeen) == [other.hex(), CHILLED]
    memoir.refuse("garden", memoir.vouching(other), WrongRole)


def test_a_visit_is_good_for_a_year_to_the_millisecond(memoir: Memoir) -> None:
    visit = memoir.visit()
    latest_ms = memoir.visit_of(visit).to_ms + 365 * DAY_MS
    memoir.run([], latest_ms - 1_000 - memoir.now)
    early = memoir.fork()
    assert isinstance(early, Memoir)
    early.vouch(visit)
    assert early.now == latest_ms
    memoir.run([], 1)
    assert memoir.refuse("mei", memoir.vouching(visit), e.VisitTooOld) == [visit.hex(), str(latest_ms)]


def test_a_word_stands_once_and_its_withdrawal_stays_visible(memoir: Memoir) -> None:
    visit = memoir.visit()
    word = memoir.vouch(visit)
    assert memoir.refuse("mei", memoir.vouching(visit), e.VouchedAlready) == ["mei", BERRY]
    memoir.refuse("lan", a.WithdrawEndorsement(word, REASON), e.NotVoucher)
    memoir.refuse("mei", a.WithdrawEndorsement(bytes(32), REASON), e.EndorsementUnknown)
    memoir.accept("mei", a.WithdrawEndorsement(word, REASON))
    row = memoir.endorsement_of(word)
    assert (row.state, row.reason, row.withdrawn_ms) == ("withdrawn", REASON, memoir.now)
    memoir.refuse("mei", a.WithdrawEndorsement(word, REASON), e.WithdrawnAlready)
    memoir.refuse("mei", memoir.vouching(visit), e.VouchedAlready)
    assert [(memoir.listing(key).endorsements, memoir.listing(key).withdrawn) for key in SHELVES] == [(1, 1)] * 3
    memoir.later(4 * HOUR_MS)
    memoir.vouch(memoir.visit())
    assert memoir.listing(SHELVES[0]).endorsements == 2, "after another visit"
    assert [heard.what for heard in memoir.recorder.heard] == [
        "visited",
        "endorsed",
        "withdrawn",
        "visited",
        "endorsed",
    ]
    check_recount(memoir)
