"""Parts of the gateway that need no network: limits, languages, curves, the picture of a way."""

import re
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from client.batch import Curve, Excursion, Fix, Place, Way
from client.batch.shelves import counts_of
from client.journey import Clock
from client.verified import InvalidProof
from gateway.pages.chart import BUCKETS_MAX, draw, thin
from gateway.pages.sketch import HEIGHT, WIDTH, sketch
from gateway.web.language import language_of
from gateway.web.limits import Buckets
from gateway.words import WORDS

MINUTE_MS = 60_000
CLOCK = Clock(UTC)


def test_a_bucket_lets_a_burst_through_and_then_so_many_a_second() -> None:
    buckets = Buckets(per_s=2, burst=3, addresses_max=10)
    assert [buckets.take("a", 0) for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a", 0) == pytest.approx(0.5)
    assert buckets.take("b", 0) == 0
    assert buckets.take("a", 0.5) == 0
    assert buckets.take("a", 0.5) > 0
    assert [buckets.take("a", 1000) for _ in range(3)] == [0, 0, 0]


def test_only_so_many_addresses_are_remembered() -> None:
    buckets = Buckets(per_s=1, burst=1, addresses_max=5)
    for number in range(100):
        buckets.take(str(number), 0)
    assert len(buckets._left) == 5
    assert buckets.take("99", 0) > 0


@pytest.mark.parametrize(
    ("header", "query", "expected"),
    [
        ("", "", "zh"),
        ("en", "", "en"),
        ("fr", "", "zh"),
        ("en;q=0.5, zh-Hans;q=0.6", "", "zh"),
        ("en;q=0", "", "zh"),
        ("en;q=nonsense", "", "zh"),
        ("zh", "lang=en", "en"),
        ("en", "lang=xx", "en"),
        (",;q=,=" * 200, "", "zh"),
    ],
)
def test_the_language_that_was_asked_for(header: str, query: str, expected: str) -> None:
    scope = {"type": "http", "headers": [(b"accept-language", header.encode())], "query_string": query.encode()}
    assert language_of(Request(scope)) == expected


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    for name, (zh, en) in WORDS.items():
        assert zh, name
        assert en, name
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), name


@given(st.lists(st.one_of(st.none(), st.integers(-1000, 1000)), min_size=2, max_size=3000))
def test_thinning_keeps_the_peaks_and_the_order(values: list[int | None]) -> None:
    points = [(place * MINUTE_MS, value) for place, value in enumerate(values)]
    kept = thin(points)
    assert set(kept) <= set(points)
    assert kept == sorted(kept, key=lambda point: point[0])
    assert len(kept) <= 3 * BUCKETS_MAX
    there = [value for value in values if value is not None]
    if there:
        drawn = [value for _, value in kept if value is not None]
        assert (min(drawn), max(drawn)) == (min(there), max(there))


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=400),
    st.integers(-4, 2),
    st.integers(1, 10**7),
)
def test_a_drawing_stays_within_its_frame(values: list[int], exponent: int, step_ms: int) -> None:
    curve = _curve(values, exponent, step_ms)
    chart = draw(curve, "c", CLOCK)
    points = [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", chart.path)]
    assert len(points) >= 2
    assert all(44 <= x <= 352 and 14 <= y <= 162 for x, y in points)
    assert 2 <= len(chart.y_ticks) <= 7
    assert len(chart.x_ticks) <= 7


def test_an_excursion_told_again_and_again_is_drawn_once() -> None:
    curve = _curve([100, 900, 900, 100], -2, MINUTE_MS, low=0, high=800)
    curve.excursions += [Excursion(MINUTE_MS, MINUTE_MS, 900, -2), Excursion(MINUTE_MS, 2 * MINUTE_MS, 900, -2)]
    chart = draw(curve, "c", CLOCK)
    assert [one.last_ms for one in chart.excursions] == [2 * MINUTE_MS]
    assert any(span.out for span in chart.spans)


def test_the_picture_of_a_way_keeps_its_proportions_and_its_frame() -> None:
    track = tuple(Fix(place, 31.0 + place / 1000, 121.0 + place / 500) for place in range(500))
    drawn = sketch(Way((), track, (Place(("田", "field"), 31.0, 121.0),)))
    assert drawn is not None
    points = [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn.path)]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert 100 < drawn.length_km < 120
    assert drawn.bar[1].endswith("km")


def test_a_single_position_is_no_way() -> None:
    assert sketch(Way((), (), (Place(("田", "field"), 31.0, 121.0),))) is None
    assert sketch(Way((), (), ())) is None


def test_counts_of_a_listing_that_is_not_there_are_nought() -> None:
    counts = counts_of("lot/X/1", None)
    assert (counts.reviews, counts.score, counts.ends) == (0, "", ())
    with pytest.raises(InvalidProof):
        counts_of("lot/X/1", b"\xc1")


def _curve(values: list[int], exponent: int, step_ms: int, low: int | None = None, high: int | None = None) -> Curve:
    points: list[tuple[int, int | None]] = [(place * step_ms, value) for place, value in enumerate(values)]
    name = ("温度", "temperature")
    return Curve("device:d", "temperature", "vehicle:v", name, name, name, "°C", exponent, points, low, high)
