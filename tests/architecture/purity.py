"""What is true comes out the same on every machine: `ledger` and `consensus` outside their storage/ only compute."""

import ast
import sys
from collections.abc import Iterable, Iterator

from tests.architecture.source import Source

PURE = ("ledger", "consensus", "client/verify.py")
IMPURE_PARTS = ("ledger/storage", "consensus/storage")
DRIVEN = ("network/replica",)
"""Computes only, too, so that one seed replays a cluster; but it is handed storage, and uses it."""

STORAGE = ("ledger.storage", "consensus.storage")
PORTS = ("ledger.storage.port", "consensus.storage.port")
"""What storage promises, as Protocols: pure rooms see these and no more of it, so they must be pure themselves."""

STANDARD_ALLOWED = frozenset({
    "abc", "base64", "binascii", "bisect", "collections", "contextlib", "copy", "dataclasses", "enum", "functools",
    "graphlib", "hashlib", "heapq", "hmac", "itertools", "json", "operator", "re", "string", "struct", "textwrap",
    "types", "typing", "typing_extensions",
})  # fmt: skip
"""Standard modules that neither look outside nor differ between machines or Python versions. Not here, with the reason:
time, datetime, zoneinfo (a clock, local rules), random, secrets, uuid (randomness), os, io, pathlib, socket, threading,
asyncio, multiprocessing (the world), logging (a clock and files), math, decimal, fractions, statistics (not integers),
unicodedata, locale (differ between versions and machines), pickle, marshal (not a format)."""

PACKAGES_ALLOWED = frozenset({"cryptography", "msgpack", "msgspec", "nacl", "sortedcontainers"})
FORBIDDEN_CALLS = frozenset({"__import__", "compile", "eval", "exec", "hash", "id", "input", "open", "print", "vars"})
"""Built-ins that reach the world, or (hash, id) differ from one run to the next."""

FORBIDDEN_ATTRIBUTES = frozenset({"generate", "generate_private_key", "now", "today", "urandom", "utcnow"})
"""Names under which allowed packages would still hand out time or randomness."""


def is_pure(source: Source) -> bool:
    """Whether the rules of this page hold for it."""
    return source.module in PORTS or (source.lies_in(*PURE) and not source.lies_in(*IMPURE_PARTS))


def check_purity(sources: Iterable[Source]) -> list[str]:
    """Imports and calls by which a pure room could see a clock, randomness, a socket, a thread or a file."""
    complaints = []
    for source in sources:
        is_driven = source.lies_in(*DRIVEN)
        if not is_driven and not is_pure(source):
            continue
        for found in source.imports:
            top = found.name.split(".")[0]
            allowed = STANDARD_ALLOWED if top in sys.stdlib_module_names else PACKAGES_ALLOWED
            ours = source.path.split("/")[0] == top or top in {"ledger", "linxin"} or (is_driven and top == "consensus")
            storage = (
                not is_driven
                and found.name.startswith(STORAGE)
                and not found.name.startswith(PORTS)
                and not found.types_only
            )
            if storage or (top not in allowed and not ours):
                complaints.append(
                    f"{source.path}:{found.line}: imports {found.name}, which is not on the list of pure modules. "
                    "Take time, randomness, input as parameters; files, sockets, threads live in storage/ or network/."
                )
        complaints += [f"{source.path}:{line}: {what}" for line, what in _impure_calls(source.tree)]
    return complaints


def check_integers(sources: Iterable[Source]) -> list[str]:
    """No float in ledger/: not as a literal, not as a type, and no true division outside storage/."""
    complaints = []
    for source in sources:
        if source.lies_in("ledger"):
            complaints += [
                f"{source.path}:{line}: {what}. Count in integers (fen, micro-units, ms) and divide with //."
                for line, what in _floats(source.tree, division=is_pure(source))
            ]
    return complaints


def _impure_calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield node.lineno, f"calls {node.func.id}(), which a pure room may not. Take the value as a parameter."
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_ATTRIBUTES:
            yield node.lineno, f"uses .{node.attr}, which brings in time or randomness. Take the value as a parameter."


def _floats(tree: ast.Module, *, division: bool) -> Iterator[tuple[int, str]]:
    asked = {
        id(name)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"isinstance", "issubclass"}
        for name in ast.walk(call)
    }  # asking whether something is a float, in order to refuse it, is no use of one
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, f"the float {node.value}"
        if isinstance(node, ast.Name) and node.id == "float" and id(node) not in asked:
            yield node.lineno, "the type float"
        if division and isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, "true division, which makes a float"
