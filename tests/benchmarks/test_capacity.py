"""What the capacity benchmark says of what it measured."""

from collections import Counter

from benchmarks.capacity import REASONS_MAX, failure_figures, latency_figures
from benchmarks.open_loop import Offered


def test_latency_to_final_is_of_records_due_in_the_measured_time() -> None:
    answered = {
        "place": [(1.0, 9.0), (10.0, 0.1), (11.0, 0.3), (20.0, 9.0)],
        "readings": [(12.0, 0.2)],
        "scans": [(12.0, 5.0)],
    }
    done = Offered(answered, Counter(), Counter(), Counter(), 21.0)
    figures = latency_figures(done, 10.0, 20.0)
    assert (figures["final_p50_ms"], figures["final_max_ms"]) == (200.0, 300.0)
    assert (figures["place_max_ms"], figures["scans_max_ms"], figures["place_per_s"]) == (300.0, 5_000.0, 0.2)


def test_failures_are_told_with_what_was_most_frequent() -> None:
    reasons = Counter({f"place: {number} it cannot": number for number in range(1, 11)})
    reasons |= Counter({"hand_over: 5003 lin-1 is open": 2, "hand_over: 5003 lin-2 is open": 9})
    done = Offered({}, Counter({"scans": 2}), Counter({"place": 36, "not answered": 4}), reasons, 1.0)
    figures = failure_figures(done)
    assert (figures["failed"], figures["scans_refused"]) == (40, 2)
    most = [("hand_over: 5003 lin-1 is open", 11), ("place: 10 it cannot", 10), ("place: 9 it cannot", 9)]
    assert list(figures["reasons"].items())[:3] == most
    assert len(figures["reasons"]) == REASONS_MAX
