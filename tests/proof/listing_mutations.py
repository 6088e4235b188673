"""Named mutations of honest proof files of a listing of the trust archive."""

from collections.abc import Callable
from typing import Any

import msgpack

from tests.proof import listings
from tests.proof.mutations import (
    CLAIM,
    HASHES,
    LEAVES,
    SECTIONS,
    START,
    VALUE,
    VALUES,
    Case,
    add,
    changed,
    put,
    section,
    swap,
    without_leaf,
)


def without_review(parts: list[Any], place: int) -> None:
    """Hide a review: its leaf and its row, the range told one shorter."""
    without_leaf(parts, listings.SUBJECT, place)
    parts[VALUES].pop(place)
    parts[CLAIM][3] -= 1


def swapped_reviews(parts: list[Any]) -> None:
    """Put one review before another, their rows as well."""
    for items in (parts[LEAVES], parts[VALUES]):
        swap(items, 0, 1)


def aliased(parts: list[Any], name: str) -> None:
    """Pass the listing off as another one."""
    parts[CLAIM][1] = name
    parts[SECTIONS][0][0] = f"listing:{name}"


def rated_better(parts: list[Any], old: int, new: int) -> None:
    """Change what a review says, in what was signed and in what came of it."""
    leaf = msgpack.unpackb(parts[LEAVES][1])
    leaf[1] = leaf[1].replace(bytes([old, 2 * old]), bytes([new, 2 * new]), 1)
    leaf[3][3][0][1] = new
    parts[LEAVES][1] = msgpack.packb(leaf)


def outcome_better(parts: list[Any]) -> None:
    """Change what came of a review, which nobody signed but the validators."""
    leaf = msgpack.unpackb(parts[LEAVES][1])
    leaf[3][3][0][1] = 5
    parts[LEAVES][1] = msgpack.packb(leaf)


def better_counts(parts: list[Any]) -> None:
    value = msgpack.unpackb(parts[SECTIONS][0][VALUE])
    swap(value[0][1], 0, 4)
    parts[SECTIONS][0][VALUE] = msgpack.packb(value)


def subject_swapped(parts: list[Any]) -> None:
    parts[LEAVES][1] = parts[LEAVES][1].replace(listings.SUBJECT.encode(), b"listing:09521234000267@garden")


def moved(parts: list[Any]) -> None:
    """Say that the same leaves stand one place later."""
    parts[CLAIM][2:] = [parts[CLAIM][2] + 1, parts[CLAIM][3] + 1]
    parts[SECTIONS][0][START] += 1


def hidden_quietly(parts: list[Any]) -> None:
    """Hide a review and claim the range as it was."""
    without_review(parts, 1)
    parts[CLAIM][3] += 1


def cut_off(parts: list[Any]) -> None:
    """Leave the newest record out."""
    without_leaf(parts, listings.SUBJECT, -1)
    parts[CLAIM][3] -= 1


def as_a_journal(parts: list[Any]) -> None:
    """Pass a page off as a whole journal."""
    put(parts, CLAIM, ["journal", listings.SUBJECT, None, None])
    put(parts, VALUES, [])


def listing_cases() -> dict[str, Case]:
    """What a server could do to the proof of a listing of the trust archive, whole or a page of it."""
    whole, page, genesis = listings.honest_files()
    subject, other = listings.SUBJECT, f"listing:{listings.OTHER}"

    cases: dict[str, tuple[bytes, Callable[[list[Any]], object], str]] = {
        "listing-whole-honest": (whole, lambda _: None, ""),
        "listing-page-honest": (page, lambda _: None, ""),
        "listing-review-hidden": (whole, lambda p: without_review(p, 1), "journal"),
        "listing-review-hidden-on-a-page": (page, lambda p: without_review(p, 0), "journal"),
        "listing-review-hidden-but-not-its-row": (whole, lambda p: without_leaf(p, subject, 1), "claim"),
        "listing-review-hidden-range-as-it-was": (page, hidden_quietly, "journal"),
        "listing-reviews-swapped": (whole, swapped_reviews, "journal"),
        "listing-reviews-swapped-but-not-their-rows": (whole, lambda p: swap(p[LEAVES], 0, 1), "claim"),
        "listing-rating-changed": (whole, lambda p: rated_better(p, 1, 5), "signature"),
        "listing-rating-changed-in-the-outcome": (whole, outcome_better, "journal"),
        "listing-counts-changed": (whole, better_counts, "state"),
        "listing-aliased": (whole, lambda p: aliased(p, "09521234000267@garden"), "state"),
        "listing-aliased-to-one-that-is": (whole, lambda p: aliased(p, listings.OTHER), "state"),
        "listing-aliased-in-the-claim": (whole, lambda p: put(p[CLAIM], 1, listings.OTHER), "claim"),
        "listing-of-another-kind": (whole, lambda p: put(p[SECTIONS][0], 0, "lot:" + listings.SHELF), "claim"),
        "listing-subject-of-a-record-changed": (whole, subject_swapped, "journal"),
        "listing-range-cut-at-the-end": (whole, cut_off, "journal"),
        "listing-range-cut-in-the-claim": (whole, lambda p: add(p[CLAIM], 3, -1), "claim"),
        "listing-range-widened-in-the-claim": (page, lambda p: put(p[CLAIM], 2, 0), "claim"),
        "listing-range-moved": (page, moved, "journal"),
        "listing-range-negative": (page, lambda p: put(p[CLAIM], 2, -1), "claim"),
        "listing-page-called-whole": (page, lambda p: put(p, CLAIM, ["journal", subject, None, None]), "claim"),
        "listing-page-as-a-journal": (page, as_a_journal, "completeness"),
        "listing-row-changed": (page, lambda p: put(p[VALUES][0], 1, msgpack.packb([5, "shown"])), "state"),
        "listing-row-denied": (page, lambda p: put(p[VALUES][0], 1, None), "state"),
        "listing-row-left-out": (page, lambda p: p[VALUES].pop(), "claim"),
        "listing-row-too-many": (page, lambda p: p[VALUES].append(p[VALUES][0]), "claim"),
        "listing-row-of-another-review": (page, lambda p: put(p[VALUES][0], 0, p[VALUES][1][0]), "claim"),
        "listing-section-twice": (whole, lambda p: p[SECTIONS].append(p[SECTIONS][0]), "claim"),
        "listing-of-the-other-one": (whole, lambda p: aliased(p, other), "state"),
        "listing-hash-changed": (page, lambda p: put(section(p, subject)[HASHES], 0, bytes(32)), "journal"),
    }  # fmt: skip
    found = {name: (changed(data, change), genesis, kind) for name, (data, change, kind) in cases.items()}
    return found | listings.certified()
