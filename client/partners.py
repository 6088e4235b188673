"""What the ledger knows that capture and export of EPCIS events ask for: measures, metrics, shipments, keys."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from linxin.v1 import ledger_pb2

from client.action_json import plain, read_action
from client.connection import Connection
from client.failures import Remote
from client.submit import sign_action, submit
from ledger.block import decode_leaf
from ledger.crypto.encoding import Decoder, decode, encode
from ledger.crypto.signing import SigningKey
from ledger.module import TRANSACTION_SIZE_MAX, Body, Registry
from ledger.modules.registry.state import KeyRecord, devices, keys
from ledger.modules.trace.state import Captured, captured, products, shipments

ASKED_MAX = 1_000
"""Rows asked for in all; what is beyond stays unknown, and events that need it are not ruled."""

__all__ = [
    "Captured",
    "Facts",
    "Found",
    "Key",
    "action_of",
    "ask_captured",
    "ask_facts",
    "ask_record",
    "captured_of",
    "device_of",
    "find_captured",
    "offer",
    "organisation_of",
    "signed_record",
]

Key = SigningKey
"""What a partner or a gateway signs with."""

KEYS_MAX = 100
"""Keys in one GetValue call."""


class Facts:
    """What was learnt of the ledger for one document: the facts that mapping events to records asks for."""

    def __init__(self, organisation: str | None) -> None:
        self._organisation = organisation
        self._measures: dict[str, str] = {}
        self._shipments: dict[str, dict[str, int]] = {}
        self._metrics: dict[str, dict[str, tuple[str, int]]] = {}
        self.originals: dict[str, Mapping[str, object]] = {}
        self.records: dict[str, str] = {}

    def signer(self) -> str | None:
        """The organisation, or the device, that signs."""
        return self._organisation

    def measure(self, product: str) -> str | None:
        """`kg` or `piece`."""
        return self._measures.get(product)

    def shipment(self, shipment: str) -> Mapping[str, int] | None:
        """Loose lots with micro-units."""
        return self._shipments.get(shipment)

    def metrics(self, device: str) -> Mapping[str, tuple[str, int]] | None:
        """Name -> (unit, exponent)."""
        return self._metrics.get(device)

    def original(self, record: str) -> Mapping[str, object] | None:
        """The event of a record, where it was put into `originals`."""
        return self.originals.get(record)

    def captured(self, event_hash: str) -> str | None:
        """The record of a captured event, where it was put into `records`."""
        return self.records.get(event_hash)

    def learn_measure(self, product: str, measure: str) -> None:
        """Remember how a product is measured."""
        self._measures[product] = measure

    def learn_shipment(self, shipment: str, lots: Mapping[str, int]) -> None:
        """Remember the loose lots of a shipment, with micro-units."""
        self._shipments[shipment] = dict(lots)

    def learn_metric(self, device: str, metric: str, unit: str, exponent: int) -> None:
        """Remember a metric of a device."""
        self._metrics.setdefault(device, {})[metric] = unit, exponent

    def learn(self, key: str, value: bytes) -> None:
        """Remember what the state value of `key` says, as far as mapping asks for it."""
        module, table, name = key.split("/", 2)
        match module, table:
            case "trace", "product":
                self._measures[name] = products.decode(value, None).value.measure
            case "trace", "shipment":
                row = shipments.decode(value, None).value
                self.learn_shipment(name, {portion.lot: portion.quantity for portion in row.lots})
            case "registry", "device":
                for metric in devices.decode(value, None).value.metrics:
                    self.learn_metric(name, metric.name, metric.unit, metric.exponent)
            case _:
                pass


async def ask_facts(connection: Connection, subjects: Collection[str], organisation: str | None) -> Facts:
    """What the ledger knows of `subjects` (`type:key`, shipments among them). Raises `Remote`, `Unreachable`."""
    facts = Facts(organisation)
    wanted = sorted({key for subject in subjects for key in _keys_of(subject)})[:ASKED_MAX]
    for start in range(0, len(wanted), KEYS_MAX):
        for key, value in (await _values(connection, wanted[start : start + KEYS_MAX])).items():
            facts.learn(key, value)
    return facts


async def organisation_of(connection: Connection, algorithm: int, public_key: bytes) -> str | None:
    """The organisation for which a key in force speaks, as its own or its staff's; None: for none."""
    record = await _key_in_force(connection, algorithm, public_key)
    return record.organisation if record is not None and record.holder in ("organisation", "staff") else None


