"""`linxin node release ...`: validators split by a fault of software go on, by the word of a quorum (ADR 0023).

Every command here works on the home of a stopped validator, and on one file that goes from hand to hand.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.markup import escape

from cli.modules import standard_registry
from cli.output import Output, Problem, reports
from client.network_directory import PASSPHRASE_FILE, environment_passphrase, read_passphrase
from client.wallet import load_key, public_key_of
from consensus.release import (
    ROUND_MAX,
    BadRelease,
    CheckedRelease,
    Release,
    decode_release,
    make_release,
    merge_releases,
    read_notes,
)
from consensus.storage.safety import SafetyFile
from ledger.block import Head, validator_id
from ledger.certificate import quorum
from ledger.crypto.checkpoint import checkpoint_hash, parse_checkpoint, parse_note
from ledger.crypto.encoding import encode
from ledger.genesis import Genesis, load_genesis
from ledger.storage.level import LevelStore
from network.config import NodeConfig, load_config
from network.home import LEDGER, keep_release, safety_directory
from network.release import apply_here, check_here, sign_here

_T = TypeVar("_T")

HOME = click.option(
    "--home",
    required=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The home of a stopped validator.",
)
FILE = click.Path(path_type=Path, dir_okay=False)
EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)


@dataclass(frozen=True)
class Stopped:
    """A validator that does not run, and will not while this is open."""

    home: Path
    config: NodeConfig
    genesis: Genesis
    head: Head
    safety: SafetyFile


@click.group()
def release() -> None:
    """When validators have diverged and no checkpoint can get a quorum: release them to one that all agree on."""


@release.command("make", short_help="Write the release that a quorum is to sign.")
@click.argument("file", type=FILE)
@HOME
@click.option(
    "--notes", "files", multiple=True, type=EXISTING, help="divergence-*.txt of other validators; repeatable."
)
@click.option("--agreed", default="", help="The first digits of the agreed checkpoint's hash, or a file with its text.")
@click.option("--reason", default="", help="What the organisations agreed on: the right software, and why.")
@click.option("--round", type=click.IntRange(1, ROUND_MAX), default=1, show_default=True, help="Higher to try again.")
@reports
def make(out: Output, file: Path, home: Path, files: tuple[Path, ...], agreed: str, reason: str, round: int) -> None:
    """Write the new FILE: the height after this validator's ledger, all that was signed there, and what is agreed.

    Without --agreed it only shows the sides, each with the hash to choose it by.
    """
    if file.exists():
        raise Problem(f"{file} 已存在", f"{file} exists already", "请另选文件名", "choose another name")
    with _opened(home) as node:
        height = node.head.height + 1
        paths = (*sorted(home.glob("divergence-*.txt")), *files)
        notes = [note for path in paths for note in read_notes(path.read_text(encoding="utf-8"))]
        sides = _sides(notes, height)
        text = _chosen(out, sides, agreed, height)
        if not reason:
            raise click.UsageError("--reason: say what was agreed on; everybody who signs reads it")
        chain_id, validators = node.genesis.chain_id, node.head.validators
        made = _told(lambda: make_release(chain_id, round, text, notes, reason, validators))
        checked = _told(lambda: check_here(made, node.genesis, node.head))
    file.write_bytes(encode(made))
    _tell(out, file, checked, f"接着 / next: linxin node release sign {file} --home HOME")


@release.command("show", short_help="What a release says, and who has signed it.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=EXISTING)
@HOME
@reports
def show(out: Output, files: tuple[Path, ...], home: Path) -> None:
    """Read a release, every signature in it verified against this validator's ledger."""
    with _opened(home) as node:
        checked = _told(lambda: check_here(_read(files), node.genesis, node.head))
    _tell(out, files[0], checked, f"接着 / next: linxin node release apply {files[0]} --home HOME")


@release.command("sign", short_help="Promise to sign the agreed checkpoint and no other.")
@click.argument("file", type=EXISTING)
@HOME
@reports
def sign(out: Output, file: Path, home: Path) -> None:
    """Add this validator's signature to FILE.

    Its safety file keeps, before the signature exists, that it signs nothing but the agreed checkpoint at that height;
    only a release of a later round takes that back. Refused unless FILE shows all that its key has signed there.
    """
    with _opened(home) as node:
        key = load_key(home / node.config.key, _passphrase(home))
        given, name = _read([file]), node.config.name
        signed = _told(lambda: sign_here(given, node.genesis, name, key, node.head, node.safety))
        checked = _told(lambda: check_here(signed, node.genesis, node.head))
    draft = file.with_name(f".{file.name}.part")
    draft.write_bytes(encode(signed))
    draft.replace(file)
    _tell(out, file, checked, f"接着 / next: linxin node release apply {file} --home HOME")


