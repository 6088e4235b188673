"""Checks a Linxin proof file or chain archive without trusting whoever handed it over.

    python verify_linxin.py FILE --genesis genesis.json [--json]      exit status 0: all of it holds; 1: it does not

Needs `cryptography`, `msgpack` and a genesis file you trust; § is in docs/PROOF.md. Shown: records are final, unchanged
and complete as of the certificate's time. Not shown: that they are true; rules are not run again (see `linxin audit`).
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Any

import msgpack
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

MAX_PROOF_BYTES, MAX_LEAF_BYTES, MAX_RECORD_BYTES, MAX_NOTE_BYTES = 64 << 20, 65_535, 256 << 20, 1 << 16
MAX_SECTIONS, MAX_LEAVES, MAX_NODES, MAX_SET_CHANGES, MAX_VALIDATORS = 4_096, 200_000, 200_000, 1_024, 64
KINDS = {"encoding": "编码不正确", "limits": "超出上限", "chain": "不属于此链", "certificate": "检查点证书无效"}
KINDS |= {"claim": "声明与内容不符", "leaf": "记录格式错误", "signature": "记录签名无效", "state": "状态证明不符"}
KINDS |= {"journal": "日志证明不符", "completeness": "有内容缺失或多余", "block": "区块不连贯"}


class Wrong(Exception):
    """What is wrong (`kind`, one of KINDS, and `reason`) and where (a path such as `$.sections[3]`)."""

    def __init__(self, kind: str, reason: str) -> None:
        self.kind, self.reason, self.where = kind, reason, ""


def check(condition: bool, kind: str, reason: str) -> None:
    """Raise Wrong unless the condition holds."""
    if not condition:
        raise Wrong(kind, reason)


def at(where: str, make: Callable[..., Any], *arguments: Any) -> Any:
    """make(*arguments); if something is wrong in there, say that it is at `where`."""
    try:
        return make(*arguments)
    except Wrong as wrong:
        wrong.where = wrong.where or where
        raise


def fits(value: Any, shape: Any) -> bool:
    """Shapes (§1): a type or union of types (`object` = anything), [shape of every item], (shape of each place,)."""
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, tuple):
        return isinstance(value, list) and len(value) == len(shape) and all(map(fits, value, shape))
    return isinstance(value, shape) and (shape is object or not isinstance(value, bool))


def unpack(data: bytes, shape: Any, kind: str) -> Any:
    """The MessagePack value in `data`, if it has the shape."""
    try:
        value = msgpack.unpackb(data, raw=False, strict_map_key=False)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise Wrong(kind, f"not MessagePack ({error})") from None
    check(fits(value, shape), kind, "not what the format has here")
    return value


def sha256(*parts: bytes) -> bytes:
    """Hash of the parts joined; the first is a prefix that says what is hashed (§2, §3)."""
    return hashlib.sha256(b"".join(parts)).digest()


class Tree:
    """An RFC 9162 tree (§3.1) kept as its peaks: the roots of its complete subtrees, largest first."""

    def __init__(self, size: int = 0, peaks: bytes = b"") -> None:
        check(size < 1 << 63 and len(peaks) == 32 * size.bit_count(), "journal", "size and peaks do not agree")
        self.size, self.peaks = size, [peaks[start : start + 32] for start in range(0, len(peaks), 32)]

    def append(self, hashed: bytes, level: int = 0) -> None:
        """Add a leaf hash, or the root of a complete subtree of 2^level leaves where one belongs."""
        carry, self.size = self.size >> level, self.size + (1 << level)
        while carry & 1:
            hashed, carry = sha256(b"\1", self.peaks.pop(), hashed), carry >> 1
        self.peaks.append(hashed)

    def root(self) -> bytes:
        """Root over all leaves."""
        return reduce(lambda right, left: sha256(b"\1", left, right), reversed(self.peaks))


def range_root(start: int, run: list[bytes], size: int, proof: list[bytes]) -> bytes:
    """Root of the tree of `size` leaves of which `run` stands from `start` on; `proof`: complete subtrees around it."""
    good = 0 <= start < start + len(run) <= size < 1 << 63 and {32}.issuperset(map(len, proof))
    check(good, "journal", f"no {len(run)} leaves from {start} on among {size}")
    tree = Tree(start, b"".join(proof[: start.bit_count()]))
    for hashed in run:
        tree.append(hashed)
    rest = proof[start.bit_count() :]
    for hashed in rest:  # each covers as much as fits before the end and begins where such a subtree can
        tree.append(hashed, min((tree.size & -tree.size).bit_length(), max(size - tree.size, 1).bit_length()) - 1)
    check(tree.size == size, "journal", "too few or too many hashes")
    return tree.root()


class State:
    """Looks keys up in a state tree (§3.2), taking each node from the file when first needed, in that order."""

    def __init__(self, root: bytes, nodes: list[bytes]) -> None:
        self.root, self.nodes, self.known = root, nodes, dict[bytes, dict[str, bytes]]()

    def check_value(self, key: str, value: bytes | None) -> None:
        """`value` is what stands under `key`; None: nothing does."""
        hashed, entry = sha256(key.encode()), self.root
        for digit in hashed.hex():
            if entry not in self.known:
                node = b"".join(self.nodes[len(self.known) :][:1])
                check(sha256(b"\2", node) == entry, "state", f"not the next node on the way to {key}")
                self.known[entry], start = {}, 4
                for slot in range(16):  # 64 bytes (key hash, value hash) where one key is, 32 (node hash) where several
                    size = 32 * sum(int.from_bytes(bits, "big") >> slot & 1 for bits in (node[:2], node[2:4]))
                    self.known[entry][f"{slot:x}"], start = node[start : start + size], start + size
                check(len(node) == start, "state", "malformed node")
            entry = self.known[entry][digit]
            if len(entry) != 32:
                break
        expected = b"" if value is None else sha256(b"\3", value)
        found = entry[32:] if entry[:32] == hashed else b""
        check(len(entry) != 32 and found == expected, "state", f"not the certified value of {key}")


def state_root(pairs: list[tuple[str, bytes]], depth: int = 0) -> bytes:
    """Root over (key hash in hex, value hash) pairs sorted by key hash: contents alone determine the tree."""
    present, single, entries = 0, 0, b""
    for digit, group in groupby(pairs, lambda pair: pair[0][depth]):
        inside, bit = list(group), 1 << int(digit, 16)
        present, single = present | bit, single | (bit if len(inside) == 1 else 0)
        first = bytes.fromhex(inside[0][0]) + inside[0][1]
        entries += first if len(inside) == 1 else state_root(inside, depth + 1)
    return sha256(b"\2", (present << 16 | single).to_bytes(4, "big"), entries)


P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519 (§4): the field, the group order
ORDER_8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
SMALL_ORDER = {0, 1, P - 1, ORDER_8, P - ORDER_8}  # y of every point whose order divides 8


def verify_signature(algorithm: int, key: bytes, signature: bytes, message: bytes) -> bool:
    """1 = Ed25519, of which key and R must be canonical encodings of points not of small order; 2 = ECDSA P-256."""
    first, second = signature[:32], signature[32:]
    try:
        if algorithm == 1:
            points = [int.from_bytes(data, "little") & (1 << 255) - 1 for data in (key, first)]
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
            return all(y < P and y not in SMALL_ORDER for y in points) and int.from_bytes(second, "little") < L
        encoded = utils.encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(second, "big"))
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
        point.verify(encoded, message, ec.ECDSA(hashes.SHA256()))
        return algorithm == 2 and len(key) == 33 and len(second) == 32
    except (InvalidSignature, ValueError):
        return False


HASH = "([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)"  # 32 bytes in base64, the one way to write them
NUMBER, TIME = "([1-9][0-9]{0,17})", r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)"
LINES = f"height {NUMBER}\ntime {TIME}\nstate {HASH}\nprevious {HASH}\nvalidators {HASH}\n"
CHECKPOINT = re.compile(f"(linxin/[a-z0-9.-]+/[0-9a-f]{{16}})\n{NUMBER}\n{HASH}\n({LINES})")
TRANSACTION, EFFECT, HEADER = range(3)
ROLES = {"self", "input", "output", "container", "place", "device", "certificate", "other"}
LEAF = (int, bytes, bytes, (int, int, int, list), [list])
BODY = (bytes, int, bytes, bytes, int, list, bytes | None)
COSIGNATURE, EPOCH = re.compile("— ([!-~]+) ([A-Za-z0-9+/]{101}[AQgw]==)\n"), datetime.fromtimestamp(0, UTC)


class Genesis:
    """What is trusted (§5). `validators`: cosigner name -> Ed25519 key, of those who certify the first block."""

    def __init__(self, data: bytes) -> None:
        self.raw, self.chain_id = data, sha256(data)
        try:
            content = json.loads(data)
            name, found = content["name"], content["validators"]
            self.origin = f"linxin/{name}/{self.chain_id.hex()[:16]}"
            self.validators = {f"linxin/{name}/{one['id']}": bytes.fromhex(one["public_key"]) for one in found}
            self.expiry_max_ms = int(content.get("parameters", {}).get("expiry_max_ms", 86_400_000))
            good = content["format"] == "linxin-genesis/1" and len(found) == len(self.validators) > 0
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise Wrong("chain", f"not a genesis file ({error!r})") from None
        check(good, "chain", "not a genesis file of this format, or without distinct validators")


class Checkpoint:
    """A certified checkpoint (§6): the eight lines, and which validators signed them."""

    def __init__(self, note: bytes, genesis: Genesis, validators: dict[str, bytes]) -> None:
        text, self.signers = note.decode(errors="replace"), list[str]()
        found = CHECKPOINT.match(text)
        if found is None or len(note) > MAX_NOTE_BYTES:
            raise Wrong("certificate", "not a checkpoint")
        (origin, size, root, lines, height, self.time, *rest), signed = found.groups(), text[found.end() :]
        self.text, self.size, self.height, self.lines = found[0], int(size), int(height), lines.encode()
        self.root, self.state, self.previous, self.validators = map(base64.b64decode, (root, *rest))
        check(origin == genesis.origin, "chain", f"it is of {origin}, not of {genesis.origin}")
        try:
            self.time_ms = (datetime.fromisoformat(self.time) - EPOCH) // timedelta(milliseconds=1)
        except ValueError as error:
            raise Wrong("certificate", str(error)) from None
        check(signed[:1] == "\n" == COSIGNATURE.sub("", signed), "certificate", "malformed signatures")
        for name, blob in COSIGNATURE.findall(signed):
            key, data = validators.get(name, b""), base64.b64decode(blob)
            check(key != b"" and [name] > self.signers[-1:], "certificate", f"{name} is no validator, or stands twice")
            message = f"cosignature/v1\ntime {int.from_bytes(data[4:12], 'big')}\n{self.text}".encode()
            good = verify_signature(1, key, data[12:], message) and data[:4] == sha256(name.encode(), b"\n\4", key)[:4]
            check(good, "certificate", f"the signature of {name} does not verify")
            self.signers.append(name)
        signing, needed = len(self.signers), (len(validators) + (len(validators) - 1) // 3 + 2) // 2
        check(signing >= needed, "certificate", f"{signing} of {len(validators)} validators signed, {needed} must")

    def next_set(self, listed: list[list[Any]], current: dict[str, bytes]) -> dict[str, bytes]:
        """The validators that this checkpoint hands over to."""
        good = [name for name, _ in listed] == sorted(dict(listed)) and 0 < len(listed) <= MAX_VALIDATORS
        good = good and sha256(b"linxin/v1/validators\0", msgpack.packb(listed)) == self.validators
        check(good and dict(listed) != current, "certificate", "not the new validators that the checkpoint names")
        return dict(listed)


class Leaf:
    """One record in the log (§7, §8): who signed what, what came of it, which subjects' journals it stands in."""

    def __init__(self, raw: bytes, genesis: Genesis) -> None:
        check(len(raw) <= MAX_LEAF_BYTES, "limits", f"{len(raw)} bytes")
        self.kind, self.body, signature, outcome, subjects = unpack(raw, LEAF, "leaf")
        self.height, self.time_ms, code, self.events = outcome
        named = all(fits(one, (str, str)) or fits(one, (str, str, int | None, int | None)) for one in subjects)
        check(named and all(one[1] in ROLES for one in subjects), "leaf", "malformed subjects")
        self.subjects = {one[0]: (one[1], *(one[2:] or (None, None))) for one in subjects}
        good = len(self.subjects) == len(subjects) and (code == 0 or not subjects)
        check(good, "leaf", "a subject stands twice, or a refused record in a journal")
        self.hash, self.commitment, action = sha256(b"\0", raw), None, ["ledger.block"]
        if self.kind == TRANSACTION:
            chain, algorithm, key, nonce, self.expires_at_ms, action, self.commitment = unpack(self.body, BODY, "leaf")
            check(chain == genesis.chain_id, "chain", "signed for another chain")
            check(len(nonce) == 16 and len(self.commitment or bytes(32)) == 32, "leaf", "malformed body")
            message = b"linxin/v1/transaction-signature\0" + self.body
            check(verify_signature(algorithm, key, signature, message), "signature", f"not by the key {key.hex()}")
        else:
            check(self.kind in (EFFECT, HEADER) and signature == b"", "leaf", "unknown kind")
            action = unpack(self.body, list, "leaf") if self.kind == EFFECT else action
        check(bool(action) and isinstance(action[0], str), "leaf", "an action without a name")
        self.id = sha256(b"linxin/v1/transaction-id\0", self.body)
        table = MADE.get(action[0]) if self.kind == TRANSACTION else None
        self.made = f"archive/{table}/{self.id.hex()}" if table else ""  # the key of the row that it made


