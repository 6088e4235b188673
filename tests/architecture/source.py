"""Our sources as the rules see them: every file git knows or would add, parsed once."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = "proto/linxin/"


@dataclass(frozen=True)
class Import:
    """One imported module: its full name, the line, and whether only the type checker ever imports it."""

    name: str
    line: int
    types_only: bool = False


@dataclass(frozen=True)
class Source:
    """A Python file: `path` relative to the repository with forward slashes, `text` as it is on disk."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; a file that does not parse raises SyntaxError and fails every rule."""
        return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        """The dotted name it is imported by: `ledger/crypto/__init__.py` is `ledger.crypto`."""
        parts = self.path.removeprefix("proto/").removesuffix(".py").removesuffix("/__init__").split("/")
        return ".".join(parts)

    @property
    def is_test(self) -> bool:
        """Whether it lies under tests/."""
        return self.path.startswith("tests/")

    def lies_in(self, *folders: str) -> bool:
        """Whether it is one of the given files, or lies in one of the given folders."""
        return any(self.path == folder or self.path.startswith(folder.rstrip("/") + "/") for folder in folders)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """All that it imports, wherever in the file; `from a.b import c` is told as `a.b.c`."""
        return tuple(self._imports(self.tree, types_only=False))

    def _imports(self, node: ast.AST, *, types_only: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, types_only)
            elif isinstance(child, ast.ImportFrom):
                for alias in child.names:
                    yield Import(f"{self._origin(child)}.{alias.name}", child.lineno, types_only)
            elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
                yield from self._imports(child, types_only=True)
            else:
                yield from self._imports(child, types_only=types_only)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.module.split(".") if self.path.endswith("__init__.py") else self.module.split(".")[:-1]
        kept = package[: len(package) - (node.level - 1)]
        return ".".join([*kept, *([node.module] if node.module else [])])


def tracked_paths() -> list[str]:
    """Every file that git tracks or would add, relative to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(path for path in set(listed.stdout.split("\0")) if path and (ROOT / path).is_file())


def load_sources(paths: Iterable[str]) -> list[Source]:
    """The Python files among `paths`."""
    return [Source(path, (ROOT / path).read_text("utf-8")) for path in paths if path.endswith(".py")]
