"""The one error of everything that reads or writes GS1 identifiers: which AI, where, why, what to do."""

from typing import Any

from standards.gs1.words import WORDS


class Gs1Fault(Exception):
    """An identifier, element string or URI that does not hold together.

    `code` names the rule, as GS1's reference linters do where they have one. `ai` is the application identifier the
    fault lies in, empty where there is none. `position` counts characters of its value (or of the whole text) from 1;
    None where no single place is to blame. `zh`, `en`, `remedy_zh`, `remedy_en` say it to people.
    """

    def __init__(self, code: str, *, ai: str = "", position: int | None = None, **details: Any) -> None:
        words = WORDS[code]
        filled = {name: _shown(value) for name, value in details.items()}
        where_zh = f"AI ({ai})" if ai else ""
        where_en = f"AI ({ai})" if ai else ""
        if position is not None:
            where_zh += f"第 {position} 位"
            where_en += f"{', ' if ai else ''}character {position}"
        self.code = code
        self.ai = ai
        self.position = position
        self.zh = f"{where_zh}：{words.zh.format(**filled)}".removeprefix("：")
        self.en = f"{where_en}: {words.en.format(**filled)}".removeprefix(": ")
        self.remedy_zh = words.remedy_zh.format(**filled)
        self.remedy_en = words.remedy_en.format(**filled)
        super().__init__(f"{self.zh} / {self.en}")


def _shown(value: object, length: int = 60) -> str:
    """`value` as it may stand in a message: printable, on one line, at most `length` characters."""
    text = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in str(value))
    return text if len(text) <= length else text[: length - 1] + "…"
