"""One life told twice, from planting to what is destroyed: each step as a record and as a partner's EPCIS event."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.module import Action
from ledger.modules.trace import messages as m
from ledger.modules.trace.identifiers import complete_network_code
from standards.epcis.names import moment_of
from tests.trace.world import KG

MINUTE_MS = 60_000
WITH_JOURNALS = ("product", "site", "plot", "planting", "lot", "unit", "vehicle", "certificate")
"""Tables whose rows carry the size of a journal, in which a captured event has an entry of its own."""
APART = ("trace/captured/", "trace/record/", "trace/shipping_terms/")
"""Rows of single transactions, and salted ones."""
CELSIUS = {"type": "Temperature", "uom": "CEL"}


@dataclass(frozen=True)
class Life:
    """The things of one life, told apart from those of another by `name` alone."""

    name: str
    start_ms: int

    @property
    def product(self) -> str:
        """A product of the farm, in kg."""
        return complete_network_code(f"LIFE{self.name.upper()}")

    @property
    def crate(self) -> str:
        """What it is shipped in."""
        return complete_network_code(f"CRATE{self.name.upper()}")

    @property
    def certificate(self) -> str:
        """Of the lab, for the product."""
        return f"gap-{self.name}"

    @property
    def probe(self) -> str:
        """The device on the plot."""
        return f"probe-{self.name}"

    def lot(self, number: str) -> str:
        """A lot of the product."""
        return f"{self.product}/{number}-{self.name}"

    def at(self, minutes: int) -> int:
        """So many minutes after it began."""
        return self.start_ms + minutes * MINUTE_MS

    @property
    def names(self) -> dict[str, str]:
        """What is another name in another life -> a word for it."""
        return {self.product: "PRODUCT", self.crate: "CRATE", self.name: "NAME"}


@dataclass(frozen=True)
class Step:
    """What one party, an organisation or a device, says in both languages."""

    party: Callable[[Life], str]
    record: Callable[[Life], Action]
    event: Callable[[Life], dict[str, Any]]


def said(at_ms: int, kind: str = "ObjectEvent", **members: Any) -> dict[str, Any]:
    """An event."""
    return {"type": kind, "eventTime": moment_of(at_ms), "eventTimeZoneOffset": "+08:00", **members}


def goods(lot: str, kg: float) -> dict[str, Any]:
    """A quantity element."""
    return {"epcClass": f"urn:linxin:lot:{lot}", "quantity": kg, "uom": "KGM"}


def parties(sender: str, receiver: str) -> Mapping[str, Any]:
    """Who hands over to whom."""
    return {
        "sourceList": [{"type": "possessing_party", "source": f"urn:linxin:organisation:{sender}"}],
        "destinationList": [{"type": "possessing_party", "destination": f"urn:linxin:organisation:{receiver}"}],
    }


def note(life: Life) -> Mapping[str, Any]:
    """The despatch advice that names the shipment."""
    return {"bizTransactionList": [{"type": "desadv", "bizTransaction": f"urn:linxin:shipment:note-{life.name}"}]}


def _readings(life: Life) -> dict[str, Any]:
    elements = [
        {
            "sensorMetadata": {
                "time": moment_of(life.at(2 + place)),
                "deviceID": f"urn:linxin:device:probe-{life.name}",
            },
            "sensorReport": [{**CELSIUS, "value": value}],
        }
        for place, value in enumerate((20.5, 21, 21.25))
    ]
    more: dict[str, Any] = {
        "linxin:sequence": 0,
        "linxin:intervalMs": MINUTE_MS,
        "readPoint": {"id": f"urn:linxin:device:probe-{life.name}"},
    }
    return said(life.at(4), action="OBSERVE", bizStep="sensor_reporting", sensorElementList=elements, **more)


def certified(life: Life) -> Action:
    """The certificate under which the product is sold, which no event could issue."""
    scope = (f"product:{life.product}",)
    return m.IssueCertificate(life.certificate, "gap", "GAP-1", "farm", scope, life.at(-1), life.at(10_000))


def plain(value: Any, names: Mapping[str, str], life: Life) -> Any:
    """A value without what tells one life from another."""
    if isinstance(value, str):
        for name, word in sorted(names.items(), key=lambda each: -len(each[0])):
            value = value.replace(name, word)
        return re.sub(r"[0-9a-f]{64}", "TRANSACTION", value)
    if isinstance(value, bytes):
        return f"{len(value)} BYTES"
    if isinstance(value, list):
        return [plain(item, names, life) for item in value]
    if isinstance(value, int) and value > life.start_ms - MINUTE_MS and (value - life.start_ms) % MINUTE_MS:
        return "TIME OF A BLOCK"
    return value


STEPS = (
    Step(
        lambda _: "farm",
        lambda life: m.StartPlanting(f"berry-{life.name}", f"tunnel-{life.name}", "草莓", "红颜", life.at(0)),
        lambda life: said(
            life.at(0),
            action="ADD",
            bizStep="commissioning",
            epcList=[f"urn:linxin:planting:berry-{life.name}"],
            bizLocation={"id": f"urn:linxin:plot:tunnel-{life.name}"},
            ilmd={"linxin:crop": "草莓", "linxin:variety": "红颜"},
        ),
    ),
    Step(
        lambda _: "farm",
        lambda life: m.AttachDevice(f"probe-{life.name}", f"plot:tunnel-{life.name}", life.at(1)),
        lambda life: said(
            life.at(1),
            "AssociationEvent",
            action="ADD",
            bizStep="installing",
            parentID=f"urn:linxin:plot:tunnel-{life.name}",
            childEPCs=[f"urn:linxin:device:probe-{life.name}"],
        ),
    ),
    Step(
        lambda life: life.probe,
        lambda life: m.RecordReadings(0, life.at(2), MINUTE_MS, (m.Column("temperature", (2050, 2100, 2125)),)),
        _readings,
    ),
    Step(
        lambda _: "farm",
        lambda life: m.RecordOperation(f"planting:berry-{life.name}", "irrigate", life.at(5)),
        lambda life: said(
            life.at(5),
            action="OBSERVE",
            bizStep="other",
            epcList=[f"urn:linxin:planting:berry-{life.name}"],
            **{"linxin:operation": "irrigate"},
        ),
    ),
    Step(
        lambda _: "farm",
        lambda life: m.Harvest(
            f"berry-{life.name}", life.product, f"H-{life.name}", 100 * KG, life.at(6), (life.certificate,)
        ),
        lambda life: said(
            life.at(6),
            action="ADD",
            bizStep="commissioning",
            quantityList=[goods(life.lot("H"), 100)],
            certificationInfo=[f"urn:linxin:certificate:{life.certificate}"],
            ilmd={"linxin:planting": f"urn:linxin:planting:berry-{life.name}"},
        ),
    ),
    Step(
        lambda _: "lab",
        lambda life: m.Inspect(f"lot:{life.lot('H')}", "pass", life.at(7)),
        lambda life: said(
            life.at(7),
            action="OBSERVE",
            bizStep="inspecting",
            quantityList=[{"epcClass": f"urn:linxin:lot:{life.lot('H')}"}],
            **{"linxin:verdict": "pass"},
        ),
    ),
    Step(
        lambda _: "farm",
        lambda life: m.Transform(
            (m.Portion(life.lot("H"), 60 * KG),),
            (m.Output(life.product, f"S-{life.name}", 58 * KG),),
            2 * KG,
            life.at(8),
        ),
        lambda life: said(
            life.at(8),
            "TransformationEvent",
            bizStep="repackaging",
            inputQuantityList=[goods(life.lot("H"), 60)],
            outputQuantityList=[goods(life.lot("S"), 58)],
            **{"linxin:lossMicroKg": 2 * KG},
        ),
    ),
    Step(
        lambda _: "farm",
        lambda life: m.PackUnit(life.crate, "crate", life.at(9), (m.Portion(life.lot("S"), 50 * KG),)),
        lambda life: said(
            life.at(9),
            "AggregationEvent",
            action="ADD",
            bizStep="packing",
            parentID=f"urn:linxin:unit:{life.crate}",
            childQuantityList=[goods(life.lot("S"), 50)],
            **{"linxin:unitKind": "crate"},
        ),
    ),
    Step(
        lambda _: "farm",
        lambda life: m.Ship(
            f"note-{life.name}", "hub", life.at(10), (life.crate,), (m.Portion(life.lot("H"), 40 * KG),)
        ),
        lambda life: said(
            life.at(10),
            action="OBSERVE",
            bizStep="shipping",
            epcList=[f"urn:linxin:unit:{life.crate}"],
            quantityList=[goods(life.lot("H"), 40)],
            **note(life),
            **parties("farm", "hub"),
        ),
    ),
    Step(
        lambda _: "hub",
        lambda life: m.Receive(f"note-{life.name}", life.at(11), (m.Portion(life.lot("H"), 1 * KG),)),
        lambda life: said(
            life.at(11),
            action="OBSERVE",
            bizStep="receiving",
            quantityList=[goods(life.lot("H"), 39)],
            **note(life),
            **parties("farm", "hub"),
        ),
    ),
    Step(
        lambda _: "hub",
        lambda life: m.UnpackUnit(life.crate, life.at(12), (m.Portion(life.lot("S"), 50 * KG),)),
        lambda life: said(
            life.at(12),
            "AggregationEvent",
            action="DELETE",
            bizStep="unpacking",
            parentID=f"urn:linxin:unit:{life.crate}",
            childQuantityList=[goods(life.lot("S"), 50)],
        ),
    ),
    Step(
        lambda _: "hub",
        lambda life: m.Destroy(life.lot("S"), 3 * KG, life.at(13), "发霉"),
        lambda life: said(
            life.at(13),
            action="DELETE",
            bizStep="destroying",
            quantityList=[goods(life.lot("S"), 3)],
            **{"linxin:reason": "发霉"},
        ),
    ),
)
