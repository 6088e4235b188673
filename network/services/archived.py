"""Rows of the trust archive and of rewards as they cross the network."""

from collections.abc import Callable, Iterable, Iterator

from linxin.v1 import archive_pb2

from ledger.context import Context
from ledger.modules.archive.messages import MODERATION_RULES
from ledger.modules.archive.state import (
    CONCEALED,
    Endorsement,
    Listing,
    Moderation,
    Review,
    Tally,
    Visit,
    endorsements,
    reviews,
    visits,
)
from ledger.modules.archive.words import CLAIM_ENDS, WORDS
from ledger.modules.rewards.state import LeaderRecord, Points, Title, TitleRow
from ledger.modules.rewards.words import WORDS as REWARD_WORDS
from ledger.words import Vocabulary, Words


def listing_message(key: str, row: Listing, entries: int, words: Vocabulary) -> archive_pb2.Listing:
    """A listing's counts; `entries`: how many its journal has; `words`: of all modules."""
    return archive_pb2.Listing(
        key=key,
        entries=entries,
        reviews=row.reviews,
        ratings=row.ratings,
        recommends=row.nps,
        photos=row.photos,
        reviewers=row.reviewers,
        returning=row.returning,
        hidden=row.hidden,
        erased=row.erased,
        visits=row.visits,
        endorsements=row.endorsements,
        withdrawn=row.withdrawn,
        excursions=row.excursions,
        tags=_tallies(row.tags, words.value),
        claims=_tallies(row.claims, lambda name: CLAIM_ENDS.get(name, (name, name))),
    )


def _tallies(tallies: Iterable[Tally], called: Callable[[str], Words]) -> Iterator[archive_pb2.Tally]:
    for tally in tallies:
        zh, en = called(tally.name)
        yield archive_pb2.Tally(name=tally.name, name_zh=zh, name_en=en, count=tally.count)


def review_message(identity: str, row: Review) -> archive_pb2.Review:
    """A review; what is hidden is told as well, and that it is."""
    zh, en = WORDS.value(row.state)
    return archive_pb2.Review(
        id=identity,
        community=row.community,
        algorithm=row.algorithm,
        public_key=row.public_key,
        product=row.product,
        seller=row.seller,
        lots=row.lots,
        rating=row.rating,
        recommend=row.recommend,
        tags=row.tags,
        words=row.words,
        photos=row.photos,
        time_ms=row.time_ms,
        state=row.state,
        state_zh=zh,
        state_en=en,
        concealed=row.state in CONCEALED,
        erased_ms=row.erased_ms,
        additions=[
            archive_pb2.Addition(time_ms=part.time_ms, words=part.words, photos=part.photos, erased_ms=part.erased_ms)
            for part in row.additions
        ],
        hidings=[_hiding(each) for each in row.moderation],
    )


def _hiding(row: Moderation) -> archive_pb2.Hiding:
    zh, en = WORDS.value(MODERATION_RULES[row.rule])
    return archive_pb2.Hiding(
        by=row.by,
        rule=row.rule,
        rule_zh=zh,
        rule_en=en,
        reason=row.reason,
        hidden_ms=row.hidden_ms,
        appeal=row.appeal or None,
        appealed_ms=row.appealed_ms,
        decided_by=row.decided_by,
        decision=row.decision or None,
        decided_ms=row.decided_ms,
        upheld=row.upheld,
    )


def visit_message(identity: str, row: Visit) -> archive_pb2.Visit:
    """A leader's visit."""
    zh, en = WORDS.value(row.state)
    return archive_pb2.Visit(
        id=identity,
        leader=row.leader,
        community=row.community,
        farm=row.farm,
        site=row.site,
        products=row.products,
        from_ms=row.from_ms,
        to_ms=row.to_ms,
        media=row.media,
        words=row.words,
        time_ms=row.time_ms,
        state=row.state,
        state_zh=zh,
        state_en=en,
        confirmed_ms=row.confirmed_ms,
    )


def endorsement_message(identity: str, row: Endorsement) -> archive_pb2.Endorsement:
    """A leader's word, standing or withdrawn."""
    zh, en = WORDS.value(row.state)
    return archive_pb2.Endorsement(
        id=identity,
        leader=row.leader,
        community=row.community,
        farm=row.farm,
        product=row.product,
        visit=row.visit,
        commission_bp=row.commission_bp,
        words=row.words,
        time_ms=row.time_ms,
        state=row.state,
        state_zh=zh,
        state_en=en,
        reason=row.reason or None,
        withdrawn_ms=row.withdrawn_ms,
    )


def add_made(ctx: Context, reply: archive_pb2.ListReviewsResponse, key: str, review: Review | None) -> None:
    """Add the present row of what an entry made, by its state key, to a page; `review`: that row, where it is known."""
    _, table, identity = key.split("/")
    visit, word = visits.get, endorsements.get
    if table == "review" and (found := review or reviews.get(ctx, identity)) is not None:
        reply.reviews.append(review_message(identity, found))
    elif table == "visit" and (seen := visit(ctx, identity)) is not None:
        reply.visits.append(visit_message(identity, seen))
    elif table == "endorsement" and (said := word(ctx, identity)) is not None:
        reply.endorsements.append(endorsement_message(identity, said))


def points_message(row: Points) -> archive_pb2.Points:
    """A key's points."""
    return archive_pb2.Points(
        earned=row.earned,
        spent=row.spent,
        balance=row.balance,
        day=row.day,
        day_earned=row.day_earned,
        month_earned=row.month_earned,
    )


def title_message(title: Title, row: TitleRow) -> archive_pb2.Title:
    """A title with its latest spells."""
    zh, en = REWARD_WORDS.value(title)
    made = archive_pb2.Title(title=title, title_zh=zh, title_en=en, state=row.state, times=row.times)
    for spell in row.spells:
        loss = spell.loss or ""
        loss_zh, loss_en = REWARD_WORDS.value(loss)
        made.spells.add(from_ms=spell.from_ms, to_ms=spell.to_ms, loss=loss, loss_zh=loss_zh, loss_en=loss_en)
    return made


def record_message(row: LeaderRecord) -> archive_pb2.LeaderRecord:
    """A leader's record."""
    return archive_pb2.LeaderRecord(**{name: getattr(row, name) for name in row.__struct_fields__})