MADE = {"archive.review": "review", "archive.visit": "visit", "archive.endorse": "endorsement"}  # under their own ids
HOMES = dict.fromkeys(("organisation", "member", "device"), "registry") | {"listing": "archive"}
HOMES |= dict.fromkeys(("product", "site", "plot", "planting", "lot", "unit", "vehicle", "certificate"), "trace")
HOMES |= dict.fromkeys(("campaign", "order"), "groupbuy")
FOLLOWED = {"input", "container", "place", "device", "certificate"}
SECTION = (str, bytes, int, [int], [bytes])
PROOF = (str, bytes, [(bytes, [(str, bytes)])], list, [(str, bytes | None)], [bytes], [bytes], [SECTION])
CLAIMS: dict[str, Any] = {"journey": (str, str, str), "journal": (str, str, int | None, int | None)}
CLAIMS |= {"value": (str, str, bytes | None), "leaf": (str, int, [bytes]), "listing": (str, str, int, int)}
Bounds = tuple[int, int]  # block times in ms, both included
BEGINNING, END = -(1 << 64), 1 << 64  # what nil stands for, as first and as last


class Section:
    """A proven run of one subject's journal (§9.3)."""

    def __init__(self, record: list[Any], leaves: list[Leaf], state: State) -> None:
        self.subject, value, self.start, places, proof = record
        kind, _, key = self.subject.partition(":")
        check(kind in HOMES and key != "", "claim", f"no subject: {self.subject!r}")
        state.check_value(f"{HOMES[kind]}/{kind}/{key}", value)
        self.row, self.size, peaks = unpack(value, (object, int, bytes), "journal")
        self.leaves = [leaves[place] for place in places]
        root = range_root(self.start, [leaf.hash for leaf in self.leaves], self.size, proof)
        check(root == Tree(self.size, peaks).root(), "journal", f"not the journal of {self.subject}")
        check(all(self.subject in leaf.subjects for leaf in self.leaves), "journal", "a record of something else")
        heights, times = [leaf.height for leaf in self.leaves], [leaf.time_ms for leaf in self.leaves]
        check(heights == sorted(heights) and times == sorted(times), "journal", "time runs backwards")

    def check_complete(self, bounds: Bounds) -> None:
        """The run is all records within the bounds, and one neighbour on each side where the journal goes on."""
        before = sum(leaf.time_ms < bounds[0] for leaf in self.leaves)
        after = sum(leaf.time_ms >= bounds[0] and leaf.time_ms > bounds[1] for leaf in self.leaves)
        reaches = (before or self.start == 0) and (after or self.start + len(self.leaves) == self.size)
        good = bool(reaches) and before <= 1 and after <= 1
        check(good, "completeness", f"not exactly the records of {self.subject} from {bounds[0]} to {bounds[1]}")

    def edges(self, bounds: Bounds) -> Iterator[tuple[str, Bounds]]:
        """What records within the bounds say it was made of, carried in, grown on, measured or certified by."""
        ends: dict[tuple[str, str, int], list[int]] = {}
        for leaf in self.leaves:
            if bounds[0] <= leaf.time_ms <= bounds[1] and leaf.subjects[self.subject][0] in ("self", "output"):
                for other, (role, low, high) in leaf.subjects.items():
                    if other != self.subject and role in FOLLOWED:
                        edge = (other, role, BEGINNING if low is None else low)
                        ends.setdefault(edge, []).extend(() if high is None else (high,))
        return ((other, (low, max(closed, default=END))) for (other, _, low), closed in ends.items())


