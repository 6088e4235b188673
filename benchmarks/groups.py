"""Who orders what together: real groups of a social shop, as campaigns of a community.

Of the data set (BeiBei, Zhang et al., ICDE 2021; `$LINXIN_SHARED/data/orders_groupbuy_beibei`, by default beside the
repository) come the initiators, the items, the participants, and which groups failed. It has nothing else, so all this
is made up: that the groups of one item, fifty members together, are one campaign (1,500 orders of a community in a
month are one a day), led by who initiated the first of them; prices and quantities (from the numbers of item and
member); times; who else was in a failed group, of which the initiator alone is known (three more members); and that a
fifth of all campaigns fail.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from client.failures import Failure

MEMBERS = 50
"""Of a campaign that succeeds."""

FAILING_EVERY = 5
STRANGERS = 3
"""Made-up members of a failed group beside its initiator."""

UNITS_MAX = 3


@dataclass(frozen=True)
class Buyer:
    """A member of the data set and how many units it orders."""

    member: int
    units: int


@dataclass(frozen=True)
class Group:
    """What becomes a campaign. `price_fen`: of one unit, before the ladder falls."""

    number: int
    item: int
    leader: int
    buyers: tuple[Buyer, ...]
    price_fen: int
    succeeds: bool

    @property
    def units(self) -> int:
        """Ordered in all."""
        return sum(buyer.units for buyer in self.buyers)


class NoData(Failure):
    """The data set is not where it is looked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"找不到真实拼团数据：{folder}",
            f"the data set of real groups is not at {folder}",
            "请将环境变量 LINXIN_SHARED 设为共享数据所在目录",
            "set LINXIN_SHARED to the folder of shared data",
        )


def data_folder() -> Path:
    """Where the data set lies. Raises `NoData`."""
    shared = os.environ.get("LINXIN_SHARED") or Path(__file__).resolve().parents[1].parent / "shared"
    folder = Path(shared) / "data" / "orders_groupbuy_beibei"
    if not folder.is_dir():
        raise NoData(folder)
    return folder


def groups(folder: Path) -> Iterator[Group]:
    """Campaigns without end: when all groups have been used they come again, under new numbers."""
    succeeded, failed = _by_item(folder / "success_sample.txt"), _pairs(folder / "invalid.txt")
    numbers, failures = count(), 0
    while True:
        for item, members in succeeded:
            number = next(numbers)
            if number % FAILING_EVERY == FAILING_EVERY - 1:
                initiator, wanted = failed[failures % len(failed)]
                failures += 1
                yield _group(number, wanted, [initiator, *_strangers(initiator)], succeeds=False)
                number = next(numbers)
            yield _group(number, item, members, succeeds=True)


def _group(number: int, item: int, members: list[int], *, succeeds: bool) -> Group:
    buyers = tuple(Buyer(member, 1 + (member + item) % UNITS_MAX) for member in members)
    return Group(number, item, members[0], buyers, 990 + 10 * (item % 400), succeeds)


def _strangers(initiator: int) -> list[int]:
    return [10**6 + initiator * STRANGERS + number for number in range(STRANGERS)]


def _pairs(path: Path) -> list[tuple[int, int]]:
    """(initiator, item) of each line."""
    lines = path.read_text("ascii").splitlines()
    return [(int(initiator), int(item)) for initiator, item, *_ in (line.split() for line in lines)]


def _by_item(path: Path) -> list[tuple[int, list[int]]]:
    """Members of each item's groups in the order of the file, each once a campaign, as many campaigns as they fill; who
    is left over fills none.
    """
    filling: dict[int, dict[int, None]] = {}
    found: list[tuple[int, list[int]]] = []
    for line in path.read_text("ascii").splitlines():
        initiator, item, *participants = (int(part) for part in line.split())
        members = filling.setdefault(item, {})
        for member in (initiator, *participants):
            members[member] = None
            if len(members) == MEMBERS:
                found.append((item, list(members)))
                members.clear()
    return found
