"""A small chain in memory, written from docs/PROOF.md and RFC 9162 alone: naive trees, `cryptography`, msgpack, no code
of the ledger. Builders read it as a snapshot; that they agree with it is a test of both.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import msgpack
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Raw = serialization.Encoding.Raw
HOMES = {"organisation": "registry", "member": "registry", "device": "registry", "listing": "archive"}
START_MS = 1_790_000_000_000


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tree_root(hashed: tuple[bytes, ...]) -> bytes:
    """RFC 9162 §2.1.1, word for word."""
    if not hashed:
        return sha(b"")
    if len(hashed) == 1:
        return hashed[0]
    split = 1
    while split * 2 < len(hashed):
        split *= 2
    return _joined(hashed[:split], hashed[split:])


@cache
def _joined(left: tuple[bytes, ...], right: tuple[bytes, ...]) -> bytes:
    return sha(b"\1" + tree_root(left) + tree_root(right))


def state_nodes(values: dict[str, bytes]) -> dict[bytes, bytes]:
    """All nodes of the state tree by path, built from nothing."""
    nodes: dict[bytes, bytes] = {}
    pairs = sorted((sha(key.encode()), sha(b"\3" + value)) for key, value in values.items())

    def build(path: bytes, inside: list[tuple[bytes, bytes]]) -> bytes:
        present = leaves = 0
        entries = b""
        for slot in range(16):
            under = [pair for pair in inside if int(pair[0].hex()[len(path)], 16) == slot]
            present |= bool(under) << slot
            leaves |= (len(under) == 1) << slot
            if under:
                entries += b"".join(under[0]) if len(under) == 1 else build(path + bytes([slot]), under)
        nodes[path] = present.to_bytes(2, "big") + leaves.to_bytes(2, "big") + entries
        return sha(b"\2" + nodes[path])

    build(b"", pairs)
    return nodes


class Key:
    """An Ed25519 (1) or P-256 (2) key made from a word."""

    def __init__(self, word: str, algorithm: int = 1) -> None:
        self.algorithm, seed = algorithm, sha(b"key of " + word.encode())
        if algorithm == 1:
            self.ed = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
            self.public = self.ed.public_key().public_bytes(Raw, serialization.PublicFormat.Raw)
        else:
            self.ec = ec.derive_private_key(int.from_bytes(seed, "big") % 2**255, ec.SECP256R1())
            form = serialization.PublicFormat.CompressedPoint
            self.public = self.ec.public_key().public_bytes(serialization.Encoding.X962, form)

    def sign(self, message: bytes) -> bytes:
        if self.algorithm == 1:
            return self.ed.sign(message)
        r, s = decode_dss_signature(self.ec.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def cosignature(name: str, key: Key, text: str, time_s: int) -> str:
    signature = key.sign(f"cosignature/v1\ntime {time_s}\n{text}".encode())
    key_id = sha(name.encode() + b"\n\x04" + key.public)[:4]
    return f"— {name} {base64.b64encode(key_id + time_s.to_bytes(8, 'big') + signature).decode()}\n"


def validators_hash(listed: list[list[Any]]) -> bytes:
    return sha(b"linxin/v1/validators\0" + msgpack.packb(listed))


class Chain:
    """Blocks of records; reads like a snapshot of the ledger's storage."""

    def __init__(self, validators: int = 1, name: str = "test") -> None:
        self.network, ids = name, [f"v{number}" for number in range(validators)]
        self.keys = {f"linxin/{name}/{one}": Key(f"{name} {one}") for one in ids}
        self.signing = dict(self.keys)
        listed = [
            {"id": one, "organisation": "farm", "public_key": self.keys[f"linxin/{name}/{one}"].public.hex()}
            for one in ids
        ]
        organisation = {"id": "farm", "name_zh": "农场", "name_en": "Farm", "roles": ["farm"], "keys": []}
        content = {
            "format": "linxin-genesis/1",
            "name": name,
            "time": "2026-09-21T00:00:00Z",
            "organisations": [organisation],
        }
        self.genesis = json.dumps(content | {"validators": listed, "parameters": {}}, ensure_ascii=False).encode()
        self.chain_id = sha(self.genesis)
        self.origin = f"linxin/{name}/{self.chain_id.hex()[:16]}"
        self.log: list[bytes] = []
        self.journals: dict[str, list[int]] = {}
        self.rows: dict[str, Any] = {}
        self.values = {self.set_key(1): self.set_row([[one, self.keys[one].public] for one in sorted(self.keys)])}
        self.blocks: list[tuple[int, list[bytes], str, dict[int, bytes]]] = []
        self.changed_at: dict[int, list[list[Any]]] = {}
        self.pending: list[Any] = []
        self.time_ms, self.text = START_MS, ""
        self.counter = 0

    @property
    def height(self) -> int:
        return len(self.blocks)

    def transaction(
        self, key: Key, action: list[Any], commitment: bytes | None = None, chain_id: bytes | None = None
    ) -> tuple[bytes, bytes]:
        """(body, signature) of a transaction that the next block may hold."""
        self.counter += 1
        nonce, expires = self.counter.to_bytes(16, "big"), self.time_ms + 12 * 3_600_000
        body = msgpack.packb([chain_id or self.chain_id, key.algorithm, key.public, nonce, expires, action, commitment])
        return body, key.sign(b"linxin/v1/transaction-signature\0" + body)

    def record(self, key: Key | None, action: list[Any], subjects: list[list[Any]], **more: Any) -> None:
        """Queue an accepted record for the next block; key None: an effect of the ledger itself."""
        hidden = more.pop("restricted", None)
        commitment = None if hidden is None else sha(b"linxin/v1/restricted\0" + hidden)
        body, signature = self.transaction(key, action, commitment) if key else (msgpack.packb(action), b"")
        self.pending.append(
            (0 if key else 1, body, signature, more.get("code", 0), more.get("details", []), subjects, hidden)
        )

    def commit(self, at_ms: int | None = None, new_set: dict[str, Key] | None = None) -> str:
        """Make the queued records a certified block; returns its note."""
        self.time_ms = at_ms or self.time_ms + 1_000
        height, leaves, restricted = self.height + 1, list[bytes](), dict[int, bytes]()
        for kind, body, signature, code, details, subjects, hidden in self.pending:
            leaf = msgpack.packb([kind, body, signature, [height, self.time_ms, code, details], subjects])
            for entry in subjects:
                self.journals.setdefault(entry[0], []).append(len(self.log) + len(leaves))
                self.rows.setdefault(entry[0], [entry[0]])
            if hidden is not None:
                restricted[len(leaves)] = hidden
            leaves.append(leaf)
        self.pending = []
        following = self.keys if new_set is None else new_set
        listed = [[name, following[name].public] for name in sorted(following)]
        if new_set is not None:
            self.values[self.set_key(height + 1)] = self.set_row(listed)
        self.log.extend(leaves)
        for subject in self.journals:
            self.values[self.home(subject)] = self.row(subject)
        previous = sha(self.text.encode()) if self.blocks else bytes(32)
        lines = self.header(height, sha(b"\2" + state_nodes(self.values)[b""]), previous, validators_hash(listed))
        leaves.append(msgpack.packb([2, lines.encode(), b"", [height, self.time_ms, 0, []], []]))
        self.log.append(leaves[-1])
        root = base64.b64encode(tree_root(self.hashes(range(len(self.log))))).decode()
        self.text = f"{self.origin}\n{len(self.log)}\n{root}\n{lines}"
        note = self.sign(self.text)
        self.blocks.append((len(self.log) - len(leaves), leaves, note, restricted))
        if new_set is not None:
            self.changed_at[height] = listed
            self.keys = self.signing = dict(new_set)
        return note

    def sign(self, text: str, keys: dict[str, Key] | None = None) -> str:
        keys = self.signing if keys is None else keys
        return text + "\n" + "".join(cosignature(name, keys[name], text, self.time_ms // 1000) for name in sorted(keys))

    def header(self, height: int, state: bytes, previous: bytes, validators: bytes) -> str:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.time_ms)
        time = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.time_ms % 1000:03d}Z"
        words = (base64.b64encode(part).decode() for part in (state, previous, validators))
        return "height {}\ntime {}\nstate {}\nprevious {}\nvalidators {}\n".format(height, time, *words)

    @staticmethod
    def set_key(height: int) -> str:
        """Where the ledger keeps the set that certifies from `height` on."""
        return f"governance/set/{height:016d}"

    @staticmethod
    def set_row(listed: list[list[Any]]) -> bytes:
        return bytes(msgpack.packb([listed, 0]))

    def home(self, subject: str) -> str:
        kind, _, key = subject.partition(":")
        return f"{HOMES.get(kind, 'trace')}/{kind}/{key}"

    def row(self, subject: str) -> bytes:
        indices = self.journals[subject]
        size, peaks, start = len(indices), b"", 0
        for bit in range(size.bit_length() - 1, -1, -1):
            if size >> bit & 1:
                peaks += tree_root(self.hashes(indices[start : start + (1 << bit)]))
                start += 1 << bit
        return bytes(msgpack.packb([self.rows[subject], size, peaks]))

    def hashes(self, indices: Any) -> tuple[bytes, ...]:
        return tuple(sha(b"\0" + self.log[index]) for index in indices)

    def archive(self, *, full: bool = False) -> bytes:
        """The chain as an archive file (docs/PROOF.md §10)."""
        records: list[Any] = [["linxin-archive/1", "full" if full else "public", self.genesis]]
        for height, (_, leaves, note, restricted) in enumerate(self.blocks, 1):
            records.append([height, note.encode(), leaves, restricted if full else {}])
            if height in self.changed_at:
                records.append(["validators", self.changed_at[height]])
        pairs = sorted((key.encode(), value) for key, value in self.values.items())
        records += [["state", [list(pair) for pair in pairs[at : at + 1000]]] for at in range(0, len(pairs), 1000)]
        return b"".join(map(msgpack.packb, [*records, ["end", self.height, len(pairs)]]))

    # As a snapshot of the ledger's storage.

    @property
    def head(self) -> Any:
        return SimpleNamespace(height=self.height, log=SimpleNamespace(size=len(self.log)))

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key.decode())

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        pairs = ((key.encode(), value) for key, value in sorted(self.values.items()))
        return ((key, value) for key, value in pairs if key.startswith(prefix) and key >= start)

    def node(self, path: bytes) -> bytes | None:
        return state_nodes(self.values).get(path)

    def leaf(self, index: int) -> bytes:
        return self.log[index]

    def log_node(self, level: int, index: int) -> bytes:
        return tree_root(self.hashes(range(index << level, (index + 1) << level)))

    def block(self, height: int) -> Any:
        first, leaves, note, _ = self.blocks[height - 1]
        return SimpleNamespace(height=height, first_index=first, count=len(leaves), note=note)

    def journal_entry(self, subject: str, position: int) -> int:
        return self.journals[subject][position]

    def journal_entries(self, subject: str, start: int, end: int) -> list[int]:
        return self.journals[subject][start:end]

    def journal_nodes(self, subject: str) -> Any:
        return lambda level, index: tree_root(
            self.hashes(self.journals[subject][index << level : (index + 1) << level])
        )