def closure(subject: str, sections: dict[str, Section]) -> dict[str, Bounds]:
    """What a journey needs (§9.4): follow every edge of what is needed, round after round, until nothing is added."""
    needed, grown = {subject: (BEGINNING, END)}, [subject]
    while grown:
        known = dict(needed)
        for name in grown:
            check(name in sections, "completeness", f"the records of {name} are missing")
            for other, (low, high) in sections[name].edges(known[name]):
                first, last = needed.get(other, (low, high))
                needed[other] = (min(low, first), max(high, last))
        grown = [name for name in needed if name not in known or known[name] != needed[name]]
    return needed


REVIEWED = (int, int, int, str, int, int)  # rating, recommendation, with photos, tags, first of her, bought again
ONE_MORE = {"review_hidden": 6, "words_erased": 7, "visit_confirmed": 8, "endorsed": 9, "endorsement_withdrawn": 10}
ONE_MORE |= {"excursion_counted": 11}  # event -> place of its count in a listing's row


def recount(listing: str, leaves: list[Leaf]) -> list[Any]:
    """The row of a listing that the events on the leaves of its journal make (§9.5)."""
    counts: list[int] = [0] * 12  # those of a row's first twelve fields that are numbers, each at its place
    ratings, nps, tags, claims = [0] * 5, [0] * 11, Counter[str](), Counter[str]()
    of_product = not listing.startswith(("lot/", "farm/"))
    for event in (event for leaf in leaves for event in leaf.events):
        check(isinstance(event, list) and fits(event[:1], (str,)), "leaf", "an event without a name")
        name, *fields = event
        if name == "reviewed":
            good = fits(fields, REVIEWED) and 0 < fields[0] < 6 and 0 <= fields[1] <= 10
            check(good and {0, 1}.issuperset((fields[2], *fields[4:])), "leaf", "a review that cannot be counted")
            rating, recommend, photos, said, first, again = fields
            ratings[rating - 1] += 1
            nps[recommend] += 1
            for place, more in (0, 1), (3, photos), (4, of_product * first), (5, of_product * again):
                counts[place] += more
            tags.update(said.split(",") if said else ())
        elif name == "claim_counted":
            check(fits(fields, (str,)), "leaf", "a claim that cannot be counted")
            claims[fields[0]] += 1
        elif name in ONE_MORE or name == "review_restored":
            counts[ONE_MORE.get(name, 6)] += -1 if name == "review_restored" else 1
    told = [[list(one) for one in sorted(each.items())] for each in (tags, claims)]
    return [counts[0], ratings, nps, *counts[3:], *told]


