"""Documents that are written from the code are fresh."""

from tools.refusals import TARGET, document


def test_every_refusal_is_documented() -> None:
    assert TARGET.read_text(encoding="utf-8") == document(), "run `python -m tools.refusals`"
