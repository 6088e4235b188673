"""XML of outsiders into the JSON form of the same document (EPCIS 2.0, section 9 and 10 bind one model to both).

Document type declarations, entities and other encodings than UTF-8 are refused before anything is expanded. Elements
of the standard become the members of its JSON binding, words of the CBV in any of their spellings become bare words,
elements of other namespaces become `prefix:name` with the prefix declared in `@context`.
"""

import io
from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from standards.epcis.faults import Fault, Malformed, pointer, shorten
from standards.epcis.reading import (
    DEPTH_MAX,
    NUMBER_LENGTH_MAX,
    NUMBER_MAX,
    VALUES_MAX,
    decode,
    name_faults,
    text_faults,
)
from standards.epcis.vocabulary import CONTEXT, bare

DOCUMENTS = {
    "{urn:epcglobal:epcis:xsd:2}EPCISDocument": "EPCISDocument",
    "{urn:epcglobal:epcis:xsd:1}EPCISDocument": "EPCISDocument",
    "{urn:epcglobal:epcis-query:xsd:2}EPCISQueryDocument": "EPCISQueryDocument",
    "{urn:epcglobal:epcis-query:xsd:1}EPCISQueryDocument": "EPCISQueryDocument",
}
WRAPPERS = frozenset({"extension", "baseExtension"})
"""Elements that only make room for what EPCIS 1.1 and later added; the JSON binding has none."""

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_LISTS = {
    "epcList": "epc",
    "inputEPCList": "epc",
    "outputEPCList": "epc",
    "childEPCs": "epc",
    "correctiveEventIDs": "correctiveEventID",
}
_QUANTITIES = frozenset({"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"})
_TYPED = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}
_PLACES = frozenset({"readPoint", "bizLocation"})
_REPEATED = frozenset({"certificationInfo"})
_NUMBERS = frozenset({"value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "quantity"})
_WORDS = frozenset({"bizStep", "disposition", "reason", "set", "unset"})


class XmlDocument:
    """An XML document that was read: its `kind`, the elements of its events, and its form in JSON."""

    def __init__(self, root: Element, prefixes: Mapping[str, str]) -> None:
        kind = DOCUMENTS.get(root.tag)
        if kind is None:
            raise Malformed(
                [_fault("", "根元素不是 EPCIS 文档", f"the root is no EPCIS document: {shorten(root.tag)}")]
            )
        lists = [element for element in root.iter() if element.tag == "EventList"]
        if len(lists) != 1:
            raise Malformed([_fault("/epcisBody", "须有且仅有一个 EventList", "there must be exactly one EventList")])
        self.kind = kind
        self.events = [event for child in lists[0] for event in _unwrapped(child)]
        self.content = _Converter(prefixes).document(kind, root, self.events)


def read_xml(data: bytes) -> XmlDocument:
    """The EPCIS document in the UTF-8 XML `data`.

    Raises Malformed: more than BYTES_MAX bytes, no well-formed XML, a document type or entity, deeper than DEPTH_MAX,
    more than VALUES_MAX elements and attributes, deceiving letters, another root than an EPCIS document, not exactly
    one EventList.
    """
    text = decode(data, "xml")
    prefixes: dict[str, str] = {}
    stack: list[Element] = []
    root: Element | None = None
    count = 0
    try:
        events = iterparse(io.BytesIO(text.encode("utf-8")), events=("start-ns", "start", "end"), forbid_dtd=True)
        for what, item in events:
            if what == "start-ns":
                prefix, uri = item
                prefixes.setdefault(uri, prefix)
            elif what == "start":
                root = item if root is None else root
                stack.append(item)
                count += 1 + len(item.attrib)
                if len(stack) > DEPTH_MAX:
                    raise Malformed([_fault("", f"嵌套超过 {DEPTH_MAX} 层", f"nested deeper than {DEPTH_MAX}")])
                if count > VALUES_MAX:
                    raise Malformed([_fault("", f"超过 {VALUES_MAX} 个元素", f"more than {VALUES_MAX} elements")])
            else:
                stack.pop()
    except DefusedXmlException as error:
        raise Malformed([_fault("", "不接受 DTD 与实体", "document types and entities are not accepted")]) from error
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed([_fault("", "不是格式良好的 XML", f"not well-formed XML: {shorten(str(error))}")]) from error
    assert root is not None, "a well-formed document has a root"
    _check_letters(root)
    return XmlDocument(root, prefixes)


def _check_letters(root: Element) -> None:
    faults: list[Fault] = []
    waiting: list[tuple[tuple[str, ...], Element]] = [((), root)]
    while waiting:
        steps, element = waiting.pop()
        name = local_name(element)
        path = pointer((*steps, name))
        faults += [*name_faults(name, path), *text_faults(element.text or "", path)]
        for attribute, value in element.attrib.items():
            faults += [*name_faults(attribute, path), *text_faults(value, f"{path}/@{attribute}")]
        waiting.extend(((*steps, name), child) for child in element)
    if faults:
        raise Malformed(faults)


def local_name(element: Element) -> str:
    """The name of `element` without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _unwrapped(element: Element) -> list[Element]:
    if element.tag not in WRAPPERS:
        return [element]
    return [inner for child in element for inner in _unwrapped(child)]


def _fault(path: str, zh: str, en: str) -> Fault:
    return Fault(path, "xml", zh, en)


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _number(text: str) -> object:
    """`text` as a number; as it stands where it is none, for the schema to complain about."""
    try:
        value = float(text) if len(text) <= NUMBER_LENGTH_MAX else None
    except ValueError:
        return text
    if value is None or not abs(value) <= NUMBER_MAX:
        return text
    return int(value) if value == int(value) else value


class _Converter:
    """From elements to members; collects the prefixes that the members use."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._known = prefixes
        self._context: dict[str, str] = {}

    def document(self, kind: str, root: Element, events: list[Element]) -> dict[str, object]:
        converted = [self._event(event) for event in events]
        body: dict[str, object] = {"eventList": converted}
        if kind == "EPCISQueryDocument":
            name = next((_text(element) for element in root.iter("queryName")), "")
            results: dict[str, object] = {"queryName": name, "resultsBody": {"eventList": converted}}
            for element in root.iter("subscriptionID"):
                results["subscriptionID"] = _text(element)
            body = {"queryResults": results}
        context: list[object] = [CONTEXT, *({prefix: uri} for prefix, uri in self._context.items())]
        attributes: dict[str, object] = {
            name: root.attrib[name] for name in ("schemaVersion", "creationDate") if name in root.attrib
        }
        return {"@context": context, "type": kind, **attributes, "epcisBody": body}

    def _event(self, element: Element) -> dict[str, object]:
        return {"type": self._name(element), **self._members(element, self._member)}

    def _members(self, parent: Element, convert: Callable[[Element], object]) -> dict[str, object]:
        """The children of `parent` as members; one that stands several times becomes a list."""
        members: dict[str, object] = {}
        for child in (inner for outer in parent for inner in _unwrapped(outer)):
            name, value = self._name(child), convert(child)
            if name not in members:
                members[name] = [value] if name in _REPEATED else value
            elif isinstance(held := members[name], list) and name not in _LISTS:
                held.append(value)
            else:
                members[name] = [held, value]
        return members

    def _member(self, element: Element) -> object:
        name = element.tag
        if name in _LISTS:
            return [_text(child) for child in element]
        if name in _QUANTITIES:
            return [self._members(child, self._leaf) for child in element]
        if name in _TYPED:
            return [
                {**({"type": bare(child.attrib["type"])} if "type" in child.attrib else {}), _TYPED[name]: _text(child)}
                for child in element
            ]
        if name in _PLACES:
            return self._members(element, lambda child: _text(child) if child.tag == "id" else self._extension(child))
        if name == "sensorElementList":
            return [self._sensor_element(child) for child in element]
        if name == "persistentDisposition":
            found = self._members(element, self._leaf)
            return {key: value if isinstance(value, list) else [value] for key, value in found.items()}
        if name == "errorDeclaration":
            return self._members(element, self._member)
        if name == "ilmd" or name.startswith("{"):
            return self._extension(element)
        return self._leaf(element)

    def _leaf(self, element: Element) -> object:
        text = _text(element)
        if len(element):
            return self._extension(element)
        if element.tag in _WORDS:
            return bare(text)
        return _number(text) if element.tag in _NUMBERS else text

    def _sensor_element(self, element: Element) -> dict[str, object]:
        members: dict[str, object] = {}
        reports: list[object] = []
        for child in element:
            if child.tag == "sensorReport":
                reports.append(self._attributes(child))
            elif child.tag == "sensorMetadata":
                members["sensorMetadata"] = self._attributes(child)
            else:
                members[self._name(child)] = self._extension(child)
        return {**members, "sensorReport": reports}

    def _attributes(self, element: Element) -> dict[str, object]:
        members: dict[str, object] = {}
        for name, text in element.attrib.items():
            if name in _NUMBERS:
                members[name] = _number(text)
            elif name == "booleanValue" and text in ("true", "false", "1", "0"):
                members[name] = text in ("true", "1")
            else:
                members[self._qualified(name)] = bare(text) if name in ("type", "component", "exception") else text
        return members

    def _extension(self, element: Element) -> object:
        attributes = {
            self._qualified(name): value for name, value in element.attrib.items() if not name.startswith(_XSI)
        }
        children = self._members(element, self._extension)
        if not (attributes or children):
            return _text(element)
        text = _text(element)
        return {**attributes, **children, **({"#text": text} if text and not children else {})}

    def _name(self, element: Element) -> str:
        return self._qualified(str(element.tag))

    def _qualified(self, tag: str) -> str:
        if not tag.startswith("{"):
            return tag
        uri, _, name = tag[1:].partition("}")
        prefix = next((known for known, held in self._context.items() if held == uri), None)
        if prefix is None:
            prefix = self._known.get(uri, "")
            if not prefix or prefix in self._context:
                prefix = f"ns{len(self._context)}"
            self._context[prefix] = uri
        return f"{prefix}:{name}"