def verify_proof(data: bytes, genesis: Genesis) -> dict[str, Any]:
    """Check a proof file (§9); what it proves, as of when, signed by whom."""
    check(len(data) <= MAX_PROOF_BYTES, "limits", f"{len(data)} bytes")
    proof = unpack(data, PROOF, "encoding")
    check(msgpack.packb(proof) == data and proof[0] == "linxin-proof/1", "encoding", "not the one valid encoding")
    _, note, changes, claim, values, nodes, raw_leaves, records = proof
    kind = claim[0] if claim and isinstance(claim[0], str) else ""
    check(kind in CLAIMS and fits(claim, CLAIMS[kind]), "encoding", "unknown claim")
    bounds = ((changes, MAX_SET_CHANGES), (nodes, MAX_NODES), (raw_leaves, MAX_LEAVES), (records, MAX_SECTIONS))
    check(all(len(part) <= limit for part, limit in bounds), "limits", "too many parts")
    validators, height = genesis.validators, 0
    for place, (changed, listed) in enumerate(changes):
        change = at(f"$.set_changes[{place}]", Checkpoint, changed, genesis, validators)
        check(change.height > height, "certificate", "set changes are not in order")
        validators, height = at(f"$.set_changes[{place}]", change.next_set, listed, validators), change.height
    point = at("$.note", Checkpoint, note, genesis, validators)
    check(point.height > height, "certificate", "not later than the set change before it")
    leaves = [at(f"$.leaves[{place}]", Leaf, raw, genesis) for place, raw in enumerate(raw_leaves)]
    timely = all(leaf.height <= point.height and leaf.time_ms <= point.time_ms for leaf in leaves)
    check(timely, "leaf", "a record later than the checkpoint")
    state, names = State(point.state, nodes), [record[0] for record in records]
    if kind == "leaf":
        check(len(leaves) == 1 and not (values or nodes or records), "claim", "parts that do not belong to the claim")
        root = at("$.claim", range_root, claim[1], [leaves[0].hash], point.size, claim[2])
        check(root == point.root, "journal", f"not leaf {claim[1]} of the log")
    else:
        check_state_claim(claim, state, values, leaves, records, names)
    check(len(state.known) == len(nodes), "state", f"node {len(state.known)} is not used")
    summary = {"valid": True, "claim": claim[: 2 if kind == "leaf" else 4], "height": point.height, "time": point.time}
    return summary | {"signers": point.signers, "records": len(leaves), "subjects": names}


