"""The OpenAPI document of /epcis/v2: what these routes take and answer, and nothing that they do not."""

from functools import cache
from typing import Any

from gateway.epcis.asking import PROOF_TYPE, RESOURCES
from gateway.epcis.negotiating import FORMATS, JSON_LD, VERSION
from gateway.epcis.serving import BASE
from gateway.epcis.taking import JSON_TYPES, SIGNED_TYPES, XML_TYPES
from gateway.web.errors import PROBLEM
from standards.epcis.query import ORDERS, PER_PAGE, PER_PAGE_MAX
from standards.epcis.query_values import EPCS, QUANTITIES
from standards.epcis.vocabulary import EVENT_TYPES

Json = dict[str, Any]

TEXT: Json = {"type": "string", "minLength": 1}
MOMENT: Json = {"type": "string", "format": "date-time"}
NUMBER: Json = {"type": "number", "exclusiveMinimum": -(10**19), "exclusiveMaximum": 10**19}
COUNT: Json = {"type": "integer", "minimum": 1, "maximum": 1_000_000_000}

_LISTS = (
    *("EQ_bizStep", "EQ_disposition", "EQ_persistentDisposition_set", "EQ_persistentDisposition_unset"),
    *("EQ_readPoint", "WD_readPoint", "EQ_bizLocation", "WD_bizLocation", "EQ_transformationID", "EQ_eventID"),
    *(f"MATCH_{name}" for name in (*EPCS, *QUANTITIES)),
    *("EQ_errorReason", "EQ_correctiveEventID", "EQ_type", "EQ_deviceID", "EQ_dataProcessingMethod"),
    *("EQ_microorganism", "EQ_chemicalSubstance", "EQ_bizRules", "EQ_stringValue", "EQ_uriValue"),
)
_MOMENTS = ("eventTime", "recordTime", "errorDeclarationTime", "time", "startTime", "endTime")
_PATTERNS = (
    "Also, by their patterns: EQ_bizTransaction_{type}, EQ_source_{type}, EQ_destination_{type}, "
    "{EQ|GT|GE|LT|LE}_{value|minValue|maxValue|meanValue|sDev}_{uom} (units are converted), "
    "{EQ|GT|GE|LT|LE}_quantity_{uom}, "
    "{EQ|GT|GE|LT|LE|EXISTS}_{[INNER_][ILMD_|ERROR_DECLARATION_|SENSORELEMENT_|SENSORMETADATA_|SENSORREPORT_|"
    "readPoint_|bizLocation_]prefix:name} for extensions, whose prefixes GS1-Extensions may declare, and "
    "HASATTR_{field}, EQATTR_{field}_{attribute} for the master data of an event's document. "
    "Several values are parted by |. recordTime is the time of the ledger's block."
)


