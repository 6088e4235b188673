"""52xx: supply. What is sold is restricted until it is published, so no refusal names it."""

from ledger.errors import Refusal, refusal


@refusal(5201, "PERMISSION_DENIED")
class SourceNotOwned(Refusal):
    """Who sells must have grown or made it."""

    source: str
    seller: str
    zh = "货源 {source} 不属于 {seller}"
    en = "the source {source} is not of {seller}"
    remedy_zh = "请选择该卖方自己的种植批次或产品批次"
    remedy_en = "name plantings and lots of the seller's own"


@refusal(5202)
class SupplyBelowSold(Refusal):
    """What is sold stays committed."""

    source: str
    zh = "货源 {source} 的承诺份数不能低于已售份数"
    en = "the commitment of the source {source} cannot be lowered below what is sold of it"
    remedy_zh = "请提高承诺份数；订单取消后可再下调"
    remedy_en = "commit more units; it can be lowered when orders are taken back"


@refusal(5203)
class SupplyBeyondLot(Refusal):
    """A lot gives what it has."""

    source: str
    units: int
    zh = "批次 {source} 最多可承诺 {units} 份"
    en = "the lot {source} gives {units} units at most"
    remedy_zh = "请按批次数量下调承诺份数"
    remedy_en = "commit no more than that"


@refusal(5204)
class SupplyUnitDiffers(Refusal):
    """One size of unit a source and product, as long as any of it is sold."""

    source: str
    zh = "货源 {source} 已按另一种份量售出，不能更改每份数量"
    en = "the source {source} is being sold in units of another size"
    remedy_zh = "请沿用原来的每份数量"
    remedy_en = "keep the size of the unit"


@refusal(5205)
class SupplyMissing(Refusal):
    """A campaign opens on committed supply."""

    campaign: str
    zh = "团购 {campaign} 的货源尚无按该份量承诺的供应"
    en = "no source of the campaign {campaign} has supply committed in its units"
    remedy_zh = "请卖方先提交供应承诺"
    remedy_en = "commit supply of one of its sources first, in units of the same size"


@refusal(5206)
class SourceRecalled(Refusal):
    """Recalled goods are not sold."""

    source: str
    zh = "批次 {source} 已召回，不能销售"
    en = "the lot {source} is recalled and cannot be sold"
    remedy_zh = "请更换货源"
    remedy_en = "name another source"