async def device_of(connection: Connection, algorithm: int, public_key: bytes) -> str | None:
    """The device whose key in force this is; None: of none."""
    record = await _key_in_force(connection, algorithm, public_key)
    return record.subject.removeprefix("device:") if record is not None and record.holder == "device" else None


async def _key_in_force(connection: Connection, algorithm: int, public_key: bytes) -> KeyRecord | None:
    key = f"registry/key/{public_key.hex()}"
    found = await _values(connection, [key])
    record: KeyRecord | None = keys.decode(found[key], None).value if key in found else None
    if record is None or record.algorithm != algorithm or record.revoked_height is not None:
        return None
    return record


def _keys_of(subject: str) -> Iterable[str]:
    kind, _, name = subject.partition(":")
    match kind:
        case "lot":
            yield f"trace/product/{name.partition('/')[0]}"
        case "product" | "shipment":
            yield f"trace/{kind}/{name}"
        case "device":
            yield f"registry/device/{name}"
        case _:
            pass


async def _values(connection: Connection, wanted: Sequence[str]) -> dict[str, bytes]:
    request = ledger_pb2.GetValueRequest(keys=wanted)
    answer = await connection.call(lambda to: to.ledger.GetValue, request, ledger_pb2.GetValueResponse)
    return {value.key: value.value for value in answer.values if value.HasField("value")}


@dataclass(frozen=True)
class Found:
    """An accepted record: its action as JSON holds it, block time, and the key that signed it."""

    action: dict[str, Any]
    time_ms: int
    algorithm: int
    public_key: bytes


async def ask_record(connection: Connection, identity: str, registry: Registry) -> Found | None:
    """The accepted record of a transaction id in hex; None where there is none."""
    request = ledger_pb2.GetTransactionRequest(id=bytes.fromhex(identity))
    try:
        answer = await connection.call(lambda to: to.ledger.GetTransaction, request, ledger_pb2.GetTransactionResponse)
    except Remote:
        return None
    if answer.receipt.code != 0 or not answer.leaf:
        return None
    body = decode(decode_leaf(answer.leaf).body, Body)
    action = action_of(list(body.action), registry)
    return None if action is None else Found(action, answer.receipt.time_ms, body.algorithm, body.public_key)


async def find_captured(connection: Connection, name: str) -> Captured | None:
    """Where the captured event `<hash>:<what>:<organisation>` stands; None where there is none."""
    key = f"trace/captured/{name}"
    found = await _values(connection, [key])
    return captured_of(found[key]) if key in found else None


async def offer(connection: Connection, key: Key, fields: Mapping[str, object], registry: Registry) -> str:
    """Sign a record written as JSON, submit it and wait until it is final; its transaction id in hex.

    Raises `BadAction`, `NotAccepted`, `NotFinal`, `Remote`, `Unreachable`.
    """
    envelope = signed_record(connection, key, fields, registry)
    outcome = (await submit(connection, [envelope]))[0]
    return outcome.need(str(fields["action"])).transaction_id.hex()


def signed_record(connection: Connection, key: Key, fields: Mapping[str, object], registry: Registry) -> bytes:
    """The envelope of a record written as JSON, signed for the network of `connection`. Raises `BadAction`."""
    action, restricted = read_action(msgspec.json.encode(fields), registry)
    assert connection.chain_id is not None, "connections to a network know its chain"
    return sign_action(key, connection.chain_id, action, restricted=restricted)


def captured_of(value: bytes) -> Captured:
    """Where a captured event stands, of the state value of its row."""
    row: Captured = captured.decode(value, None).value
    return row


async def ask_captured(connection: Connection, digest: str, organisation: str, registry: Registry) -> str | None:
    """The record (hex) that the captured event of `organisation` with this hash (hex) became; of one that is asserted
    only, the assertion; None where it was not captured.
    """
    key = f"trace/captured/{digest}:event:{organisation}"
    found = await _values(connection, [key])
    if key not in found:
        return None
    transaction: bytes = captured.decode(found[key], None).value.transaction
    noted = await ask_record(connection, transaction.hex(), registry)
    return str(noted.action.get("record") or transaction.hex()) if noted is not None else None


def action_of(positional: Sequence[Any], registry: Registry) -> dict[str, Any] | None:
    """[tag, field, ...] of a record as JSON holds it, fields by name; None for an action this version does not know."""
    tag = str(positional[0])
    kind = registry.actions.get(tag)
    if kind is None:
        return None
    fields: dict[str, Any] = plain(Decoder[Any](kind, TRANSACTION_SIZE_MAX)(encode(list(positional))))
    return {"action": tag} | fields