def check_state_claim(claim: Any, state: State, values: Any, leaves: list[Leaf], records: Any, names: Any) -> None:
    """A value, a journal or a journey under the certified state; nothing missing, nothing to spare."""
    kind = claim[0]
    used = list(dict.fromkeys(place for record in records for place in record[3]))
    good = used == list(range(len(leaves))) and len({leaf.hash for leaf in leaves}) == len(leaves)
    check(good, "encoding", "leaves unused, repeated or out of order")
    code, subject = (claim[1], claim[2]) if kind == "journey" else ("", claim[1])
    subject = f"listing:{claim[1]}" if kind == "listing" else subject
    expected = [[f"trace/code/{code}", msgpack.packb(subject)]] if code else []
    good = values == expected
    if kind == "listing":  # the present rows of what its entries made
        good = [key for key, _ in values] == [leaf.made for leaf in leaves if leaf.made]
    check(good, "claim", f"not the values that belong to {subject}")
    order = {"value": [], "journey": [subject, *sorted({*names} - {subject})]}.get(kind, [subject])
    check(names == order, "claim", "not the sections of this claim in their order")
    for key, value in [claim[1:]] if kind == "value" else values:
        at("$.claim", state.check_value, key, value)
    sections = {one[0]: at(f"$.sections[{place}]", Section, one, leaves, state) for place, one in enumerate(records)}
    if kind == "listing":
        at("$.claim", check_listing, claim, sections[subject])
        return
    needed = closure(subject, sections) if kind == "journey" else {}
    if kind == "journal":  # bounds as wide as the neighbours prove, so that they too have one valid form
        bounds, run = claim[2:], sections[subject].leaves
        widest = bounds[0] in (None, run[0].time_ms + 1) and bounds[1] in (None, run[-1].time_ms - 1)
        at("$.claim", check, widest, "completeness", "not the bounds that the neighbours prove")
        needed[subject] = (BEGINNING if bounds[0] is None else bounds[0], END if bounds[1] is None else bounds[1])
    for place, (name, section) in enumerate(sections.items()):
        at(f"$.sections[{place}]", check, name in needed, "completeness", f"{name} is not of this journey")
        at(f"$.sections[{place}]", section.check_complete, needed[name])


