"""What a proof and the genesis file tell of names, scales, measures and signers, so that records can be put into words.

Who signed: an organisation whose key the genesis file holds; a device whose proven row holds the key; else whom the
rules let sign: the first organisation that a trace record names is its signer's, and a key speaks for one organisation
for ever, so that one such record tells it for all that the key signed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from client.journey.entry import READINGS, about, fields_of, known_registry
from client.journey.text import MICRO, decimal
from client.verified import VerifiedProof, VerifiedRecord
from ledger.modules.registry.messages import Metric
from ledger.modules.registry.state import Device, Organisation
from ledger.modules.trace.state import Plot, Product, Site, Vehicle
from ledger.words import Words

SOMEBODY = ("未知签名者", "an unknown signer")
LEDGER = ("账本", "the ledger")

NAMES_OTHERS = "trace.declare_error"
"""The one action that names the subjects of another record, not its own."""


@dataclass(frozen=True)
class More:
    """From elsewhere: names by subject, metrics by (device key, metric name), roles by organisation. What the proof
    itself holds wins; of roles what stands here, which is newer than the genesis file.
    """

    names: Mapping[str, Words] = field(default_factory=dict)
    metrics: Mapping[tuple[str, str], Metric] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NamedRow = Organisation | Device | Product | Site | Plot | Vehicle
_ROWS: Mapping[str, type[NamedRow]] = {
    "organisation": Organisation,
    "device": Device,
    "product": Product,
    "site": Site,
    "plot": Plot,
    "vehicle": Vehicle,
}


def has_name(subject: str) -> bool:
    """Whether subjects of this type have a name in their row."""
    return subject.partition(":")[0] in _ROWS


def read_named(subject: str, row: Any) -> NamedRow | None:
    """A subject's undecoded row; None for types without a name, and for rows of another version's form."""
    kind = _ROWS.get(subject.partition(":")[0])
    try:
        return None if kind is None else msgspec.convert(row, kind, builtin_types=(bytes,))
    except msgspec.ValidationError:
        return None


def is_goods(subject: str) -> bool:
    """Whether a subject is a lot or holds some."""
    return subject.startswith(("lot:", "unit:"))


class Known:
    """All that can be known of the subjects and signers of one verified proof."""

    def __init__(self, proof: VerifiedProof, genesis: bytes, more: More | None = None) -> None:
        given = more or More()
        self.names: dict[str, Words] = dict(given.names)
        self.metrics: dict[tuple[str, str], Metric] = dict(given.metrics)
        self.goods: dict[str, Words] = {}
        self.measures: dict[str, str] = {}
        self.unit_kinds: dict[str, str] = {}
        self.shipments: dict[str, dict[str, Any]] = {}
        self.signers: dict[bytes, str] = {}
        self.doubtful: dict[str, tuple[tuple[int, int], ...]] = {}
        self.roles: dict[str, tuple[str, ...]] = {}
        asked = getattr(proof.claim, "subject", "")
        self.within = frozenset(proof.sections) if is_goods(asked) else None
        for subject, section in proof.sections.items():
            self._learn_row(subject, section.row)
        for record in proof.records:
            self._learn_record(record)
        for one in json.loads(genesis)["organisations"]:
            self.names[f"organisation:{one['id']}"] = (one["name_zh"], one["name_en"])
            self.roles[f"organisation:{one['id']}"] = tuple(one["roles"])
            for key in one["keys"]:
                self.signers[bytes.fromhex(key["public_key"])] = f"organisation:{one['id']}"
        self.roles |= given.roles

    def _learn_row(self, subject: str, row: Any) -> None:
        """The name in a proven row; of a device also its metrics, keys and wrong records."""
        named = read_named(subject, row)
        if named is not None:
            self.names[subject] = (named.name_zh, named.name_en)
        if isinstance(named, Device):
            self.metrics |= {(subject.removeprefix("device:"), metric.name): metric for metric in named.metrics}
            self.signers |= dict.fromkeys(named.keys, subject)
            self.doubtful[subject] = named.doubtful

    def _learn_record(self, record: VerifiedRecord) -> None:
        if record.code != 0:
            return
        fields, subject = fields_of(record), about(record)
        for event, *said in record.details:
            match event, said:
                case "commissioned", [str(lot), str(_), int(_), str(measure), str(zh), str(en)]:
                    self.measures[lot], self.goods[lot] = measure, (zh, en)
                case _:
                    pass
        match record.tag:
            case "trace.pack_unit":
                self.unit_kinds[fields["unit"]] = fields["kind"]
            case "trace.ship":
                self.shipments[fields["shipment"]] = fields | {"shipper": self._first_organisation(record)}
            case "trace.issue_certificate":
                zh, en = self.choice(fields["kind"])
                certificate, number = f"certificate:{fields['certificate']}", fields["number"]
                self.names[certificate] = (f"{zh}证书 {number}", f"{en} certificate {number}")
            case "trace.start_planting":
                zh, en = self.name(f"plot:{fields['plot']}")
                self.names[subject] = (f"{zh}的{fields['crop']}", f"{fields['crop']} in {en}")
            case _ if {"name_zh", "name_en"} <= fields.keys():
                self.names[subject] = (str(fields["name_zh"]), str(fields["name_en"]))
        if record.tag.startswith("trace.") and record.tag != NAMES_OTHERS and record.public_key:
            organisation = self._first_organisation(record)
            if organisation:
                self.signers.setdefault(record.public_key, f"organisation:{organisation}")

    def _first_organisation(self, record: VerifiedRecord) -> str:
        named = (subject for subject in record.subjects if subject.startswith("organisation:"))
        return next(named, "").removeprefix("organisation:")

    def who(self, record: VerifiedRecord) -> str:
        """The subject whose key signed a record; "" where nothing tells."""
        return self.signers.get(record.public_key, "")

    def is_aside(self, record: VerifiedRecord) -> bool:
        """Whether a record names goods, but none of those that the proof is about."""
        goods = list(filter(is_goods, record.subjects))
        return bool(goods) and record.tag != READINGS and all(map(self.is_beside, goods))

    def is_beside(self, subject: Any) -> bool:
        """Whether these are goods that do not belong to the goods asked for; never where no goods were asked for."""
        return self.within is not None and isinstance(subject, str) and is_goods(subject) and subject not in self.within

    def signer(self, record: VerifiedRecord) -> Words:
        """The name of whoever signed a record."""
        who = self.who(record)
        return self.name(who) if who else SOMEBODY if record.public_key else LEDGER

    def name(self, subject: str) -> Words:
        """A subject in words: its name, else its type and the end of its key."""
        if subject in self.names:
            return self.names[subject]
        kind, _, key = subject.partition(":")
        if kind == "unit":
            return self.units([key])
        zh, en = known_registry().words.subjects.get(kind, (kind, kind))
        short = key.rpartition("/")[2]
        return f"{zh} {short}", f"{en} {short}"

    def lot(self, lot: str) -> Words:
        """A lot (by key) with what it is made of, where that is known."""
        zh, en = self.name(f"lot:{lot}")
        if f"lot:{lot}" not in self.goods:
            return zh, en
        goods = self.goods[f"lot:{lot}"]
        return f"{zh}「{goods[0]}」", f"{en} ({goods[1]})"

    def amount(self, lot: str, quantity: int) -> Words:
        """Micro-units of a lot (by key), with the unit where the proof holds it."""
        number = decimal(quantity, MICRO)
        measure = self.measures.get(f"lot:{lot}")
        if measure is None:
            return number, number
        zh, en = self.choice(measure)
        return f"{number} {zh}", f"{number} {en}"

    def units(self, keys: Sequence[str], listed_max: int = 1) -> Words:
        """Logistic units: how many of which kind, and the ends of their keys if there are at most `listed_max`."""
        kinds = {self.unit_kinds.get(key, "") for key in keys}
        subject = known_registry().words.subjects["unit"]
        zh, en = self.choice(kinds.pop()) if kinds != {""} and len(kinds) == 1 else subject
        ends = [key if len(key) <= 12 else f"…{key[-4:]}" for key in keys]
        if len(keys) == 1:
            return f"{zh} {ends[0]}", f"{en} {ends[0]}"
        plural = en + ("es" if en.endswith("x") else "s")
        if len(keys) > listed_max:
            return f"{len(keys)} {zh}", f"{len(keys)} {plural}"
        return f"{len(keys)} {zh}（{'、'.join(ends)}）", f"{len(keys)} {plural} ({', '.join(ends)})"

    def choice(self, value: str) -> Words:
        """A value that actions choose from, in words; others as they are."""
        return known_registry().words.values.get(value, (value, value))
