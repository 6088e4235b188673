"""Names as Digital Links and as EPC URNs: one event to the hash, whichever is asked for."""

import json

import pytest

from standards.epcis.document import Event, read
from standards.epcis.hashing import event_hash
from standards.epcis.translation import Untranslatable, with_links, with_urns
from tests.standards.epcis.published import HASHED, data_of

EVENT: Event = {
    "type": "ObjectEvent",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
    "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011111.L1", "quantity": 2}],
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
    "ex:note": "urn:epc:id:sgtin:4012345.011111.9876",
    "eventID": "urn:epc:id:sgtin:4012345.011111.9876",
}
LINKED: Event = {
    "type": "ObjectEvent",
    "epcList": ["https://id.gs1.org/01/04012345111118/21/9876"],
    "quantityList": [{"epcClass": "https://id.gs1.org/01/04012345111118/10/L1", "quantity": 2}],
    "readPoint": {"id": "https://id.gs1.org/414/4012345000054"},
    "sourceList": [{"type": "owning_party", "source": "https://id.gs1.org/417/4012345000009"}],
    "ex:note": "urn:epc:id:sgtin:4012345.011111.9876",
    "eventID": "urn:epc:id:sgtin:4012345.011111.9876",
}


def test_there_and_back() -> None:
    assert with_links(EVENT) == LINKED
    assert with_links(LINKED) == LINKED
    assert with_urns(EVENT) == EVENT
    assert with_urns(LINKED) == EVENT


def test_what_has_no_urn_is_named() -> None:
    in_no_table, in_store = "https://id.gs1.org/01/09999999999999/21/1", "https://id.gs1.org/01/02012345111118/21/1"
    for name in (in_no_table, in_store):
        with pytest.raises(Untranslatable) as caught:
            with_urns({"epcList": [name]})
        assert caught.value.name == name
    assert with_urns({"epcList": ["https://example.com/no/key", "geo:1,2"]}) == {
        "epcList": ["https://example.com/no/key", "geo:1,2"]
    }


@pytest.mark.parametrize("name", [name for name in HASHED if name.endswith("jsonld")])
def test_the_hash_stays(name: str) -> None:
    document = read(data_of(name))
    for index, event in enumerate(document.events):
        value = event_hash(document, index)
        said = {"@context": document.context, **with_links(event)}
        assert event_hash(read(json.dumps(said).encode()), 0) == value