def check_listing(claim: Any, section: Section) -> None:
    """The run is entries [start, end); if they are the whole journal, the certified counts are a recount of them."""
    found = [section.start, section.start + len(section.leaves)]
    check(claim[2:] == found, "claim", f"not the entries from {claim[2]} up to {claim[3]}")
    if len(section.leaves) == section.size:
        counted = recount(claim[1], section.leaves)
        check(section.row == counted, "completeness", "the certified counts are not those of the journal")


class Archive:
    """The chain from genesis to its last block (§10), read as a stream; what the end is compared with is kept."""

    def __init__(self, genesis: Genesis) -> None:
        self.genesis, self.validators, self.full, self.ended = genesis, genesis.validators, False, False
        self.log, self.journals, self.ids = Tree(), dict[str, Tree](), set[bytes]()
        self.state, self.key = list[tuple[str, bytes]](), b""
        self.last: Checkpoint | None = None

    def record(self, number: int, record: Any) -> None:
        """Check the next object of the stream."""
        check(isinstance(record, list) and bool(record) and not self.ended, "encoding", "not what the format has here")
        name, last = record[0], self.last
        if number == 0 and record[:2] in (["linxin-archive/1", "public"], ["linxin-archive/1", "full"]):
            check(record[2:] == [self.genesis.raw], "chain", "the archive is of another genesis file")
            self.full = record[1] == "full"
        elif number > 0 and not self.state and fits(record, (int, bytes, [bytes], dict)):
            at(f"height {name}", self._block, *record)
        elif last and name == "validators" and not self.state and fits(record, (str, [(str, bytes)])):
            self.validators = at(f"height {last.height}", last.next_set, record[1], self.validators)
        elif last and name == "state" and fits(record, (str, [[bytes]])) and 0 < len(record[1]) <= 1000:
            for entry in record[1]:
                check(len(entry) in (2, 2 + self.full), "encoding", "not a key and its value")
                at(f"state key {entry[0]!r}", self._value, *entry)
        else:
            self.ended = last is not None and record == ["end", last.height, len(self.state)]
            check(self.ended, "encoding", "not what the format has here")

    def _block(self, height: int, note: bytes, leaves: list[bytes], restricted: dict[int, bytes]) -> None:
        point, last = Checkpoint(note, self.genesis, self.validators), self.last
        before = (last.height, last.time_ms, sha256(last.text.encode())) if last else (0, -1, bytes(32))
        follows = height == point.height == before[0] + 1 and point.time_ms > before[1] and point.previous == before[2]
        check(follows, "block", "does not follow the block before it")
        hashed = sha256(b"linxin/v1/validators\0", msgpack.packb(sorted(map(list, self.validators.items()))))
        check(last is None or last.validators == hashed, "block", "the new validators are not told")
        committed: dict[int, bytes] = {}
        for place, raw in enumerate(leaves):
            commitment = at(f"height {height}, leaf {place}", self._leaf, raw, point, raw is leaves[-1])
            committed |= {place: commitment} if commitment and self.full else {}
        check((self.log.size, self.log.root()) == (point.size, point.root), "block", "not the certified leaves")
        hidden = [(place, sha256(b"linxin/v1/restricted\0", part)) for place, part in restricted.items()]
        check(hidden == list(committed.items()), "block", "restricted parts are not those committed to")
        self.last = point

    def _leaf(self, raw: bytes, point: Checkpoint, last: bool) -> bytes | None:
        """Check one leaf, enter it into the log and its journals; what it commits to."""
        leaf = Leaf(raw, self.genesis)
        check((leaf.height, leaf.time_ms) == (point.height, point.time_ms), "block", "of another height or time")
        check((leaf.kind == HEADER) == last, "block", "the last leaf, and only it, is the header")
        check(not last or (leaf.body, leaf.subjects) == (point.lines, {}), "block", "not the header of this checkpoint")
        if leaf.kind == TRANSACTION:
            left_ms = leaf.expires_at_ms - point.time_ms
            check(0 < left_ms <= self.genesis.expiry_max_ms, "block", "expired, or valid for longer than allowed")
            check(leaf.id not in self.ids, "block", "this transaction stands on the chain already")
            self.ids.add(leaf.id)
        self.log.append(leaf.hash)
        for subject in leaf.subjects:
            self.journals.setdefault(subject, Tree()).append(leaf.hash)
        return leaf.commitment

    def _value(self, key: bytes, value: bytes, *hidden: bytes) -> None:
        check(key > self.key, "state", "keys are not in order")
        self.key, (module, _, subject) = key, key.decode(errors="replace").partition("/")
        self.state.append((sha256(key).hex(), sha256(b"\3", value)))
        row = unpack(value, object, "state") if hidden else b""
        if HOMES.get(subject.partition("/")[0]) == module:
            row, size, peaks = unpack(value, (object, int, bytes), "journal")
            journal = self.journals.pop(subject.replace("/", ":", 1), Tree())
            check((size, peaks) == (journal.size, b"".join(journal.peaks)), "journal", "not that of its records")
        check(not hidden or row == sha256(b"linxin/v1/restricted\0", *hidden), "state", "not the row committed to")


