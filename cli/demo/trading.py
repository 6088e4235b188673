"""The presale told on the running network: orders until the cut-off, goods, pickup, and a second group that fails.

Whoever signs has the key for it: leader, farm, custodian and registrar theirs, each buyer a fresh one for her order.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from linxin.v1 import blob_pb2, trade_pb2
from rich.markup import escape

from cli.demo import cast, goods, market
from cli.demo.market import COMMUNITY, CUSTODIAN, LEADER, PRESALE, SECOND
from cli.demo.runner import Telling
from cli.output import Problem
from cli.yuan import yuan
from client import trade
from client.blobs import put_blob
from client.connection import Connection
from client.submit import Submitter, sign_action
from client.trading import NewOrder, make_receipt, make_ticket, show_code
from ledger.crypto.encoding import Message
from ledger.module import Action
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments.messages import Confirm, Confirmed, Receipt

_T = TypeVar("_T")

WAIT_S_MAX = 30.0
LOOK_S = 0.1
CONFIRMED_MAX = 256
"""Instructions that one record confirms."""

CUTOFF_MS, SECOND_CUTOFF_MS = 5_000, 2_000
"""From the draft to the cut-off of the presale and of the second group, on a machine that takes no time itself."""

SHOW_MS = 1_000
"""With less time than this to the cut-off nobody waits any more to see the totals published."""


@dataclass
class Buyer:
    """A resident's order; `number` (跟团号), `units` she gets and `line` become known on the way."""

    order: NewOrder
    units: int
    line: trade_pb2.Line = field(default_factory=trade_pb2.Line)

    @property
    def number(self) -> int:
        """Her place in the campaign."""
        return self.line.number