@release.command("apply", short_help="Free this validator, by the signatures of a quorum.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=EXISTING)
@HOME
@reports
def apply(out: Output, files: tuple[Path, ...], home: Path) -> None:
    """Let this validator sign the agreed checkpoint although it signed another. Several copies of one release, signed
    apart, are taken together.

    What it signed stays in the safety file, marked as released; the release itself is kept in the home.
    """
    with _opened(home) as node:
        given = _told(lambda: _read(files))
        checked = _told(lambda: apply_here(given, node.genesis, node.config.name, node.head, node.safety))
        kept = keep_release(home, checked.body.height, checked.body.round, encode(given))
    _tell(
        out,
        kept,
        checked,
        f"接着：装好约定的软件后启动 / next: start it with the agreed software: linxin node run --home {home}",
    )


@contextmanager
def _opened(home: Path) -> Iterator[Stopped]:
    """What a release is judged by; a running node has it locked. Raises `ConsensusFault`, `StorageError`."""
    config = load_config(home)
    genesis = load_genesis((home / config.genesis).read_bytes(), standard_registry())
    with ExitStack() as stack:
        directory = safety_directory(home, config)
        stack.callback(directory.close)
        _, public_key = public_key_of(home / config.key)
        safety = SafetyFile.open(directory, genesis.chain_id, public_key)
        stack.callback(safety.close)
        store = LevelStore.open(home / config.data / LEDGER, genesis.chain_id, genesis.head())
        stack.callback(store.close)
        yield Stopped(home, config, genesis, store.head, safety)


def _passphrase(home: Path) -> str:
    known = environment_passphrase()
    return known if known is not None else read_passphrase(home.resolve().parent.parent / PASSPHRASE_FILE)


def _read(files: Sequence[Path]) -> Release:
    found = _told(lambda: decode_release(files[0].read_bytes()))
    for path in files[1:]:
        other = path.read_bytes()
        found = _told(lambda: merge_releases(found, decode_release(other)))  # noqa: B023  # called at once
    return found


def _told(act: Callable[[], _T]) -> _T:
    try:
        return act()
    except BadRelease as bad:
        raise Problem(
            bad.zh,
            bad.en,
            "见 docs/OPERATORS.md“When validators diverge”",
            "see docs/OPERATORS.md, 'When validators diverge'",
        ) from None


def _sides(notes: Sequence[str], height: int) -> dict[str, list[str]]:
    """Each text of the height that somebody signed, with the ids under it."""
    sides: dict[str, list[str]] = {}
    for note in notes:
        text, signatures = parse_note(note)
        if parse_checkpoint(text).height == height:
            ids = {*sides.get(text, ()), *(validator_id(signature.name) for signature in signatures)}
            sides[text] = sorted(ids)
    return sides


def _chosen(out: Output, sides: dict[str, list[str]], agreed: str, height: int) -> str:
    """The text of an agreed checkpoint, by its hash or from a file."""
    if agreed and Path(agreed).is_file():
        return Path(agreed).read_text(encoding="utf-8")
    matching = [text for text in sides if agreed and checkpoint_hash(text).hex().startswith(agreed)]
    if len(matching) == 1:
        return matching[0]
    for text, ids in sides.items():
        out.note(f"{checkpoint_hash(text).hex()[:16]}  {', '.join(ids)}\n{escape(text)}")
    hashes = ", ".join(checkpoint_hash(text).hex()[:16] for text in sides) or "-"
    raise Problem(
        f"请用 --agreed 选定高度 {height} 的一个检查点：{hashes}",
        f"choose one checkpoint of height {height} with --agreed: {hashes}",
        "也可给出 unsigned-<高度>.txt 之类的文件；没有候选时请用 --notes 加入其他节点的 divergence-*.txt",
        "or name a file such as unsigned-<height>.txt; add divergence-*.txt of other validators with --notes",
    )


def _tell(out: Output, file: Path, checked: CheckedRelease, following: str) -> None:
    body, needed = checked.body, quorum(len(checked.names))
    signers = sorted(map(validator_id, checked.signers))
    silent = sorted(validator_id(name) for name in checked.names if name not in checked.signers)
    released = {
        validator_id(name): [{"height": at, "checkpoint": hashed.hex()} for at, hashed in sorted(signed)]
        for name, signed in sorted(checked.signed.items())
    }
    try:
        checked.require_whole()
        lacking = None
    except BadRelease as bad:
        lacking = bad
    out.say(f"[bold]{escape(str(file))}[/]  高度 height {body.height}  第 {body.round} 轮 round {body.round}")
    out.say(f"  理由 reason  {escape(body.reason)}")
    out.say(f"  约定的检查点 agreed  {checkpoint_hash(body.agreed).hex()}")
    for line in body.agreed.rstrip("\n").split("\n"):
        out.say(f"    {escape(line)}")
    for name, signed in released.items():
        at = ", ".join(f"{each['height']}: {str(each['checkpoint'])[:16]}…" for each in signed)
        out.say(f"  解除 releases {escape(name)}  {at}")
    out.say(f"  已签 signed by {', '.join(signers) or '-'}  未签 not by {', '.join(silent) or '-'}")
    out.say(f"  须有 needed {needed}")
    if lacking is not None:
        out.say(
            f"  [yellow]尚不可用：{escape(lacking.zh)}[/]\n  [yellow]not to be applied yet: {escape(lacking.en)}[/]"
        )
        following = f"接着 / next: linxin node release sign {file} --home HOME"
    out.say(f"  → {escape(following)}")
    document: dict[str, Any] = {
        "ok": True,
        "file": file.resolve(),
        "document": checked.release.document,
        "height": body.height,
        "round": body.round,
        "reason": body.reason,
        "agreed": {"checkpoint": checkpoint_hash(body.agreed), "text": body.agreed},
        "released": released,
        "signers": signers,
        "missing": silent,
        "needed": needed,
        "whole": lacking is None,
        "lacking_zh": lacking and lacking.zh,
        "lacking_en": lacking and lacking.en,
        "next": following,
    }
    out.finish(document)
