"""Rows of the archive and of rewards as any node tells them: certified state that everybody may read.

A node is believed here; who does not want to asks for proofs (`linxin archive proof`, docs/PROOF.md).
"""

from collections.abc import AsyncIterator
from typing import TypeVar

from linxin.v1 import ledger_pb2

from client.connection import Connection
from ledger.crypto.encoding import Message
from ledger.state import Table

_Row = TypeVar("_Row", bound=Message | str | bool | bytes)

PAGE_SIZE = 1_000


async def get_row(connection: Connection, table: Table[_Row], key: str) -> _Row | None:
    """One row, or None. Raises `Remote`, `Unreachable`."""
    name = table.prefix.decode() + key
    request = ledger_pb2.GetValueRequest(keys=[name])
    answer = await connection.call(lambda to: to.ledger.GetValue, request, ledger_pb2.GetValueResponse)
    (found,) = answer.values
    return _row(table, found.value) if found.HasField("value") else None


async def list_rows(connection: Connection, table: Table[_Row], prefix: str = "") -> list[tuple[str, _Row]]:
    """(key, row) of all whose key begins with `prefix`, by key. Requires a public table. Raises as `get_row`."""
    return [(key, _row(table, value)) async for key, value in _listed(connection, table, prefix)]


async def list_keys(connection: Connection, table: Table[_Row], prefix: str = "") -> list[str]:
    """All keys that begin with `prefix`, in order; of any table. Raises as `get_row`."""
    return [key async for key, _ in _listed(connection, table, prefix)]


async def _listed(connection: Connection, table: Table[_Row], prefix: str) -> AsyncIterator[tuple[str, bytes]]:
    start = table.prefix.decode()
    request = ledger_pb2.ListValuesRequest(prefix=start + prefix, page_size=PAGE_SIZE)
    while True:
        answer = await connection.call(lambda to: to.ledger.ListValues, request, ledger_pb2.ListValuesResponse)
        for each in answer.values:
            yield each.key.removeprefix(start), each.value
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _row(table: Table[_Row], value: bytes) -> _Row:
    found: _Row = table.decode(value, None).value
    return found
