"""Size, docstrings, words, and the shape of an on-chain module."""

import ast
import re
from collections.abc import Iterable, Mapping

from tests.architecture.source import Source

FILE_LINES_MAX = 400
TEST_FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
SPECIAL_LINES_MAX = {"verifier/verify_linxin.py": 559}
"""One file on purpose: an auditor reads it in a sitting, the recount of the trust archive included."""

MODULE_PARTS = ("messages", "state", "rules", "errors", "invariants", "words")
MODULE_EXTRAS = {
    "ports": "the narrow interfaces to other modules, where state.py would grow too long",
    "evidence": "what trace tells of goods and those who had them, by which claims judge; beside its other ports",
    "splitting": "how payments divides whole fen, which group buying and claims do by the same function",
    "payouts": "instructions to custodians, which no row holds: read out of transfers by rules, services and tests",
    "identifiers": "check digits and prefixes of GS1 keys and network codes, which standards/ describes from outside",
}
"""Parts a module may have beside these, each for a reason."""

UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b")
MACHINE_PATH = re.compile(r"(?<![\w./~})-])/(?:wor[k]|roo[t])/")


def check_sizes(sources: Iterable[Source]) -> list[str]:
    """Files and functions that no longer fit a reader's head."""
    complaints = []
    for source in sources:
        lines = source.text.count("\n")
        limit = SPECIAL_LINES_MAX.get(source.path, TEST_FILE_LINES_MAX if source.is_test else FILE_LINES_MAX)
        if lines > limit:
            complaints.append(f"{source.path}: {lines} lines, more than {limit}. Split it by concept, one noun a file.")
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    complaints.append(
                        f"{source.path}:{node.lineno}: {node.name} has {length} lines, more than {FUNCTION_LINES_MAX}. "
                        "Name its steps and make each a function."
                    )
    return complaints


def check_docstrings(sources: Iterable[Source]) -> list[str]:
    """Modules everywhere, and public functions and classes outside tests, that say nothing about themselves."""
    complaints = []
    for source in sources:
        if source.tree.body and not ast.get_docstring(source.tree):
            complaints.append(f"{source.path}: no docstring. Say in a line or two what the file is for.")
        complaints += [
            f"{source.path}:{node.lineno}: {node.name} has no docstring. Give its meaning, units, shapes, errors."
            for node in source.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if not (source.is_test or node.name.startswith("_") or ast.get_docstring(node))
        ]
    return complaints


def check_module_shape(sources: Iterable[Source]) -> list[str]:
    """Every on-chain module has the same six parts (a file or a package each), and nothing without a reason."""
    parts: dict[str, set[str]] = {}
    for source in sources:
        steps = source.module.split(".")
        if source.path.startswith("ledger/modules/") and source.path.count("/") > 2:
            parts.setdefault(steps[2], set()).update(steps[3:4])
    complaints = []
    for module, found in sorted(parts.items()):
        complaints += [f"ledger/modules/{module}: {part}.py is missing" for part in MODULE_PARTS if part not in found]
        complaints += [
            f"ledger/modules/{module}/{part}: a module consists of {', '.join(MODULE_PARTS)}. Put it under one of them "
            "(each may be a package), or list it with its reason in tests/architecture/style.py."
            for part in sorted(found - {*MODULE_PARTS, *MODULE_EXTRAS})
        ]
    return complaints


def check_words(texts: Mapping[str, str]) -> list[str]:
    """Promises of later work, and paths of somebody's machine, in any text file; `texts` maps paths to contents."""
    complaints = []
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if found := UNFINISHED.search(line):
                complaints.append(f"{path}:{number}: {found[0]}. Do it now, or file an issue and say nothing here.")
            if MACHINE_PATH.search(line):
                complaints.append(
                    f"{path}:{number}: a path of one machine. Use a relative path, a setting or a temporary one."
                )
    return complaints
