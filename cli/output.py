"""How every command speaks: to a person on a console, or with `--json` as one document on standard output.

Progress and failures go to standard error, so that standard output holds the result and nothing else. A failure is
told in Chinese, then in English, each with its remedy; the exit status is 1 (2: the command line itself was wrong).
"""

import functools
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec

import click
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from client.failures import Failure
from client.network_directory import NETWORK_VARIABLE
from client.verified import InvalidProof
from consensus.errors import ConsensusFault
from ledger.crypto.encoding import Malformed
from ledger.errors import Fatal, Refusal, describe
from ledger.storage.archive import BadArchive
from network.config import ConfigError

_P = ParamSpec("_P")

WIDE = 200
"""Columns of a table that goes into a pipe."""


class Output:
    """Where one command speaks. `as_json`: the result is one JSON document."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(quiet=as_json, highlight=False, soft_wrap=True)
        self.side = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str = "", *, style: str | None = None, markup: bool = True) -> None:
        """A line for people (rich markup, unless `markup` is off); silent with `--json`."""
        self.console.print(text, style=style, markup=markup)

    def show(self, shown: RenderableType) -> None:
        """A table for people; silent with `--json`. A pipe has no width of its own: nothing is cut for it."""
        wide = self.console if self.console.is_terminal else Console(width=WIDE, quiet=self.as_json, highlight=False)
        wide.print(shown)

    def note(self, text: str, *, markup: bool = True) -> None:
        """A line for people that is no part of the result: what is being done, warnings."""
        self.side.print(text, style="dim", markup=markup)

    def finish(self, document: Mapping[str, Any]) -> None:
        """The result of the command; printed only with `--json`."""
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))

    def each(self, document: Mapping[str, Any]) -> None:
        """One of several results that come one after the other: with `--json` a line each."""
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=False, default=_plain))

    def progress(self) -> Progress:
        """A progress display on standard error, which shows itself only on a terminal."""
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.side,
            transient=True,
            disable=not self.side.is_terminal,
        )

    def fail(self, failure: Exception, **more: Any) -> NoReturn:
        """Tell what went wrong and what to do, and end with exit status 1."""
        words = words_of(failure)
        self.side.print(f"[bold red]✗[/] {escape(words['message_zh'])}")
        self.side.print(f"[bold red]✗[/] {escape(words['message_en'])}")
        if words["remedy_zh"] or words["remedy_en"]:
            self.side.print(f"  → {escape(words['remedy_zh'])}")
            self.side.print(f"  → {escape(words['remedy_en'])}")
        self.finish({"ok": False, "error": words, **more})
        raise click.exceptions.Exit(1)


class Problem(Failure):
    """A failure that a command finds by itself."""


def words_of(failure: Exception) -> dict[str, Any]:
    """number, message and remedy of a failure, in both languages."""
    if isinstance(failure, Failure):
        number = getattr(failure, "number", 0)
        return _words(number, failure.zh, failure.en, failure.remedy_zh, failure.remedy_en)
    if isinstance(failure, Refusal):
        known = describe(failure.number, failure.details)
        return _words(failure.number, known.zh, known.en, known.remedy_zh, known.remedy_en)
    if isinstance(failure, OSError) and failure.strerror:
        said = f"{failure.filename}: {failure.strerror}" if failure.filename else failure.strerror
        return _words(0, f"文件或系统错误：{said}", said, "请检查路径与权限", "check the path and its permissions")
    zh, en = getattr(failure, "zh", None), getattr(failure, "en", None)
    text = str(failure)
    return _words(
        0, zh or f"出错：{text}", en or text, getattr(failure, "remedy_zh", ""), getattr(failure, "remedy_en", "")
    )


def _words(number: int, zh: str, en: str, remedy_zh: str, remedy_en: str) -> dict[str, Any]:
    return {"number": number, "message_zh": zh, "message_en": en, "remedy_zh": remedy_zh, "remedy_en": remedy_en}


EXPECTED = (Failure, Refusal, Fatal, ConsensusFault, ConfigError, Malformed, BadArchive, InvalidProof, OSError)
"""What outsiders and machines do wrong; anything else is a fault of ours and shows its trace."""


def reports(function: Callable[Concatenate[Output, _P], None]) -> Callable[_P, None]:
    """Decorator of every command: adds `--json`, hands it an `Output`, and tells expected failures in words."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output, nothing else.")
    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        out = Output(as_json=bool(kwargs.pop("as_json")))
        try:
            function(out, *args, **kwargs)
        except EXPECTED as failure:
            if "LINXIN_TRACE" in os.environ:
                raise
            out.fail(failure)
        except (KeyboardInterrupt, click.Abort):
            out.fail(Problem("已中断", "interrupted", "", ""))

    return run


def network_option(function: Callable[_P, None]) -> Callable[_P, None]:
    """`--network DIR`: where genesis file, endpoints and authority are."""
    return click.option(
        "--network",
        "network_root",
        envvar=NETWORK_VARIABLE,
        show_envvar=True,
        default="network",
        show_default=True,
        type=click.Path(path_type=Path, file_okay=False),
        help="The network's folder: genesis file, endpoints, CA certificate, keys.",
    )(function)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
