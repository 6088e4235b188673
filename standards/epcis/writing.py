"""Events as a document, in the form that partners read: JSON-LD with the standard's context and ours."""

import json
from collections.abc import Iterable, Mapping

from standards.epcis.names import NAMESPACE, PREFIX, moment_of
from standards.epcis.vocabulary import CONTEXT


def document_of(events: Iterable[Mapping[str, object]], created_ms: int, contexts: Iterable[object] = ()) -> bytes:
    """An EPCISDocument of `events`, made at `created_ms` (ms since the epoch).

    `contexts`: what else the events were written in: of captured ones, the contexts of their documents.
    """
    every: list[object] = [CONTEXT]
    every += [context for context in contexts if context not in every]
    if not any(isinstance(context, dict) and PREFIX in context for context in every):
        every.append({PREFIX: NAMESPACE})
    document = {
        "@context": every,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": moment_of(created_ms),
        "epcisBody": {"eventList": list(events)},
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
