"""The reference's world: names to dictionaries, deadlines in order of time, one happening after the other."""

from typing import Any

from tests.economy.reference.books import Books

S = 1_000
MINUTE = 60 * S
HOUR = 60 * MINUTE
DAY = 24 * HOUR

WINDOWS = {
    "perishable_window": DAY,
    "statutory_window": 7 * DAY,
    "pickup": 8 * HOUR,
    "noshow_grace": DAY,
    "disposal": DAY,
    "leader_silence": DAY,
    "substitute": DAY,
    "hold_grace": DAY,
    "holdback": 7 * DAY,
    "contest": DAY,
    "adjudication": 3 * DAY,
    "repay": DAY,
    "guarantee_notice": 14 * DAY,
}
"""How long everybody has, ms, as a network has it that says nothing else."""

TRIES = 5
GONE = ("cancelled", "failed", "refunded")
"""Lines whose money is back with the buyer."""


class Refused(Exception):
    """This may not happen; nothing changed."""


def need(condition: bool, why: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refused(why)


class World:
    """Everything that one scenario knows. `do_<happening>` decides one, `due_<deadline>` is what falls due."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.scenario = scenario
        self.now = 0
        self.windows: dict[str, int] = scenario["windows"]
        self.books = Books()
        self.deadlines: list[tuple[int, int, str, tuple[Any, ...]]] = []
        self.deadline_count = 0
        self.campaigns: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.claims: list[dict[str, Any]] = []
        self.supply: dict[tuple[str, str], dict[str, int]] = {}
        self.shipments: dict[str, bool] = {}
        self.lots: dict[str, dict[str, Any]] = {}
        self.tickets: set[tuple[str, str]] = set()
        self.noticed = 0
        self.willing: dict[str, bool] = {}
        self.paid_out: dict[tuple[str, int], int] = {}
        for number, (account, fen) in enumerate(scenario["funds"].items()):
            self.books.day = self.day_of(100 * number - 100_000)  # when the driver brings it in
            self.books.issue(account, fen)

    # Time

    def day_of(self, time: int) -> int:
        """The day in China that a time is of, counted from 1970."""
        return int((self.scenario["epoch"] + time + 8 * HOUR) // DAY)

    def today(self) -> int:
        """The day that it is."""
        return self.day_of(self.now)

    def at(self, due: int, what: str, *about: Any) -> None:
        """Let something fall due."""
        self.deadlines.append((due, self.deadline_count, what, about))
        self.deadline_count += 1

    def block(self, time: int, happenings: list[dict[str, Any]]) -> list[str]:
        """All that happens at one instant; for each "" or why it is refused."""
        self.pass_time(time, including=False)
        self.now = time
        self.books.day = self.today()
        results = []
        for happening in happenings:
            try:
                getattr(self, "do_" + happening["do"])(happening)
                results.append("")
            except Refused as refused:
                results.append(str(refused))
        self.pass_time(time, including=True)
        return results

    def pass_time(self, until: int, including: bool) -> None:
        """Let deadlines fire in order of time, then of when they were set; those that an outage hides, after what
        happens when it is over.
        """
        while self.deadlines:
            first = min(self.deadlines, key=lambda deadline: (self.fires_at(deadline[0]), *deadline[:2]))
            fires = self.fires_at(first[0])
            if fires > until or (fires == until and not including):
                break
            self.deadlines.remove(first)
            self.now = max(self.now, fires)
            getattr(self, "due_" + first[2])(*first[3])

    def fires_at(self, due: int) -> int:
        """When what is due then fires: in the first block from then on."""
        outage = self.scenario["outage"]
        return int(outage[1]) if outage and outage[0] < due < outage[1] else due

    def campaign(self, name: str, *states: str) -> dict[str, Any]:
        """A campaign in one of `states`, which is not recalled."""
        need(name in self.campaigns, "no such campaign")
        found = self.campaigns[name]
        need(not found["recalled"], "recalled")
        need(found["state"] in states, f"is {found['state']}")
        return found

    def lines(self, campaign: dict[str, Any], *states: str) -> list[dict[str, Any]]:
        """The campaign's lines in their order, of the given states (all where none is given)."""
        mine = [order for order in self.orders.values() if order["campaign"] == campaign["name"]]
        return [order for order in mine if not states or order["state"] in states]
