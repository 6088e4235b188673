"""The story's end: what residents found, what the leader saw, and what of it the community remembers.

Reviews come from the presale's collected lines, each under its author's own key of that community. This network's
thresholds are those of a small story (`market.HONOURS`), and it says so.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from linxin.v1 import trade_pb2
from rich.box import SIMPLE
from rich.table import Table

from cli.demo import cast, market
from cli.demo.disputes import bad_one, spoiled_one
from cli.demo.market import BERRIES, COMMUNITY, LEADER, PRESALE
from cli.demo.presale import absent_one
from cli.demo.trading import Buyer, Trading, now_ms
from client.blobs import get_blob
from client.connection import Connection
from client.failures import Remote
from client.reviewing import Erased, Opinion, Reviewer, erase_part, get_row, make_membership, read_photo, read_text
from client.submit import envelope_id
from client.trading import NewOrder
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import Listing, listing_of, listings
from ledger.modules.rewards import messages as r
from ledger.modules.rewards.state import LeaderRecord, Points, leaders, points, points_key, title_key, titles

RESIDENT_KEY = "resident-1-garden"
"""The key under which the first buyer reviews, kept so that one can look at her points."""

LISTING = listing_of(BERRIES, COMMUNITY)
OFFER = "punnet-for-points"
REVIEWED_MAX = 24
"""How many of those who collected review."""

TEXTS: tuple[tuple[str, tuple[a.Tag, ...]], ...] = (
    ("甜，香味浓，孩子一口气吃完一盒。", ("fragrant", "sweet")),
    ("个头均匀，包装也好，比超市新鲜。", ("fresh", "well_packed")),
    ("汁水多，价格随大家一起降，划算。", ("good_value", "juicy")),
    ("自提很快，团长提醒得及时。", ("on_time",)),
)
BAD: tuple[str, tuple[a.Tag, ...]] = ("有两颗发霉，团长当场赔了。", ("spoiled",))
WARM: tuple[str, tuple[a.Tag, ...]] = ("到手是温的，后来物流赔了我。", ("warm",))


def _dot() -> bytes:
    """A picture of one red dot, standing for a photograph of strawberries."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\xd0\x20\x30")),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@dataclass
class Memory:
    """What came of it, for `--json`."""

    before: Listing = field(default_factory=Listing)
    after: Listing = field(default_factory=Listing)
    reviews: list[str] = field(default_factory=list)
    words: list[bytes | None] = field(default_factory=list)
    points: Points = field(default_factory=Points)
    titles: dict[str, str] = field(default_factory=dict)
    receipts: int = 0

    def document(self) -> dict[str, Any]:
        """The part of `--json` that tells of it."""
        earned = {name: getattr(self.points, name) for name in ("earned", "spent", "balance")}
        return {
            "listing": LISTING,
            "reviews": self.reviews,
            "archive_before": _counts(self.before),
            "archive_after": _counts(self.after),
            "points": earned,
            "titles": self.titles,
            "erasure_receipts": self.receipts,
            "honours": market.HONOURS,
        }


def _counts(row: Listing) -> dict[str, Any]:
    names = ("reviews", "photos", "reviewers", "erased", "visits", "endorsements", "excursions")
    found: dict[str, Any] = {name: getattr(row, name) for name in names}
    return found | {"ratings": list(row.ratings), "claims": {each.name: each.count for each in row.claims}}


def tell_memory(story: Trading) -> Memory:
    """All of it, part by part."""
    told, telling = Memory(), story.telling
    told.before = _row(story, listings, LISTING) or Listing()
    with telling.part("reviews", "取了货的居民评价", "Residents who collected say what they found"):
        residents = _review(story, told)
    with telling.part("vouching", "团长探访，农场会签，然后背书", "The leader visits, the farm confirms, she vouches"):
        _vouch(story, told)
    with telling.part("points", "积分、荣誉，和说过的话可以删", "Points, titles, and words that can be erased"):
        _spend(story, told, residents[0])
        _erase(story, told, residents[-1])
        told.after = _row(story, listings, LISTING)
        _show(story, told)
    return told


def _row(story: Trading, table: Any, key: str) -> Any:
    async def read(connection: Connection) -> Any:
        return await get_row(connection, table, key)

    return story.submitter.run(read)