def verify_archive(stream: Any, genesis: Genesis) -> dict[str, Any]:
    """Check an archive from its first byte to its last; rules are not run again."""
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, max_buffer_size=MAX_RECORD_BYTES)
    archive, number, read, canonical = Archive(genesis), 0, hashlib.sha256(), hashlib.sha256()
    while chunk := stream.read(1 << 20):
        read.update(chunk)
        try:
            unpacker.feed(chunk)
            for record in unpacker:
                canonical.update(msgpack.packb(record))
                at(f"record {number}", archive.record, number, record)
                number += 1
        except (ValueError, TypeError, msgpack.UnpackException) as error:
            raise Wrong("encoding", f"record {number} is not MessagePack ({error})") from None
    last, whole = archive.last, archive.ended and read.digest() == canonical.digest()
    if last is None or not whole:
        raise Wrong("encoding", "cut off, or not the one valid encoding")
    check(not archive.journals, "journal", f"subjects without a row: {sorted(archive.journals)[:3]}")
    check(state_root(sorted(archive.state)) == last.state, "state", "not the values under the certified state root")
    found: dict[str, Any] = {"valid": True, "claim": ["archive", "full" if archive.full else "public"]}
    found |= {"height": last.height, "time": last.time, "signers": last.signers, "records": last.size}
    return found | {"not checked": "rules were not run again (`linxin audit` does that)"}


