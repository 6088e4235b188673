"""What a network has decided about itself, as an endpoint tells it: its validators, their sets, and all proposals."""

from dataclasses import dataclass
from typing import Any, TypeVar

from linxin.v1 import ledger_pb2
from msgspec.structs import asdict

from client.connection import Connection
from client.journey.entry import known_registry
from client.journey.text import fill
from ledger.certificate import quorum
from ledger.module import tag_of
from ledger.modules.governance import state as s
from ledger.modules.governance.messages import Change
from ledger.state import Table
from ledger.words import Words

PAGE_SIZE = 1_000

_V = TypeVar("_V")


@dataclass(frozen=True)
class Governance:
    """The tables of governance at one time; `height` is the certificate that the endpoint answered under."""

    height: int
    in_force: s.InForce
    validators: dict[str, s.ValidatorRecord]
    sets: dict[int, s.ValidatorSet]
    proposals: dict[int, s.Proposal]

    @property
    def members(self) -> tuple[str, ...]:
        """Ids of the validators in force."""
        return self.sets[self.in_force.set_height].ids()

    @property
    def electorate(self) -> tuple[str, ...]:
        """The organisations that run them: one vote each."""
        return tuple(sorted({self.validators[member].organisation for member in self.members}))

    @property
    def votes_needed(self) -> int:
        """How many of them a proposal needs."""
        return quorum(len(self.electorate))

    def standing(self, number: int) -> tuple[list[str], list[str], list[str]]:
        """Who of the electorate approves a proposal, who does not, and who has not voted."""
        votes = {name: approve for name, approve in self.proposals[number].votes if name in self.electorate}
        approving = [name for name, approve in votes.items() if approve]
        against = [name for name, approve in votes.items() if not approve]
        return approving, against, [name for name in self.electorate if name not in votes]

    def open_change(self, change: type[Change], **fields: Any) -> int:
        """The number of the newest proposal that is open and asks for this; 0 when there is none."""
        return max(
            (
                number
                for number, row in self.proposals.items()
                if row.status == "open"
                and isinstance(row.change, change)
                and all(getattr(row.change, name) == value for name, value in fields.items())
            ),
            default=0,
        )


async def read_governance(connection: Connection) -> Governance:
    """Ask for all of it. Raises as `Connection.call`."""
    height, force = await _rows(connection, s.in_force)
    return Governance(
        height=height,
        in_force=force[""],
        validators=(await _rows(connection, s.validators))[1],
        sets={int(key): row for key, row in (await _rows(connection, s.sets))[1].items()},
        proposals={int(key): row for key, row in (await _rows(connection, s.proposals))[1].items()},
    )


async def _rows(connection: Connection, table: Table[_V]) -> tuple[int, dict[str, _V]]:
    """(height, rows by key) of one table."""
    prefix, token, rows = table.prefix.decode(), "", dict[str, _V]()
    while True:
        request = ledger_pb2.ListValuesRequest(prefix=prefix, page_size=PAGE_SIZE, page_token=token)
        page = await connection.call(lambda to: to.ledger.ListValues, request, ledger_pb2.ListValuesResponse)
        for each in page.values:
            rows[each.key.removeprefix(prefix)] = table.decode(each.value, None).value
        token = page.next_page_token
        if not token:
            return page.height, rows


def change_words(change: Change) -> Words:
    """A proposed change in a sentence."""
    words = known_registry().words.actions[tag_of(type(change))]
    fields = {name: str(value) if value not in ("", None) else None for name, value in asdict(change).items()}
    sentences = words.sentence or words.title
    return fill(sentences[0], fields), fill(sentences[1], fields)


def status_words(status: str) -> Words:
    """How a proposal stands, or what a validator is, in a word."""
    return known_registry().words.values.get(status, (status, status))
