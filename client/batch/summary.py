"""A batch in brief: what it is, who made it, where and when it was taken in, and how it stands."""

from dataclasses import dataclass

import msgspec

from client.batch.evidence import Evidence
from client.journey import headline
from client.journey.entry import fields_of
from client.journey.headline import Fact, goods_of
from client.journey.promises import as_signed, may_say_organic
from client.verified import VerifiedRecord
from ledger.modules.trace.state import Lot
from ledger.words import Words

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Batch:
    """The facts above everything else. `goods`: what it is; `organic`: whether it may be called 有机; `growers`: who
    brought in the harvests it was made of, else who made it; `places`: the plots those come from; `harvests_ms`: when,
    oldest first.
    """

    subject: str
    number: str
    code: str
    goods: Words
    organic: bool
    growers: tuple[Words, ...]
    places: tuple[Words, ...]
    varieties: tuple[Words, ...]
    harvests_ms: tuple[int, ...]
    recalled: bool
    recall: Words | None
    facts: tuple[Fact, ...]
    as_of_ms: int

    @property
    def hours_since_harvest(self) -> int | None:
        """Whole hours from the oldest harvest to the proof's time; None where no harvest is proven."""
        return max(0, self.as_of_ms - self.harvests_ms[0]) // HOUR_MS if self.harvests_ms else None


def summarise(evidence: Evidence) -> Batch | None:
    """The batch that the evidence is about; None where it is about something else, or a row of an unknown form."""
    subject = evidence.subject
    try:
        lot = msgspec.convert(evidence.verified.sections[subject].row, Lot, builtin_types=(bytes,))
    except (KeyError, msgspec.ValidationError):
        return None
    known = evidence.known
    harvests = _records(evidence, "trace.harvest")
    plantings = _records(evidence, "trace.start_planting")
    growers = dict.fromkeys(known.signer(record) for record in harvests)
    varieties = [str(fields_of(record)["variety"]) for record in plantings]
    organic = may_say_organic(evidence.verified, known)
    recalls = _records(evidence, "trace.recall")
    reason = fields_of(recalls[-1]) if recalls else {}
    return Batch(
        subject=subject,
        number=lot.number,
        code=lot.code,
        goods=goods_of(evidence.verified, known, subject),
        organic=organic,
        growers=tuple(growers) or (known.name(f"organisation:{lot.producer}"),),
        places=tuple(dict.fromkeys(known.name(f"plot:{fields_of(record)['plot']}") for record in plantings)),
        varieties=tuple(dict.fromkeys(as_signed((variety, variety), organic) for variety in varieties)),
        harvests_ms=tuple(sorted(int(fields_of(record)["event_ms"]) for record in harvests)),
        recalled=lot.state == "recalled",
        recall=(str(reason["reason_zh"]), str(reason["reason_en"])) if reason else None,
        facts=tuple(headline(evidence.verified, known, evidence.clock, evidence.entries)),
        as_of_ms=evidence.verified.time_ms,
    )


def _records(evidence: Evidence, tag: str) -> list[VerifiedRecord]:
    """The accepted records of a kind that concern these goods."""
    known = evidence.known
    found = (record for record in evidence.verified.records if record.tag == tag and record.code == 0)
    return [record for record in found if not known.is_aside(record)]
