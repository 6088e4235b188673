"""Refusals of the trace module about what is promised of goods, 2017-2026. Numbers never change."""

from ledger.errors import Refusal, refusal


@refusal(2017, "PERMISSION_DENIED")
class ClassSettled(Refusal):
    """A class decides about duties, so its owner cannot change it."""

    product: str
    produce: str
    zh = "产品 {product} 已归入 {produce}，只有监管方可以更正"
    en = "the product {product} is classed as {produce}; only a regulator may correct that"
    remedy_zh = "确有错误，请监管方更正"
    remedy_en = "if it is wrong, ask a regulator to correct it"


@refusal(2018, "ALREADY_EXISTS")
class ConformityIssued(Refusal):
    """One certificate for one lot."""

    lot: str
    zh = "批次 {lot} 已开具承诺达标合格证"
    en = "lot {lot} has its certificate of conformity already"
    remedy_zh = "如内容有误，先声明该记录有误，再重新开具"
    remedy_en = "if it is wrong, declare that record wrong, then issue it anew"


@refusal(2019, "INVALID_ARGUMENT")
class InspectionMissing(Refusal):
    """Tests as the basis, and none named."""

    lot: str
    zh = "批次 {lot} 的合格证以检测结果为依据，但未指明检测记录"
    en = "the certificate of lot {lot} rests on tests and names none"
    remedy_zh = "请列出该批次的合格检测记录，或以质量安全控制为依据"
    remedy_en = "name the inspections it passed, or make quality control its basis"


@refusal(2020)
class InspectionUnfit(Refusal):
    """The record named is no test that this lot or its planting passed, or was declared wrong."""

    lot: str
    record: str
    zh = "记录 {record} 不是批次 {lot} 或其种植批的有效合格检测"
    en = "the record {record} is no standing test that lot {lot} or its planting passed"
    remedy_zh = "请核对检测记录编号"
    remedy_en = "check the id of the inspection"


@refusal(2021)
class InputUnnamed(Refusal):
    """A certificate that is replaced must be named."""

    lot: str
    source: str
    zh = "批次 {lot} 的原料批次 {source} 带有合格证，换开时须列明"
    en = "lot {lot} was made of {source}, whose certificate this one replaces and does not name"
    remedy_zh = "请列出所有带有合格证的原料批次"
    remedy_en = "name all lots with a certificate that it was made of"


@refusal(2022)
class InputUnfit(Refusal):
    """No certificate there to be replaced."""

    lot: str
    source: str
    zh = "{source} 不是批次 {lot} 的原料，或没有有效的合格证"
    en = "{source} is nothing that lot {lot} was made of, or has no standing certificate"
    remedy_zh = "请只列出带有合格证的直接原料批次"
    remedy_en = "name only lots with a certificate that it was directly made of"


@refusal(2023, "INVALID_ARGUMENT")
class ContactMissing(Refusal):
    """A household's name and telephone belong to the certificate, and into the vault."""

    organisation: str
    zh = "农户 {organisation} 开具合格证须提供姓名与联系方式（存入保密库）"
    en = "the household {organisation} must give name and telephone with its certificate, in the vault"
    remedy_zh = "请先用 linxin blob put 存入，再填写其地址"
    remedy_en = "store them with `linxin blob put` and name the address"


@refusal(2024)
class PromiseContradicted(Refusal):
    """Nobody can promise what the ledger knows to be otherwise."""

    lot: str
    zh = "批次 {lot} 检测不合格或在安全间隔期内采收，不能承诺达标"
    en = "lot {lot} failed a test or was harvested inside a safety interval: it cannot be promised to conform"
    remedy_zh = "请按规定处置该批次"
    remedy_en = "deal with the lot as the law asks"


@refusal(2025)
class ConformityMissing(Refusal):
    """Listed produce of enterprises and co-operatives changes hands with its certificate, or with another proof."""

    lot: str
    produce: str
    zh = "批次 {lot}（{produce}）没有有效的承诺达标合格证或合格检测，不能首次交售"
    en = "lot {lot} ({produce}) has neither a standing certificate of conformity nor a passed test: it cannot be sold"
    remedy_zh = "请先开具承诺达标合格证，或登记合格检测"
    remedy_en = "issue its certificate first, or have a passed test recorded"


@refusal(2026)
class OrganicUncovered(Refusal):
    """Nothing is called organic without a certificate for it and all that it is made of."""

    lot: str
    zh = "批次 {lot} 的产品名称含“有机”，但没有覆盖它及其全部原料的有效有机证书"
    en = "lot {lot} is called organic, and no valid organic certificate covers it and all it is made of"
    remedy_zh = "请引用覆盖该批次的有机证书，或使用不含“有机”的产品"
    remedy_en = "cite an organic certificate that covers it, or use a product that is not called organic"