def main() -> int:
    """Check the file named on the command line; 0 if all of it holds."""
    parser = argparse.ArgumentParser(description="Checks a Linxin proof file or chain archive.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--genesis", type=Path, required=True, help="the network's genesis file, from one you trust")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of words")
    options = parser.parse_args()
    found: dict[str, Any] = {"valid": False}
    try:
        genesis = Genesis(options.genesis.read_bytes())
        with options.file.open("rb") as stream:
            data = b"" if stream.peek(18)[1:18] == b"\xb0linxin-archive/1" else stream.read(MAX_PROOF_BYTES + 1)
            found = verify_proof(data, genesis) if data else verify_archive(stream, genesis)
    except Wrong as wrong:
        found |= {"kind": wrong.kind, "meaning": KINDS[wrong.kind], "where": wrong.where or "$", "reason": wrong.reason}
    except RecursionError:
        found |= {"kind": "encoding", "meaning": KINDS["encoding"], "where": "$", "reason": "nested too deeply"}
    except OSError as error:
        found |= {"kind": "file", "reason": str(error)}
    lines = ["VALID 有效" if found["valid"] else "WRONG 无效", *(f"  {name:12}{found[name]}" for name in found)]
    words = "\n".join("".join(one if one.isprintable() else "?" for one in line) for line in lines)
    sys.stdout.buffer.write((json.dumps(found, default=bytes.hex) if options.json else words).encode() + b"\n")
    return 0 if found["valid"] else 1


if __name__ == "__main__":
    sys.exit(main())
