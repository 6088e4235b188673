"""Who is there: the organisations and windows of a network with a market, and what is recorded before anybody sells."""

from ledger.crypto.encoding import Message
from ledger.crypto.signing import SigningKey
from ledger.module import Action
from ledger.modules.groupbuy.messages import CommitSupply
from ledger.modules.payments.messages import Move, MoveTerms
from ledger.modules.registry.messages import NewKey, RegisterMember, possession_message
from ledger.modules.trace.identifiers import gs1_check_digit
from ledger.modules.trace.messages import RegisterPlot, RegisterProduct, RegisterSite, StartPlanting
from tests.economy.world import KG_PRODUCT
from tests.registry.chain import key_of

Part = tuple[SigningKey, Action, Message | None]

PLANTING = "planting:field-1"
COMMUNITY = "estate"
SITE = "952123456789" + gs1_check_digit("952123456789")
"""The farm, as leaders visit it."""

UNIT = 500_000
"""Half a kilogram, in micro-kg."""

SUPPLY = 45
"""Units of the field: fewer than the campaigns would take together."""

ROLES = {
    "bank": "custodian",
    "farm": "farm",
    "hub": "logistics",
    "shop": "warehouse",
    "estate": "community",
    "lab": "inspector",
    "watch": "regulator",
}
LEADERS = ("anna", "bai")

PARAMETERS = {
    "empty_block_ms": 1_000,
    "timers_per_block": 12,
    "publish_ms": 1_000,
    "hold_grace_ms": 4_000,
    "perishable_window_ms": 3_000,
    "statutory_window_ms": 4_000,
    "pickup_ms": 4_000,
    "noshow_grace_ms": 2_000,
    "disposal_ms": 2_000,
    "leader_silence_ms": 5_000,
    "substitute_ms": 4_000,
    "holdback_ms": 3_000,
    "repay_ms": 2_000,
    "contest_ms": 2_000,
    "adjudication_ms": 3_000,
    "appeal_ms": 6_000,
    "hide_stands_ms": 3_000,
    "honour_ms": 8_000,
    "title_check_ms": 1_000,
    "taster_reviews": 2,
    "taster_photos": 1,
    "recommender_endorsements": 1,
    "recommender_reviews": 2,
    "recommender_good_bp": 5_000,
}
"""Whole lives within a minute; sweeps that take several blocks; titles that a few reviews reach."""

FUNDS = {"farm": 20_000, "platform": 200_000}


def organisations() -> list[dict[str, object]]:
    """Those of the market for a genesis file; the platform, which signs registers as well, is not among them."""
    return [
        {
            "id": name,
            "name_zh": name,
            "name_en": name,
            "roles": [role],
            "keys": [{"algorithm": "ed25519", "public_key": key_of(name).public_key.hex()}],
        }
        for name, role in ROLES.items()
    ]


def beginnings(chain_id: bytes, time_ms: int) -> dict[str, list[Part]]:
    """By person: what has to be recorded before there can be campaigns, in order."""

    def member(name: str) -> Part:
        key = key_of(name)
        proof = key.sign(possession_message(chain_id, f"member:{name}"))
        new_key = NewKey(key.algorithm, key.public_key, proof)
        return key_of("estate"), RegisterMember(name, "leader", True, new_key), None

    def move(target: str, fen: int) -> Part:
        return key_of("platform"), Move(), MoveTerms("bank", "", target, fen)

    farm = key_of("farm")
    return {
        "platform": [move("guarantee", 100_000), move("float:anna", 20_000), move("float:bai", 20_000)],
        "estate": [member(name) for name in LEADERS],
        "farm": [
            (farm, RegisterProduct(KG_PRODUCT, "草莓", "Strawberry", "kg", 0, 100_000, None, ()), None),
            (farm, RegisterPlot("plot-1", "地", "Plot", 600), None),
            (farm, StartPlanting("field-1", "plot-1", "草莓", "红颜", time_ms), None),
            (farm, RegisterSite(SITE, "农场", "Farm"), None),
            (farm, CommitSupply(PLANTING, KG_PRODUCT, UNIT, SUPPLY), None),
        ],
    }