def _review(story: Trading, told: Memory) -> list[Reviewer]:
    """Each her own key, the registrar's voucher, some with words in the vault: a line's review."""
    buyers = story.learn_lines(PRESALE)
    bad, warm, absent = bad_one(buyers), spoiled_one(buyers), absent_one(buyers)
    first = story.buyers[PRESALE][0]
    others = [each for each in buyers if each not in (bad, warm, absent, first) and _is_collected(each)]
    buyers = [first, *others[: REVIEWED_MAX - 3], bad, warm]
    residents = [_resident(story, RESIDENT_KEY if each is first else None) for each in buyers]
    said = [_said(number, len(buyers)) for number in range(len(buyers))]
    opinions = story.submitter.run(lambda connection: _keep(connection, residents, said))
    campaign, chain_id = story.campaign(PRESALE), story.submitter.chain_id
    envelopes = _envelopes(chain_id, campaign, residents, buyers, opinions)
    story.submit("WriteReview", envelopes)
    told.reviews = [envelope_id(each).hex() for each in envelopes]
    told.words = [each.words for each in opinions]
    good = sum(each.rating > 3 for each in opinions)
    story.tick(
        f"{len(buyers)} 位居民各用一把社区专用密钥评价取到的货：{good} 条好评，{len(buyers) - good} 条差评；"
        "账本核对：确已取货、每单一次、利益相关者不得评",
        f"{len(buyers)} residents review what they collected, each under a key of her own: {good} good, "
        f"{len(buyers) - good} bad; checked: it was collected, once a line, by nobody with an interest",
    )
    story.say(
        f"“{TEXTS[0][0]}” “{BAD[0]}” 文字照片在可删除的证据库；哪一单只有验证节点与审计方知道",
        "words and photos are in the vault, which can erase; which order it was, only validators and auditors know",
    )
    return residents


def _is_collected(buyer: Buyer) -> bool:
    return buyer.line.state == "settled" and not buyer.line.returned


def _resident(story: Trading, name: str | None) -> Reviewer:
    """A key of hers for the community, with the registrar's voucher."""
    key = story.telling.make_key(name) if name is not None else NewOrder(PRESALE).key
    registrar, valid_to_ms = story.telling.keys[COMMUNITY], now_ms() + cast.DAY_MS
    member = make_membership(registrar, story.submitter.chain_id, COMMUNITY, key, serves=(), valid_to_ms=valid_to_ms)
    return Reviewer(key, member)


def _said(number: int, count: int) -> tuple[Opinion, str]:
    """What each says, and in which words: the last two are those who claimed."""
    if number == count - 2:
        return Opinion(1, 2, BAD[1]), BAD[0]
    if number == count - 1:
        return Opinion(2, 4, WARM[1]), WARM[0]
    text, tags = TEXTS[number] if number < len(TEXTS) else ("", ())
    return Opinion(4 if number % 5 == 4 else 5, 10 - number % 3, tags), text


async def _keep(
    connection: Connection, residents: Sequence[Reviewer], said: Sequence[tuple[Opinion, str]]
) -> list[Opinion]:
    """The opinions with the addresses of their words; the first has a photo."""
    found = []
    for number, (who, (opinion, text)) in enumerate(zip(residents, said, strict=True)):
        words = await who.keep_words(connection, text) if text else None
        photos = (await who.keep_photo(connection, read_photo(_dot())),) if number == 0 else ()
        found.append(opinion._replace(words=words, photos=photos))
    return found


def _envelopes(
    chain_id: bytes,
    campaign: trade_pb2.Campaign,
    residents: Sequence[Reviewer],
    buyers: Sequence[Buyer],
    opinions: Sequence[Opinion],
) -> list[bytes]:
    return [
        who.review(chain_id, campaign, buyer.order.key, said)
        for who, buyer, said in zip(residents, buyers, opinions, strict=True)
    ]


def _vouch(story: Trading, told: Memory) -> None:
    """A visit that the farm confirms, an endorsement that says what she earns, and a title that follows from both."""
    at = story.telling.calendar.at
    photo = story.keep(LEADER, "探访照片（演示） / photograph of the visit (demonstration)")
    words = story.keep(LEADER, "看过大棚、分选和冷库，自家也吃。 Saw greenhouse, sorting and cold room.")
    visit = a.RecordVisit(cast.FARM, cast.FARM_SITE, (BERRIES,), at(0, 8), at(0, 10), (photo,), words)
    visited = _offer(story, LEADER, visit)
    story.do(cast.FARM, a.ConfirmVisit(visited))
    share = story.campaign(PRESALE).terms.leader_bp
    _offer(story, LEADER, a.Endorse(visited, BERRIES, share, words))
    record: LeaderRecord = _row(story, leaders, LEADER)
    title = _row(story, titles, title_key("recommender", COMMUNITY, LEADER))
    told.titles["recommender"] = title.state if title is not None else ""
    story.tick(
        f"团长探访农场并由农场会签，随后为草莓背书，披露佣金 {share / 100:g}%；"
        f"她的口碑：{record.campaigns} 个团，按时交付 {record.on_time} 单，申报 {record.claims_opened} 件",
        f"the leader visited, the farm confirmed, she vouches and discloses {share / 100:g}%; her record: "
        f"{record.campaigns} campaign, {record.on_time} lines on time, {record.claims_opened} claims",
    )
    if title is not None:
        story.tick(
            "达到公布的门槛，账本授予“社区好物推荐官”，无人评选",
            "the published thresholds are reached: the ledger gives the title of neighbourhood recommender",
        )