@cache
def description() -> Json:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "EPCIS 2.0 of a Linxin gateway",
            "version": VERSION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Capture and query of EPCIS 2.0 events on a ledger, with proofs. docs/STANDARDS.md.",
        },
        "servers": [{"url": BASE}],
        "security": [{}, {"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _paths() -> Json:
    paging = [_query("perPage", _per_page()), _query("nextPageToken", TEXT)]
    asked = _event_parameters()
    kind = {"name": "kind", "in": "path", "required": True, "schema": {"type": "string", "enum": list(RESOURCES)}}
    name, event = _path("name", "as the collection names it"), _path("id", "eventID, hash, or urn:linxin:record:...")
    events = _json("QueryDocument", "Events; Link rel=next leads to the next page.")
    return {
        "/": {"get": _read("Top-level resources", _json("Collection", "Their names."))},
        "/capture": {
            "get": _read("Capture jobs", _json("Jobs", "Jobs still known, oldest first."), *paging),
            "post": _capture(),
        },
        "/capture/{id}": {
            "get": _read("A capture job", _json("Job", "How it stands."), _path("id", "captureID"), missing=True)
        },
        "/events": {
            "get": _read("Events", events, *asked, description=_PATTERNS, large=True),
            "post": _event(),
        },
        "/events/{id}": {
            "get": _read(
                "An event",
                _json("QueryDocument", "The event, and declarations of error about it; Link leads to their proofs."),
                event,
                *paging,
                missing=True,
            )
        },
        "/events/{id}/proof": {
            "get": _read(
                "The proof of an event",
                {"description": "A proof file: docs/PROOF.md.", "content": {PROOF_TYPE: {"schema": {}}}},
                event,
                missing=True,
            )
        },
        "/{kind}": {
            "get": _read(
                "Names in events", _json("Collection", "Names, in the order they came."), kind, *paging, missing=True
            )
        },
        "/{kind}/{name}": {
            "get": _read("A name", _json("Collection", "What can be asked of it."), kind, name, missing=True)
        },
        "/{kind}/{name}/events": {
            "get": _read("Events of a name", events, kind, name, *asked, missing=True, large=True)
        },
        "/openapi.json": {
            "get": {
                "summary": "This document",
                "security": [],
                "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {}}}}}
                | _problems(406, 414, 429),
            }
        },
    }


def _read(summary: str, answer: Json, *parameters: Json, description: str = "", **more: bool) -> Json:
    numbers = [400, 401, 406, 414, 429, 503]
    numbers += [404] if more.get("missing") else []
    numbers += [413] if more.get("large") else []
    operation: Json = {
        "summary": summary,
        "parameters": [*parameters, *_version_headers()],
        "responses": {"200": answer} | _problems(*numbers),
    }
    return operation | ({"description": description} if description else {})


def _capture() -> Json:
    behaviour = {"type": "string", "enum": ["rollback", "proceed"], "default": "rollback"}
    location = {"Location": {"required": True, "schema": {"type": "string"}, "description": "The capture job."}}
    return {
        "summary": "Capture a document",
        "description": (
            "Validation is all or nothing with rollback; with proceed, invalid events are left out and told in the "
            "job. With rollback the ledger's rules are asked about the whole document before anything is recorded: "
            "where they would refuse an event, none is captured, and the job tells every refusal. After that each "
            "event is a transaction: what changes on the ledger meanwhile can still make it refuse one; capture stops "
            "there, what was accepted before stands, and the error lists it as recorded."
        ),
        "parameters": [
            {"name": "GS1-Capture-Error-Behaviour", "in": "header", "schema": behaviour},
            *_version_headers(),
        ],
        "requestBody": _body("Document", *JSON_TYPES, *XML_TYPES, *SIGNED_TYPES),
        "responses": {"202": {"description": "Taken.", "headers": location}}
        | _problems(400, 401, 403, 406, 408, 413, 414, 415, 429, 501, 503),
    }


def _event() -> Json:
    answer = _json("Event", "Captured and final; Link leads to the job, which tells what became of it.")
    answer["headers"] = {"Location": {"required": True, "schema": {"type": "string"}, "description": "The event."}}
    return {
        "summary": "Capture one event, and wait until it is final",
        "parameters": _version_headers(),
        "requestBody": _body("Event", *JSON_TYPES, *SIGNED_TYPES),
        "responses": {"201": answer}
        | _problems(400, 401, 403, 406, 408, 409, 413, 414, 415, 422, 429, 500, 501, 503, 504),
    }


def _event_parameters() -> list[Json]:
    kind = rf"({'|'.join(EVENT_TYPES)}|[A-Za-z][A-Za-z0-9_.-]*:[!-{{}}~]+)"
    one_of = {"type": "string", "pattern": rf"^{kind}(\|{kind})*$"}
    action = {"type": "string", "enum": ["ADD", "OBSERVE", "DELETE"]}
    truth = {"type": "boolean"}
    return [
        _query("eventType", one_of),
        _query("EQ_action", action),
        *(_query(name, TEXT) for name in _LISTS),
        *(_query(f"{verb}_{name}", MOMENT) for name in _MOMENTS for verb in ("GE", "LT")),
        *(_query(f"{verb}_quantity", NUMBER) for verb in ("EQ", "GT", "GE", "LT", "LE")),
        _query("EXISTS_errorDeclaration", truth),
        _query("EXISTS_sensorElementList", truth),
        _query("orderBy", {"type": "string", "enum": list(ORDERS)}),
        _query("orderDirection", {"type": "string", "enum": ["ASC", "DESC"], "default": "DESC"}),
        _query("eventCountLimit", COUNT),
        _query("maxEventCount", COUNT),
        _query("perPage", _per_page()),
        _query("nextPageToken", TEXT),
    ]


def _version_headers() -> list[Json]:
    version = {"type": "string", "enum": ["2.0", VERSION]}
    names = ("GS1-EPCIS-Version", "GS1-CBV-Version")
    ends = ("GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Min", "GS1-CBV-Max")
    number = {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$"}
    formats = {"type": "string", "enum": list(FORMATS)}
    return [
        *({"name": name, "in": "header", "schema": version} for name in names),
        *({"name": name, "in": "header", "schema": number} for name in ends),
        {"name": "GS1-EPC-Format", "in": "header", "schema": formats},
    ]


def _per_page() -> Json:
    return {"type": "integer", "minimum": 1, "maximum": PER_PAGE_MAX, "default": PER_PAGE}


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


def _path(name: str, what: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": TEXT, "description": f"{what}, percent-encoded"}


def _json(schema: str, what: str) -> Json:
    return {
        "description": what,
        "content": {
            media: {"schema": {"$ref": f"#/components/schemas/{schema}"}} for media in ("application/json", JSON_LD)
        },
    }


def _body(schema: str, *media: str) -> Json:
    content: Json = {kind: {"schema": {"type": "string"}} for kind in media if kind not in JSON_TYPES}
    content |= {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}} for kind in JSON_TYPES}
    return {"required": True, "content": content}


def _problems(*numbers: int) -> Json:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(number): {"description": "What is wrong.", "content": content} for number in numbers}


def _object(required: tuple[str, ...], **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


def _schemas() -> Json:
    text, truth = {"type": "string"}, {"type": "boolean"}
    fault = _object(("path", "rule"), path=text, rule=text, message_zh=text, message_en=text)
    problem = _object(
        ("type", "title", "status", "detail"),
        type=text,
        title=text,
        status={"type": "integer"},
        detail=text,
        detail_zh=text,
        event={"type": "integer", "description": "Place of the event in its document."},
        refusal={"type": "integer", "description": "Number of the ledger's refusal: docs/REFUSALS.md."},
        errors={"type": "array", "items": fault},
        recorded={"type": "array", "items": {"$ref": "#/components/schemas/Captured"}},
    )
    captured = _object(
        ("event", "hash", "ruled"), event={"type": "integer"}, hash={"type": ["string", "null"]}, ruled=truth
    )
    job = _object(
        ("captureID", "createdAt", "running", "success", "captureErrorBehaviour", "errors", "events"),
        captureID=text,
        createdAt=MOMENT,
        finishedAt=MOMENT,
        running=truth,
        success=truth,
        captureErrorBehaviour={"type": "string", "enum": ["rollback", "proceed"]},
        errors={"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        events={"type": "array", "items": {"$ref": "#/components/schemas/Captured"}},
        document=text,
        notice_zh=text,
        notice_en=text,
    )
    schema = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-json-schema.json"
    return {
        "Problem": problem,
        "Captured": captured,
        "Job": job,
        "Jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
        "Collection": _object(
            ("@context", "type", "member"), type={"const": "Collection"}, member={"type": "array", "items": text}
        ),
        "Document": _object(("@context", "type", "schemaVersion", "epcisBody"), type=text) | {"description": schema},
        "Event": _object(("@context", "type", "eventTime", "eventTimeZoneOffset"), type=text) | {"description": schema},
        "QueryDocument": _object(
            ("@context", "type", "epcisBody"), type={"const": "EPCISQueryDocument"}, epcisBody={"type": "object"}
        ),
    }
