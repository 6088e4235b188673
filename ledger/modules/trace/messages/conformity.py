"""Agricultural products that must come with a promise, and the promise: 承诺达标合格证.

Standard: 农产品质量安全承诺达标合格证管理办法 (Ministry of Agriculture and Rural Affairs, order 4 of 2025, in force
from 2026-02-01).
"""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.module import Action
from ledger.modules.trace.messages.types import BlobAddress, EventTime, LotKey, ProductKey, TransactionId
from ledger.text import Name

ProduceClass = Literal["vegetables", "fruit", "tea_leaf", "livestock", "eggs", "aquatic"]
"""The classes that the order lists: vegetables with cultivated fungi, fruit, fresh tea leaf, livestock and poultry,
eggs, farmed aquatic products."""

Promise = Literal["order_2025_4"]
"""Which wording is promised: no banned drugs or additives, residues of common ones within limits (order 4 of 2025)."""

Basis = Literal["quality_control", "test_result"]


class ClassifyProduct(Action, tag="trace.classify_product"):
    """A product is of a class that the order lists: from now on its lots need a certificate at their first sale.

    The product's owner says so once; a regulator may say so, and may correct it.
    """

    product: ProductKey
    produce: ProduceClass


class IssueConformity(Action, tag="trace.issue_conformity"):
    """The producer of a lot issues its 承诺达标合格证: one for all of it. Product, quantity, number and issuer are the
    lot's.

    `basis`: own quality control, or tests. `inspections`: ids of `trace.inspect` records that found this lot or its
    planting good; at least one where tests are the basis. `place`: where it was produced, down to the village, never a
    house. `event_ms`: date of issue. `contact`: name and telephone in the vault; a household must give them. `lots`: of
    a mixed or re-packed lot, those it was made of whose own certificates this one replaces: all that have one.
    """

    lot: LotKey
    promise: Promise
    basis: Basis
    place: Name
    event_ms: EventTime
    inspections: Annotated[tuple[TransactionId, ...], Meta(max_length=8)] = ()
    contact: BlobAddress | None = None
    lots: Annotated[tuple[LotKey, ...], Meta(max_length=32)] = ()