@dataclass
class Trading:
    """The presale as it is told: who ordered, and what the custodian took in."""

    telling: Telling
    submitter: Submitter
    buyers: dict[str, list[Buyer]] = field(default_factory=lambda: {PRESALE: [], SECOND: []})
    taken_fen: dict[str, int] = field(default_factory=dict)
    """Fen of the receipts that the custodian gave, by whom they were for."""

    pace_ms: int = 0
    """How much longer than those orders are taken, since this machine is slow."""

    address: bytes = b""

    # What everybody does.

    def say(self, zh: str, en: str, mark: str = " ") -> None:
        """Two lines of the story."""
        self.telling.out.say(f"    {mark} {escape(zh)}")
        self.telling.out.say(f"      [dim]{escape(en)}[/]")

    def tick(self, zh: str, en: str) -> None:
        """Two lines about what has come about."""
        self.say(zh, en, "[green]✓[/]")

    def sign(self, signer: str, action: Action, restricted: Message | None = None) -> bytes:
        """An envelope of somebody with a key in the network's folder."""
        return sign_action(self.telling.keys[signer], self.submitter.chain_id, action, restricted=restricted)

    def submit(self, what: str, envelopes: Sequence[bytes]) -> None:
        """Have envelopes made final."""
        self.telling.submit(self.submitter, what, envelopes)

    def do(self, signer: str, action: Action, restricted: Message | None = None) -> None:
        """One record, final."""
        self.submit(f"{type(action).__name__} ({signer})", [self.sign(signer, action, restricted)])

    def campaign(self, name: str) -> trade_pb2.Campaign:
        """What everybody may see of a campaign."""
        return self.submitter.run(lambda connection: trade.get_campaign(connection, name))

    def lines(self, name: str) -> list[trade_pb2.Line]:
        """A campaign's lines by number, as its leader sees them."""
        key = self.telling.keys[LEADER]

        async def ask(connection: Connection) -> list[trade_pb2.Line]:
            return [entry.line async for entry in trade.list_lines(connection, key, name)]

        return self.submitter.run(ask)

    def until(self, name: str, *states: str) -> trade_pb2.Campaign:
        """Wait until a campaign has come so far."""
        return self.wait(lambda: self.campaign(name), lambda found: found.state in states, f"{name}: {states[0]}")

    def look_again(self, name: str) -> trade_pb2.Campaign:
        """A campaign after a short while."""
        time.sleep(LOOK_S)
        return self.campaign(name)

    def wait(self, look: Callable[[], _T], enough: Callable[[_T], bool], what: str) -> _T:
        """Look until it is enough. Raises `Problem` after `WAIT_S_MAX`."""
        deadline = time.monotonic() + WAIT_S_MAX
        while not enough(found := look()):
            if time.monotonic() > deadline:
                raise Problem(
                    f"等待超时：{what}", f"waited in vain for {what}", "请重试，或换一台更快的机器", "try it again"
                )
            time.sleep(LOOK_S)
        return found

    # The custodian and the registrar.

    def receipt(self, beneficiary: str, fen: int) -> Receipt:
        """The custodian has taken money in and says so."""
        self.taken_fen[beneficiary] = self.taken_fen.get(beneficiary, 0) + fen
        return make_receipt(
            self.telling.keys[CUSTODIAN],
            self.submitter.chain_id,
            CUSTODIAN,
            fen=fen,
            beneficiary=beneficiary,
            valid_to_ms=now_ms() + cast.HOUR_MS,
        )

    def pay_out(self) -> tuple[int, int]:
        """The custodian carries out all that it is told to; (how many payments, fen)."""
        key = self.telling.keys[CUSTODIAN]

        async def ask(connection: Connection) -> list[trade_pb2.Instruction]:
            return [each async for each in trade.list_instructions(connection, key, CUSTODIAN)]

        found = self.submitter.run(ask)
        ids = [each.id for each in found]
        parts = [ids[start : start + CONFIRMED_MAX] for start in range(0, len(ids), CONFIRMED_MAX)]
        for part in parts:
            self.do(CUSTODIAN, Confirm(), Confirmed(tuple(part)))
        return len(found), sum(each.fen for each in found)

    # The story.

    def prepare(self) -> None:
        """People, goods and money come onto the ledger."""
        brought = {cast.FARM: market.FARM_FEN, cast.PLATFORM: market.PLATFORM_FEN, cast.HUB: market.HUB_FEN}
        receipts: dict[str, Message] = {
            name: self.receipt(f"organisation:{name}", fen) for name, fen in brought.items()
        }
        started = time.monotonic()
        chapter = goods.preparing(self.telling.calendar, self.telling.possessed_key(self.submitter), receipts)
        self.telling.record(self.submitter, chapter)
        self.pace_ms = int(5_000 * (time.monotonic() - started))
        for name, fen in brought.items():
            self.say(f"{name} 经托管机构存入 {yuan(fen)}", f"{name} brings {yuan(fen)} in by the custodian's receipt")
        self.tick(
            f"平台拿出 {yuan(market.GUARANTEE_FEN)} 作保证金，{yuan(market.FLOAT_FEN)} 作团长先赔的备用金",
            f"the platform sets {yuan(market.GUARANTEE_FEN)} aside as guarantee, {yuan(market.FLOAT_FEN)} as a float",
        )

    def open(self, name: str, taking_ms: int) -> trade_pb2.Campaign:
        """The leader drafts, the farm agrees and puts up its deposit; orders are taken for so long."""
        if not self.address:
            self.address = self.store("幸福里三号门（演示）", holders=(LEADER, COMMUNITY))
        self.do(LEADER, market.terms(name, now_ms() + taking_ms + self.pace_ms, self.address))
        self.do(cast.FARM, m.Open(name))
        return self.campaign(name)

    def store(self, text: str, holders: tuple[str, ...] = ()) -> bytes:
        """A restricted file of the community in the vault; its address, by which a record may name it."""
        key = self.telling.keys[COMMUNITY]
        stored = self.submitter.run(
            lambda connection: put_blob(
                connection,
                key,
                text.encode(),
                media_type="text/plain; charset=utf-8",
                blob_class=blob_pb2.RESTRICTED,
                holders=holders,
            )
        )
        return bytes(stored.address)

    def keep(self, signer: str, text: str) -> bytes:
        """A file in the vault that everybody may read, until its owner erases it; its address."""
        key = self.telling.keys[signer]
        stored = self.submitter.run(
            lambda connection: put_blob(
                connection,
                key,
                text.encode(),
                media_type="text/plain; charset=utf-8",
                retention=blob_pb2.WORKING,
            )
        )
        return bytes(stored.address)

    def order(self, name: str, wave: Iterable[int], first_key: NewOrder | None = None) -> None:
        """Residents order: each pays the custodian, shows the registrar who she is, and orders under a fresh key."""
        community, chain_id = self.telling.keys[COMMUNITY], self.submitter.chain_id
        envelopes = []
        for units in wave:
            order = first_key or NewOrder(name)
            first_key = None
            receipt = self.receipt(order.subject, units * market.LADDER[0].price_fen)
            ticket = make_ticket(community, chain_id, COMMUNITY, name, order.id)
            envelopes.append(order.place(chain_id, units, receipt, ticket))
            self.buyers[name].append(Buyer(order, units))
        self.submit("Order", envelopes)

    def learn_lines(self, name: str) -> list[Buyer]:
        """The campaign's buyers by number, with their lines as they stand."""
        known = {line.order: line for line in self.lines(name)}
        for buyer in self.buyers[name]:
            buyer.line = known[buyer.order.id.hex()]
        return sorted(self.buyers[name], key=lambda each: each.number)


def now_ms() -> int:
    """By the clock of the machine."""
    return time.time_ns() // 1_000_000


def shown_code(buyer: Buyer) -> str:
    """Her pickup code, as she reads it out."""
    return show_code(buyer.order.code)
