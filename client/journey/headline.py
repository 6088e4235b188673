"""A lot's life in a few lines: what it is, where from, through whose hands, and what is wrong with it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from client.journey.entry import Entry, fields_of
from client.journey.known import Known
from client.journey.promises import (
    as_signed,
    certified,
    claims_organic,
    may_say_organic,
    organic_certificate,
    without_claim,
)
from client.journey.text import Clock
from client.verified import VerifiedProof, VerifiedRecord
from ledger.modules.trace.state import Lot
from ledger.proof.format import JournalClaim, JourneyClaim
from ledger.words import Words

OVERCLAIMED = (
    "登记的名称带有认证字样，但没有有效证书覆盖本批次，此处略去",
    "its registered name claims a certification that no valid certificate bears out: the word is left out here",
)


class Fact(NamedTuple):
    """A label and what it says; `alarm` when goods are not as they should be."""

    label: Words
    says: Words
    alarm: bool = False


def headline(proof: VerifiedProof, known: Known, clock: Clock, entries: Iterable[Entry]) -> list[Fact]:
    """The facts of the lot that a journey with these `entries` is about; nothing for other subjects and proofs."""
    claim = proof.claim
    if not isinstance(claim, JourneyClaim | JournalClaim) or not claim.subject.startswith("lot:"):
        return []
    alarms = [flag for entry in entries for flag in entry.flags if flag.serious]
    return [
        *_Facts(proof, known, clock).all(claim.subject),
        *_overclaimed(proof, known, claim.subject),
        *(Fact(("注意", "attention"), (flag.zh, flag.en), alarm=True) for flag in alarms),
    ]


class _Facts:
    def __init__(self, proof: VerifiedProof, known: Known, clock: Clock) -> None:
        self.known = known
        self.clock = clock
        self.proof = proof
        accepted = [record for record in proof.records if record.code == 0 and not known.is_aside(record)]
        self.told = sorted(accepted, key=lambda record: int(fields_of(record).get("event_ms", record.time_ms)))

    def all(self, subject: str) -> Iterable[Fact]:
        """Every fact, in the order in which people ask."""
        zh, en = self.known.name(subject)
        goods = goods_of(self.proof, self.known, subject) if subject in self.known.goods else None
        yield Fact(("商品", "goods"), (f"{goods[0]} · {zh}", f"{goods[1]} · {en}") if goods else (zh, en))
        try:
            row = msgspec.convert(self.proof.sections[subject].row, Lot, builtin_types=(bytes,))
        except msgspec.ValidationError:  # a row of another version's form
            return
        yield Fact(("溯源码", "trace code"), (row.code, row.code))
        if row.state == "recalled":
            yield Fact(("状态", "state"), ("已召回，请勿食用", "RECALLED, do not eat"), alarm=True)
        yield from self.each("trace.start_planting", ("种植", "grown"), self.planted)
        yield from self.each("trace.harvest", ("采收", "harvested"), self.harvested)
        yield from self.each("trace.inspect", ("检测", "tested"), self.tested)
        certificates = certified(self.proof, self.known, subject.removeprefix("lot:"))
        if certificates:
            yield Fact(("证书", "certified"), _listed(self.known.name(f"certificate:{one}") for one in certificates))
        made = self.known.amount(subject.removeprefix("lot:"), row.produced)
        if row.planting is None:
            day = self.clock.day(row.commissioned_ms)
            by = self.known.name(f"organisation:{row.producer}")
            yield Fact(("包装", "packed"), (f"{day} {made[0]}，{by[0]}", f"{day} {made[1]}, {by[1]}"))
        yield self.hands(row.producer)

    def each(self, tag: str, label: Words, words: Callable[[VerifiedRecord], Words]) -> Iterable[Fact]:
        """One fact out of all records of a kind, each in a few words."""
        records = [record for record in self.told if record.tag == tag]
        if records:
            failed = any(fields_of(record).get("verdict") == "fail" for record in records)
            yield Fact(label, _listed(map(words, records)), alarm=failed)

    def planted(self, record: VerifiedRecord) -> Words:
        """What, where, since when."""
        fields = fields_of(record)
        zh, en = self.known.name(f"planting:{fields['planting']}")
        day = self.clock.day(fields["event_ms"])
        variety, named = as_signed((fields["variety"], fields["variety"]), may_say_organic(self.proof, self.known))
        return f"{zh}（{variety}），{day} 种下", f"{en} ({named}), planted {day}"

    def harvested(self, record: VerifiedRecord) -> Words:
        """When and how much."""
        fields = fields_of(record)
        day = self.clock.day(fields["event_ms"])
        zh, en = self.known.amount(f"{fields['product']}/{fields['number']}", fields["quantity"])
        return f"{day} {zh}", f"{day} {en}"

    def tested(self, record: VerifiedRecord) -> Words:
        """When, by whom, with what result."""
        fields = fields_of(record)
        day, verdict = self.clock.day(fields["event_ms"]), self.known.choice(fields["verdict"])
        zh, en = self.known.signer(record)
        return f"{verdict[0]}（{day}，{zh}）", f"{verdict[1]} ({day}, {en})"

    def hands(self, producer: str) -> Fact:
        """Everybody who held the goods, in order: who made them, then who received them."""
        received = [record for record in self.told if record.tag == "trace.receive"]
        first = self.known.shipments.get(fields_of(received[0])["shipment"], {}) if received else {}
        names = [self.known.name(f"organisation:{first.get('shipper') or producer}"), *map(self.known.signer, received)]
        changes = [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]
        return Fact(("经手", "hands"), (" → ".join(zh for zh, _ in changes), " → ".join(en for _, en in changes)))


def goods_of(proof: VerifiedProof, known: Known, subject: str) -> Words:
    """What a lot is called, as far as it may be: 有机 only under a certificate."""
    name = known.goods.get(subject, known.name(subject))
    return without_claim(name) if _overclaimed(proof, known, subject) else name


def _overclaimed(proof: VerifiedProof, known: Known, subject: str) -> list[Fact]:
    """A word of warning where a lot's registered name says 有机 and no certificate bears it out; else nothing."""
    claimed = claims_organic(known.goods.get(subject, ("", "")))
    if not claimed or organic_certificate(proof, known, subject.removeprefix("lot:")) is not None:
        return []
    return [Fact(("注意", "attention"), OVERCLAIMED, alarm=True)]


def _listed(words: Iterable[Words]) -> Words:
    parts = list(words)
    return "；".join(zh for zh, _ in parts), "; ".join(en for _, en in parts)
