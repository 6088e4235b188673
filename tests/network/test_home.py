"""What a node leaves in its home for people."""

from pathlib import Path

from network.home import keep_divergence
from network.replica.errors import Diverged


def test_what_each_side_signed_is_kept_as_it_was_signed(tmp_path: Path) -> None:
    notes = ["linxin/a\n1\nx\n\n— farm AAAA\n", "linxin/a\n1\ny\n\n— hub BBBB\n"]
    kept = keep_divergence(tmp_path, Diverged(7, ["hub"], notes))
    assert kept.name == "divergence-7.txt"
    assert all(note in kept.read_text(encoding="utf-8") for note in notes)
