"""Reviews that buyers wrote, in Chinese (../shared/data/reviews_zh_fruit_dairy): fruit, milk, takeaway meals.

The corpus knows good from bad alone: good is five stars and ten of ten, bad is one star and none.
"""

import csv
import os
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(os.environ.get("LINXIN_SHARED", "../shared")) / "data/reviews_zh_fruit_dairy"
KINDS = {"水果": "fruit", "蒙牛": "milk", "": "meal"}
PRODUCT_REVIEWS, MEAL_REVIEWS = 12_033, 11_987


class Written(NamedTuple):
    """One review of the corpus; `number`: its place in it."""

    number: int
    kind: str
    good: bool
    text: str


def read_corpus() -> list[Written]:
    """All of it, in the order of the files."""
    rows = [
        (KINDS[row.get("cat", "")], row["label"] == "1", row["review"])
        for name in ("fruit_and_mengniu_reviews.csv", "waimai_10k.csv")
        for row in csv.DictReader((FOLDER / name).open(encoding="utf-8-sig", newline=""))
    ]
    return [Written(number, *row) for number, row in enumerate(rows)]
