"""Who may import whom (the table of docs/ARCHITECTURE.md), no cycles, and declared dependencies."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence

from tests.architecture.source import GENERATED, Source

STUBS = "linxin"
ALLOWED: Mapping[str, tuple[str, ...]] = {
    STUBS: (),
    "ledger.crypto": (),
    "ledger": ("ledger",),
    "consensus": ("ledger.crypto", "ledger.certificate"),
    "standards": (STUBS,),
    "client": ("ledger", STUBS),
    "network": ("ledger", "consensus", STUBS),
    "gateway": ("client", "standards", STUBS),
    "engines": (),
    "engines.worker": ("client",),
    "insight": ("client", STUBS),
    "node": ("ledger", "consensus", "network", "client"),
    "cli": (
        "ledger",
        "consensus",
        "network",
        "client",
        "gateway",
        "engines",
        "insight",
        "standards",
        "node",
        "verifier",
        STUBS,
    ),
    "verifier": (),
}
"""For each room what it may import of ours beside itself; the longest matching name is the room a module is in."""

OURS = frozenset(room.split(".")[0] for room in ALLOWED)
VERIFIER_NEEDS = frozenset({"cryptography", "msgpack"})
DISTRIBUTIONS = {
    "epcis_event_hash_generator": "epcis-event-hash-generator",
    "google": "protobuf",
    "grpc": "grpcio",
    "grpc_health": "grpcio-health-checking",
    "prometheus_client": "prometheus-client",
    "grpc_reflection": "grpcio-reflection",
    "nacl": "pynacl",
}
"""Packages that are installed under another name than they are imported by."""


def check_rooms(sources: Iterable[Source]) -> list[str]:
    """Every import of ours that the table does not allow."""
    return [
        f"{source.path}:{found.line}: {room} may not import {found.name}; it may import "
        f"{', '.join(ALLOWED[room]) or 'nothing of ours'}. Move what is shared to a room both may import, or pass it."
        for source in sources
        if (room := room_of(source.module)) is not None
        for found in source.imports
        if room_of(found.name) is not None and not _within(found.name, (room, *ALLOWED[room]))
    ]


def check_verifier(sources: Iterable[Source]) -> list[str]:
    """The stand-alone verifier needs the standard library, cryptography and msgpack only."""
    return [
        f"{source.path}:{found.line}: the verifier may not import {found.name}: an auditor runs it with only "
        f"{' and '.join(sorted(VERIFIER_NEEDS))} installed. Write the few lines it needs into the file itself."
        for source in sources
        if source.lies_in("verifier")
        for found in source.imports
        if not _is_standard(found.name) and found.name.split(".")[0] not in VERIFIER_NEEDS
    ]


SHARED_PARTS = frozenset({"messages", "ports", "evidence", "splitting"})
"""What one on-chain module may know of another: its words, the interfaces it offers (of evidence, too), and how it
divides fen."""


def check_modules_apart(sources: Iterable[Source]) -> list[str]:
    """No on-chain module reaches into another one; only a file beside them (the catalogue) puts them together."""
    return [
        f"{source.path}:{found.line}: the module {own} may not import {found.name}. State the interface it needs "
        "as a Protocol in its own files and take it as a parameter of its constructor."
        for source in sources
        if (own := _chain_module(source.module)) is not None and source.path.count("/") > 2
        for found in source.imports
        if _chain_module(found.name) not in (None, own) and SHARED_PARTS.isdisjoint(found.name.split(".")[3:4])
    ]


def check_cycles(sources: Sequence[Source]) -> list[str]:
    """No cycle among the modules of ledger, nor among top-level packages; imports for the type checker do not count."""
    known = {source.module for source in sources}
    modules: dict[str, set[str]] = {}
    packages: dict[str, set[str]] = {}
    for source in sources:
        targets = {_known(found.name, known) for found in source.imports if not found.types_only}
        top = source.module.split(".")[0]
        if top not in OURS:
            continue
        modules[source.module] = {name for name in targets if name and name.startswith("ledger.")} - {source.module}
        packages.setdefault(top, set()).update(name.split(".")[0] for name in targets if name)
        packages[top].discard(top)
    return [
        f"import cycle: {' -> '.join(cycle)}. Move what both need into a third file, or import under TYPE_CHECKING."
        for cycle in (_cycle(modules), _cycle(packages))
        if cycle
    ]


FOR_OTHERS = frozenset({"tzdata", "rfc3339-validator", "rfc3986-validator"})
"""Packages that we never import: zoneinfo reads the first, jsonschema asks the others about formats."""


def check_dependencies(
    sources: Iterable[Source], declared: Iterable[str], extras: Mapping[str, Iterable[str]]
) -> list[str]:
    """What the packages import is declared in pyproject.toml, and what is declared is imported.

    An extra named after a room is for that room alone; other extras (the tools of developers) are for none.
    """
    core = _names(declared)
    own = {room: _names(requirements) for room, requirements in extras.items() if room in OURS}
    used: set[str] = set()
    missing: dict[str, str] = {}
    for source in sources:
        room = source.module.split(".")[0]
        if room not in OURS:
            continue
        for found in source.imports:
            top = found.name.split(".")[0]
            if _is_standard(found.name) or top in OURS:
                continue
            name = DISTRIBUTIONS.get(top, top).lower()
            used.add(name)
            if name not in core | own.get(room, set()):
                missing.setdefault(name, f"{source.path}:{found.line}")
    return [
        f"{where}: {name} is not among [project] dependencies, nor in an extra of that room"
        for name, where in missing.items()
    ] + [
        f"pyproject.toml: {name} is declared and never imported; remove it"
        for name in core.union(*own.values()) - used - FOR_OTHERS
    ]


def room_of(module: str) -> str | None:
    """The room of the table that a module of ours lies in; None for what is not ours."""
    rooms = [room for room in ALLOWED if module == room or module.startswith(room + ".")]
    return max(rooms, key=len, default=None)


def ours_only(sources: Iterable[Source]) -> list[Source]:
    """The hand-written sources."""
    return [source for source in sources if not source.path.startswith(GENERATED)]


def _names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[<>=!~ ;\[]", requirement)[0].lower() for requirement in requirements}


def _within(name: str, rooms: Iterable[str]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def _is_standard(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in sys.stdlib_module_names


def _chain_module(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if parts[:2] == ["ledger", "modules"] and len(parts) > 2 else None


def _known(name: str, known: set[str]) -> str | None:
    """The module that an imported name comes from: `ledger.state.Table` is of `ledger.state`."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def _cycle(graph: Mapping[str, set[str]]) -> list[str]:
    """One cycle as the names along it, first and last the same; empty when there is none."""
    done: set[str] = set()
    for start in sorted(graph):
        path: list[str] = []
        pending = [(start, 0)]
        while pending:
            name, depth = pending.pop()
            del path[depth:]
            if name in path:
                return [*path[path.index(name) :], name]
            if name not in done:
                path.append(name)
                pending.extend((target, depth + 1) for target in sorted(graph.get(name, ())))
                if not graph.get(name):
                    done.add(name)
        done.add(start)
    return []
