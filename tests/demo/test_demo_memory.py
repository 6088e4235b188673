"""The end of `linxin demo`, as its document tells it: reviews, the archive, points, titles, erasure."""

from pathlib import Path
from typing import Any

import pytest

from cli.demo.memory import BAD, LISTING, WARM
from tests.reviews.searching import found_behind_keys, found_raw

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("demo")]


@pytest.fixture
def memory(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = told["memory"]
    return found


def test_the_archive_counts_what_was_reviewed(memory: dict[str, Any]) -> None:
    before, after = memory["archive_before"], memory["archive_after"]
    assert (memory["listing"], before["reviews"], after["reviews"]) == (LISTING, 0, 24)
    assert len(set(memory["reviews"])) == after["reviewers"] == sum(after["ratings"]) == 24
    assert after["ratings"][:2] == [1, 1], "those who claimed say so"
    assert before["claims"] == after["claims"] == {"opened": 2, "paid": 1, "upheld": 2}
    assert (after["visits"], after["endorsements"], after["photos"], after["erased"]) == (1, 1, 1, 1)
    assert after["excursions"] > 0, "good reviews do not hide a warm truck"


def test_points_are_earned_and_spent_and_titles_won(memory: dict[str, Any]) -> None:
    assert memory["points"] == {"earned": 15, "spent": 15, "balance": 0}
    assert memory["titles"] == {"recommender": "held", "taster": "held"}
    assert memory["honours"]["taster_reviews"] == 1
    assert memory["erasure_receipts"] == 1


def test_what_was_erased_is_in_no_file_of_any_of_the_four(told: dict[str, Any]) -> None:
    """Nodes, keys, archives and proofs, with every key that lies anywhere; another's words are found so."""
    home = Path(told["home"])
    assert found_raw(WARM[0], home) == []
    assert found_behind_keys(WARM[0], home) == []
    assert len(found_behind_keys(BAD[0], home)) == 1