def _offer(story: Trading, signer: str, action: Any) -> bytes:
    """One record, final; its id."""
    envelope = story.sign(signer, action)
    story.submit(f"{type(action).__name__} ({signer})", [envelope])
    return envelope_id(envelope)


def _spend(story: Trading, told: Memory, resident: Reviewer) -> None:
    """The first buyer's points, the same for every rating, buy her a punnet; her photo makes her a taster here."""
    worth = market.HONOURS
    cost = worth["review_points"] + worth["photo_points"]
    terms = r.MakeOffer(OFFER, COMMUNITY, "草莓一盒 / a punnet", cost, 10, now_ms() + cast.DAY_MS)
    story.do(COMMUNITY, terms)
    asked = resident.spend(story.submitter.chain_id, OFFER)
    story.submit("Spend", [asked])
    story.do(COMMUNITY, r.Honour(envelope_id(asked)))
    holder = resident.key.public_key.hex()
    told.points = _row(story, points, points_key(COMMUNITY, holder))
    title = _row(story, titles, title_key("taster", COMMUNITY, holder))
    told.titles["taster"] = title.state if title is not None else ""
    story.tick(
        f"带图评价得 {told.points.earned} 积分（与评分无关），换到一盒草莓：已用 {told.points.spent}，"
        f"余 {told.points.balance}；并得“金牌体验官”",
        f"a review with a photo earned {told.points.earned} points, whatever it says; they bought a punnet: "
        f"{told.points.spent} spent, {told.points.balance} left; and she is a gold taster",
    )


def _erase(story: Trading, told: Memory, resident: Reviewer) -> None:
    """The last reviewer wants her words gone: every vault that has them signs a receipt; her rating stays."""
    review, words = bytes.fromhex(told.reviews[-1]), told.words[-1]
    assert words is not None

    async def erase(connection: Connection) -> tuple[str, Erased, Remote | None]:
        _, content = await get_blob(connection, words)
        erased = await erase_part(connection, resident, story.submitter.chain_id, review, 0)
        try:
            await get_blob(connection, words)
        except Remote as gone:
            return read_text(content), erased, gone
        return read_text(content), erased, None

    text, erased, gone = story.submitter.run(erase)
    assert gone is not None, "what was erased is still there"
    assert erased.record is not None, "nobody erased it before"
    story.telling.count(erased.record)
    told.receipts = sum(map(len, erased.receipts.values()))
    story.tick(
        f"一位居民删除“{text}”：账本留下删除记录，{told.receipts} 个证据库销毁内容与密钥并签回执；评分仍计入",
        f"a resident has her words erased: the ledger records it, {told.receipts} vault destroys bytes and key and "
        "signs a receipt; her rating still counts",
    )


def _show(story: Trading, told: Memory) -> None:
    """The archive of the strawberries in this community, before and after."""
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column(f"信任档案 trust archive\n{LISTING}")
    for heading in ("之前\nbefore", "之后\nafter"):
        table.add_column(heading, justify="right")
    for name, before, after in zip(SHOWN, _cells(told.before), _cells(told.after), strict=True):
        table.add_row(name, before, after)
    story.telling.out.show(table)


SHOWN = (
    "评价 reviews",
    "五星至一星 five stars to one",
    "带图 with photos",
    "申报及结果 claims and ends",
    "超温批次 lots too warm",
    "探访 / 背书 visits / endorsements",
    "已删内容 with words erased",
)


def _cells(row: Listing) -> tuple[str, ...]:
    """What a listing counts, as `SHOWN` calls it."""
    return (
        str(row.reviews),
        " ".join(map(str, reversed(row.ratings))),
        str(row.photos),
        ", ".join(f"{each.name} {each.count}" for each in row.claims) or "0",
        str(row.excursions),
        f"{row.visits} / {row.endorsements}",
        str(row.erased),
    )
