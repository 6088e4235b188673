"""Parts that many events share: quantities of lots, places, parties, certificates, text of ours."""

from collections.abc import Iterable, Mapping
from typing import NoReturn, cast

from standards.epcis.document import Event
from standards.epcis.mapping.facts import Facts, NotRuled
from standards.epcis.names import MEASURE_UNITS, PREFIX, amount_of, key_of, micro_of, time_ms_of, uri_of

Members = Mapping[str, object]


def not_ruled(zh: str, en: str) -> NoReturn:
    """Give up: the event is asserted only."""
    raise NotRuled(zh, en)


def members_of(value: object) -> dict[str, object]:
    """`value` as members; none where it is no object."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def list_of(value: object) -> list[object]:
    """`value` as a list; empty where it is none."""
    return value if isinstance(value, list) else []


def text(members: Members, name: str) -> str:
    """The text of ours called `name`; empty where there is none."""
    value = members.get(f"{PREFIX}:{name}", "")
    if not isinstance(value, str):
        not_ruled(f"{PREFIX}:{name} 须为文字", f"{PREFIX}:{name} must be text")
    return value


def number(members: Members, name: str) -> int:
    """The whole number of ours called `name`; 0 where there is none. XML has it as text."""
    value = members.get(f"{PREFIX}:{name}", 0)
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        not_ruled(f"{PREFIX}:{name} 须为整数", f"{PREFIX}:{name} must be a whole number")
    return value


def event_ms(event: Event) -> int:
    """When it happened."""
    found = time_ms_of(event.get("eventTime"))
    if found is None:
        not_ruled("事件时间不明", "the time of the event is not known")
    return found


def need_key(uri: object, *kinds: str) -> str:
    """The key of what `uri` names, which must be one of `kinds`."""
    key = key_of(uri, *kinds)
    if key is None:
        words = ", ".join(kinds)
        not_ruled(f"不是本网络的标识（{words}）", f"names no {words} of this network")
    return key


def need_subject(uri: object, *kinds: str) -> str:
    """The subject that `uri` names, which must be of one of `kinds`."""
    for kind in kinds:
        key = key_of(uri, kind)
        if key is not None:
            return f"{kind}:{key}"
    not_ruled(f"不是本网络的标识（{', '.join(kinds)}）", f"names no {', '.join(kinds)} of this network")


def quantity(element: object, facts: Facts) -> tuple[str, int]:
    """(lot, micro-units) of a quantity element."""
    members = members_of(element)
    lot = need_key(members.get("epcClass"), "lot")
    measure = facts.measure(lot.partition("/")[0])
    if measure is None:
        not_ruled(f"产品未登记：{lot}", f"the product of {lot} is not registered")
    micro = micro_of(members.get("quantity"), members.get("uom"), measure)
    if micro is None or micro <= 0:
        unit = MEASURE_UNITS[measure]
        not_ruled(f"{lot} 的数量须以 {unit} 计", f"the quantity of {lot} must be in {unit}")
    return lot, micro


def portions(elements: object, facts: Facts) -> list[dict[str, object]]:
    """Portions of lots out of a list of quantity elements."""
    return [
        {"lot": lot, "quantity": micro} for lot, micro in (quantity(element, facts) for element in list_of(elements))
    ]


def quantity_element(lot: str, micro: int, facts: Facts) -> dict[str, object]:
    """The quantity element of `micro` units of `lot`."""
    measure = facts.measure(lot.partition("/")[0])
    if measure is None:
        not_ruled(f"{lot} 的计量方式不明", f"it is not known how {lot} is measured")
    return {"epcClass": uri_of(f"lot:{lot}"), "quantity": amount_of(micro), "uom": MEASURE_UNITS[measure]}


def portion_elements(held: object, facts: Facts) -> list[dict[str, object]]:
    """The quantity elements of the portions of a record."""
    return [
        quantity_element(cast("str", portion["lot"]), cast("int", portion["quantity"]), facts)
        for portion in map(members_of, list_of(held))
    ]


def certificates(event: Event) -> list[str]:
    """Certificates of this network that the event cites."""
    cited = event.get("certificationInfo")
    every = cited if isinstance(cited, list) else [cited]
    return [key for uri in every if (key := key_of(uri, "certificate")) is not None]


def cited(keys: object) -> dict[str, object]:
    """The member that cites certificates; none where there are none."""
    uris = [uri_of(f"certificate:{key}") for key in list_of(keys)]
    return {"certificationInfo": uris} if uris else {}


def listed(event: Event, name: str, kind: str) -> Iterable[object]:
    """The values in a list of typed ones (`bizTransactionList`, ...) whose type is `kind`."""
    inner = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}[name]
    return [held.get(inner) for held in map(members_of, list_of(event.get(name))) if held.get("type") == kind]


def check_party(event: Event, name: str, facts: Facts) -> None:
    """Give up when the possessing party of `sourceList` or `destinationList` is told, and is not the signer."""
    for uri in listed(event, name, "possessing_party"):
        if key_of(uri, "organisation") != facts.signer():
            not_ruled("交接方不是签名者", "the party told is not the signer")


def only(values: Iterable[object], what_zh: str, what_en: str) -> object:
    """The one value there is."""
    found = list(values)
    if len(found) != 1:
        not_ruled(f"须恰有一个{what_zh}", f"needs exactly one {what_en}")
    return found[0]
