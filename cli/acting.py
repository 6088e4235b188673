"""What the commands of group buying, claims and money share: signing one action, reading, and telling what is next."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import click
import msgspec
from rich.markup import escape

from cli.keys import open_key
from cli.output import Output, Problem
from cli.records import describe_receipt
from client.action_json import DOCUMENT_SIZE_MAX, BadAction, plain, read_struct
from client.connection import Connection
from client.network_directory import NetworkDirectory, open_network
from client.submit import Submitter, sign_action
from ledger.crypto.encoding import Message
from ledger.crypto.signing import SigningKey
from ledger.module import Action, tag_of

_T = TypeVar("_T")
_Struct = TypeVar("_Struct", bound=Message)

KEY_OPTION = click.option(
    "--key", "key_name", required=True, metavar="KEYFILE", help="A key file, or the name of one in the network's keys."
)


class Desk:
    """A command at work: its network, the key it signs with, where it speaks. Closes its connection at the end."""

    def __init__(self, out: Output, network_root: Path, key_name: str = "") -> None:
        self.out = out
        self.network: NetworkDirectory = open_network(network_root)
        self.key_name = key_name
        self._key: SigningKey | None = None
        self._submitter: Submitter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ignored: object) -> None:
        if self._submitter is not None:
            self._submitter.__exit__()

    @property
    def at(self) -> str:
        """The option that names this network, for commands to be tried next."""
        return f"--network {self.network.root}"

    @property
    def key(self) -> SigningKey:
        """The key of `--key`, opened when first needed."""
        if self._key is None:
            self._key = open_key(self.key_name, self.network)
        return self._key

    @property
    def submitter(self) -> Submitter:
        """The connection to the network."""
        if self._submitter is None:
            self._submitter = Submitter.to(self.network)
        return self._submitter

    @property
    def chain_id(self) -> bytes:
        """Of the network."""
        return self.submitter.chain_id

    def ask(self, work: Callable[[Connection], Coroutine[Any, Any, _T]]) -> _T:
        """The result of any read."""
        return self.submitter.run(work)

    def act(self, action: Action, restricted: Message | None = None) -> dict[str, Any]:
        """Sign an action and wait until it is final; its receipt as `--json` tells it."""
        return self.offer(sign_action(self.key, self.chain_id, action, restricted=restricted), tag_of(type(action)))

    def offer(self, envelope: bytes, what: str) -> dict[str, Any]:
        """Wait until a signed action is final."""
        receipt = self.submitter.submit([envelope])[0].need(what)
        return {"action": what} | describe_receipt(receipt)

    def done(self, zh: str, en: str, document: dict[str, Any], *steps: str) -> None:
        """The result of the command: what is done, and what comes next."""
        self.out.say(f"[bold green]✓[/] {escape(zh)}\n  {escape(en)}")
        self.tell_next(steps)
        self.out.finish({"ok": True} | document | {"next": list(steps)})

    def tell_next(self, steps: Sequence[str]) -> None:
        """Commands to be tried next."""
        for step in steps:
            self.out.say(f"  → [cyan]{escape(step)}[/]")


def gather(items: Callable[[Connection], Any]) -> Callable[[Connection], Coroutine[Any, Any, list[Any]]]:
    """All items of an asynchronous iterator made over a connection, as a list."""

    async def work(connection: Connection) -> list[Any]:
        return [each async for each in items(connection)]

    return work


def write_document(path: Path, kind: str, made: Message) -> None:
    """Write a receipt or ticket to a new file as JSON. Raises `BadAction` where it is none that the ledger would take,
    `Problem` where the file exists.
    """
    read_struct(plain(made), type(made), "$")
    text = msgspec.json.format(msgspec.json.encode({"linxin": kind} | plain(made)), indent=2) + b"\n"
    try:
        with path.open("xb") as file:
            file.write(text)
    except FileExistsError:
        raise Problem(f"{path} 已存在", f"{path} exists already", "请另选文件名", "choose another name") from None


def read_document(path: Path, kind: str, struct: type[_Struct]) -> _Struct:
    """The receipt or ticket in a file. Raises `BadAction`, `Problem`, OSError."""
    raw = path.read_bytes()
    if len(raw) > DOCUMENT_SIZE_MAX:
        raise BadAction("$", f"超过 {DOCUMENT_SIZE_MAX} 字节", f"more than {DOCUMENT_SIZE_MAX} bytes")
    try:
        fields = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAction("$", f"不是 JSON（{error}）", f"not JSON ({error})") from None
    if not isinstance(fields, dict) or fields.pop("linxin", None) != kind:
        raise Problem(f"{path} 不是 {kind}", f"{path} holds no {kind}", "请核对文件", "check which file it is")
    found: _Struct = read_struct(fields, struct, "$")
    return found
