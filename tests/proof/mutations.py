"""Named mutations of honest proof files: what each hides or forges, and the kind of fault both verifiers must name."""

from collections.abc import Callable
from typing import Any

import msgpack

from ledger.proof import prove_journal, prove_journey, prove_leaf, prove_value
from tests.proof.chain import START_MS, Chain, Key, cosignature, sha
from tests.proof.journeys import CODE, HOUR_MS, read, strawberry

NOTE, CHANGES, CLAIM, VALUES, NODES, LEAVES, SECTIONS = range(1, 8)
VALUE, START, PLACES, HASHES = range(1, 5)
FROM_MS, TO_MS = START_MS + 12 * HOUR_MS, START_MS + 14 * HOUR_MS

Case = tuple[bytes, bytes, str]
"""(proof file, genesis file, expected kind of fault or "" when it must verify)."""


def changed(data: bytes, change: Callable[[list[Any]], object]) -> bytes:
    """The file after a change to its parts, encoded as if nothing had happened."""
    parts = msgpack.unpackb(data)
    change(parts)
    return bytes(msgpack.packb(parts))


def section(parts: list[Any], subject: str) -> list[Any]:
    return next(one for one in parts[SECTIONS] if one[0] == subject)


def repool(parts: list[Any]) -> None:
    """Number the leaves anew in the order of first use, and drop those of no use: a skilful forger would."""
    used = list(dict.fromkeys(at for one in parts[SECTIONS] for at in one[PLACES]))
    parts[LEAVES] = [parts[LEAVES][at] for at in used]
    for one in parts[SECTIONS]:
        one[PLACES] = [used.index(at) for at in one[PLACES]]


def without_leaf(parts: list[Any], subject: str, place: int) -> None:
    """Take one record out of a section, as a server would that hides it."""
    section(parts, subject)[PLACES].pop(place)
    repool(parts)


def without_section(parts: list[Any], subject: str) -> None:
    """Take a whole section out, with the leaves that only it used."""
    parts[SECTIONS].remove(section(parts, subject))
    repool(parts)


def swap(items: list[Any], one: int, two: int) -> None:
    items[one], items[two] = items[two], items[one]


def put(items: list[Any], place: int, value: Any) -> None:
    items[place] = value


def add(items: list[Any], place: int, more: Any) -> None:
    items[place] += more


def in_leaf(parts: list[Any], old: bytes, new: bytes) -> None:
    """Change bytes within the first record of readings."""
    parts[LEAVES][6] = parts[LEAVES][6].replace(old, new, 1)


def sections_swapped(parts: list[Any]) -> None:
    swap(parts[SECTIONS], 1, 2)
    repool(parts)


def renamed(parts: list[Any]) -> None:
    """Pass a logger's journal off as the soil sensor's."""
    parts[CLAIM][1] = parts[SECTIONS][0][0] = "device:soil"


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def journey_cases() -> dict[str, Case]:
    """Mutations of a whole journey."""
    chain = strawberry()
    honest, genesis = prove_journey(chain, code=CODE), chain.genesis
    other = strawberry(name="other")
    stranger = Key("stranger")

    def with_signatures(*lines: str) -> Callable[[list[Any]], object]:
        return lambda parts: put(parts, NOTE, (chain.text + "\n" + "".join(lines)).encode())

    good = cosignature("linxin/test/v0", chain.keys["linxin/test/v0"], chain.text, 1)
    forged = cosignature("linxin/test/v0", stranger, chain.text, 1)
    foreign = cosignature("linxin/test/v9", stranger, chain.text, 1)
    cases: dict[str, tuple[Callable[[list[Any]], object], str]] = {
        "leaf-hidden-in-the-middle": (lambda p: without_leaf(p, "device:logger", 2), "journal"),
        "leaf-hidden-at-the-end": (lambda p: without_leaf(p, "lot:pack-1", -1), "journal"),
        "leaf-hidden-at-the-start": (lambda p: without_leaf(p, "lot:pack-1", 0), "journal"),
        "leaves-swapped": (lambda p: swap(section(p, "device:logger")[PLACES], 2, 3), "encoding"),
        "leaves-swapped-in-the-pool": (lambda p: swap(p[LEAVES], 6, 7), "journal"),
        "leaf-repeated": (lambda p: p[LEAVES].append(p[LEAVES][0]), "encoding"),
        "leaf-unused": (lambda p: p[LEAVES].append(chain.log[-2]), "encoding"),
        "leaf-signature-changed": (lambda p: in_leaf(p, b"\xc4\x40", b"\xc4\x41"), "leaf"),
        "leaf-reading-changed": (lambda p: in_leaf(p, b"\xcd\x47\xe0", b"\xcd\x47\xe1"), "signature"),
        "edge-to-harvest-hidden": (lambda p: without_section(p, "lot:harvest-2"), "completeness"),
        "edge-to-planting-hidden": (lambda p: without_section(p, "planting:s1"), "completeness"),
        "device-dropped": (lambda p: without_section(p, "device:logger"), "completeness"),
        "section-of-another-subject": (lambda p: put(section(p, "lot:harvest-2"), 0, "lot:harvest-3"), "state"),
        "section-of-no-subject": (lambda p: put(p[SECTIONS][-1], 0, "zebra:truck"), "claim"),
        "sections-swapped": (sections_swapped, "claim"),
        "section-repeated": (lambda p: p[SECTIONS].append(p[SECTIONS][-1]), "claim"),
        "section-size-one-less": (
            lambda p: put(section(p, "lot:harvest-1"), VALUE, msgpack.packb([["x"], 1, bytes(32)])), "state",
        ),
        "section-start-one-more": (lambda p: add(section(p, "device:logger"), START, 1), "journal"),
        "section-hash-changed": (lambda p: put(section(p, "device:logger")[HASHES], 0, bytes(32)), "journal"),
        "section-hash-too-many": (lambda p: section(p, "device:logger")[HASHES].append(bytes(32)), "journal"),
        "section-hash-missing": (lambda p: section(p, "device:logger")[HASHES].pop(), "journal"),
        "state-value-changed": (
            lambda p: add(section(p, "plot:p1"), VALUE, b"x"), "state",
        ),
        "state-node-changed": (lambda p: put(p[NODES], 1, flip(p[NODES][1], 40)), "state"),
        "state-node-missing": (lambda p: p[NODES].pop(), "state"),
        "state-node-unused": (lambda p: p[NODES].append(bytes(4)), "state"),
        "state-nodes-swapped": (lambda p: swap(p[NODES], 1, 2), "state"),
        "code-of-another-lot": (lambda p: put(p[CLAIM], 2, "lot:harvest-1"), "claim"),
        "code-changed": (lambda p: put(p[CLAIM], 1, "LX4STRAWBERRZ"), "claim"),
        "code-value-left-out": (lambda p: put(p, VALUES, []), "claim"),
        "claim-unknown": (lambda p: put(p[CLAIM], 0, "journeys"), "encoding"),
        "format-unknown": (lambda p: put(p, 0, "linxin-proof/2"), "encoding"),
        "element-at-the-end": (lambda p: p.append(b""), "encoding"),
        "element-wrong-type": (lambda p: put(p[SECTIONS][0], START, False), "encoding"),
        "note-height-changed": (lambda p: put(p, NOTE, p[NOTE].replace(b"height 29", b"height 28")), "certificate"),
        "note-size-changed": (lambda p: put(p, NOTE, p[NOTE].replace(b"\n67\n", b"\n68\n")), "certificate"),
        "note-unsigned": (lambda p: put(p, NOTE, (chain.text + "\n").encode()), "certificate"),
        "note-key-foreign": (with_signatures(foreign), "certificate"),
        "note-key-foreign-beside-good": (with_signatures(good, foreign), "certificate"),
        "note-signature-forged": (with_signatures(forged), "certificate"),
        "note-signer-twice": (with_signatures(good, good), "certificate"),
        "note-of-another-height": (lambda p: put(p, NOTE, chain.block(28).note.encode()), "state"),
        "note-of-another-chain": (lambda p: put(p, NOTE, other.block(29).note.encode()), "chain"),
    }  # fmt: skip
    found = {f"journey-{name}": (changed(honest, change), genesis, kind) for name, (change, kind) in cases.items()}
    return found | whole_file_cases(chain, honest, other.genesis)


def whole_file_cases(chain: Chain, honest: bytes, other_genesis: bytes) -> dict[str, Case]:
    """Mutations of an honest journey's bytes, its genesis and its age; adds a block to the chain."""
    found: dict[str, Case] = {}
    genesis = chain.genesis
    found["journey-honest"] = (honest, genesis, "")
    found["journey-wrong-genesis"] = (honest, other_genesis, "chain")
    found["journey-byte-appended"] = (honest + b"\0", genesis, "encoding")
    found["journey-cut-off"] = (honest[:-1], genesis, "encoding")
    found["journey-not-canonical"] = (honest.replace(b"\x98", b"\xdc\x00\x08", 1), genesis, "encoding")
    older = chain.block(29)
    read(chain, Key("soil"), "soil", 99, chain.time_ms + HOUR_MS)
    replayed = changed(prove_journey(chain, code=CODE), lambda p: put(p, NOTE, older.note.encode()))
    found["journey-older-certificate"] = (replayed, genesis, "state")
    found["journey-older-but-whole"] = (honest, genesis, "")
    return found


def forged_record_cases() -> dict[str, Case]:
    """Journeys of validators that certify what no honest one would: both verifiers still look at every record."""
    found: dict[str, Case] = {}
    for name, kind in (
        ("signature-of-another-body", "signature"),
        ("record-of-another-chain", "chain"),
        ("kind-unknown", "leaf"),
    ):
        chain = Chain()
        body, signature = chain.transaction(Key("farm"), ["trace.plant"], None, sha(b"x") if kind == "chain" else None)
        signature = bytes(64) if kind == "signature" else signature
        chain.pending.append((7 if kind == "leaf" else 0, body, signature, 0, [], [["lot:a", "self"]], None))
        chain.commit()
        found[f"certified-{name}"] = (prove_journey(chain, subject="lot:a"), chain.genesis, kind)
    for name, later in (("time-runs-backwards", START_MS - 5), ("time-runs-forwards", START_MS + 5)):
        chain = Chain()
        for at_ms in (START_MS, later, START_MS + 10):
            chain.record(Key("farm"), ["trace.note"], [["lot:a", "self"]])
            chain.commit(at_ms)
        kind = "journal" if later < START_MS else ""
        found[f"certified-{name}"] = (prove_journey(chain, subject="lot:a"), chain.genesis, kind)
    return found


def claim_cases() -> dict[str, Case]:
    """Mutations of journal, value and leaf proofs."""
    chain = strawberry()
    genesis, log_size = chain.genesis, len(chain.log)
    part = prove_journal(chain, "device:logger", FROM_MS, TO_MS)
    whole = prove_journal(chain, "device:logger")
    value = prove_value(chain, f"trace/code/{CODE}")
    leaf = prove_leaf(chain, 5)

    def shorter(parts: list[Any]) -> None:
        """Skip the left neighbour: the range begins at a record and claims that nothing stood before."""
        without_leaf(parts, "device:logger", 0)
        section(parts, "device:logger")[START] += 1

    cases: dict[str, tuple[bytes, Callable[[list[Any]], object], str]] = {
        "journal-part-honest": (part, lambda _: None, ""),
        "journal-whole-honest": (whole, lambda _: None, ""),
        "journal-neighbour-skipped": (part, shorter, "journal"),
        "journal-range-shortened": (part, lambda p: put(p[CLAIM], 3, p[CLAIM][3] - HOUR_MS), "completeness"),
        "journal-range-widened": (part, lambda p: put(p[CLAIM], 3, p[CLAIM][3] + 1), "completeness"),
        "journal-range-opened": (part, lambda p: put(p[CLAIM], 3, None), "completeness"),
        "journal-of-another-subject": (
            part, renamed, "state",
        ),
        "journal-subject-of-claim-only": (part, lambda p: put(p[CLAIM], 1, "device:soil"), "claim"),
        "journal-of-a-part-called-whole": (
            part, lambda p: put(p, CLAIM, [*p[CLAIM][:2], None, None]), "completeness",
        ),
        "journal-end-hidden": (whole, lambda p: without_leaf(p, "device:logger", -1), "journal"),
        "value-honest": (value, lambda _: None, ""),
        "value-absent-honest": (prove_value(chain, "trace/code/NONE"), lambda _: None, ""),
        "value-changed": (value, lambda p: put(p[CLAIM], 2, msgpack.packb("lot:harvest-1")), "state"),
        "value-denied": (value, lambda p: put(p[CLAIM], 2, None), "state"),
        "value-invented": (prove_value(chain, "trace/code/NONE"), lambda p: put(p[CLAIM], 2, b"\xc0"), "state"),
        "value-of-another-key": (value, lambda p: put(p[CLAIM], 1, "trace/code/OTHER"), "state"),
        "leaf-honest": (leaf, lambda _: None, ""),
        "leaf-last-honest": (prove_leaf(chain, log_size - 1), lambda _: None, ""),
        "leaf-index-plus-1": (leaf, lambda p: put(p[CLAIM], 1, 6), "journal"),
        "leaf-index-minus-1": (leaf, lambda p: put(p[CLAIM], 1, 4), "journal"),
        "leaf-index-beyond-the-log": (leaf, lambda p: put(p[CLAIM], 1, log_size), "journal"),
        "leaf-index-negative": (leaf, lambda p: put(p[CLAIM], 1, -1), "journal"),
        "leaf-hash-missing": (leaf, lambda p: p[CLAIM][2].pop(), "journal"),
        "leaf-hash-too-many": (leaf, lambda p: p[CLAIM][2].append(bytes(32)), "journal"),
        "leaf-another": (leaf, lambda p: put(p[LEAVES], 0, chain.log[6]), "journal"),
        "leaf-with-state-node": (leaf, lambda p: p[NODES].append(bytes(4)), "claim"),
    }  # fmt: skip
    return {name: (changed(data, change), genesis, kind) for name, (data, change, kind) in cases.items()}


def validator_cases() -> dict[str, Case]:
    """Four validators, of whom three must sign; then two changes of the set."""
    chain = strawberry(validators=4)
    chain.signing = {name: chain.keys[name] for name in sorted(chain.keys)[:3]}
    read(chain, Key("soil"), "soil", 50, chain.time_ms + HOUR_MS)
    found = {"set-three-of-four": (prove_value(chain, "x/y/z"), chain.genesis, "")}
    chain.signing = {name: chain.keys[name] for name in sorted(chain.keys)[:2]}
    read(chain, Key("soil"), "soil", 51, chain.time_ms + HOUR_MS)
    found["set-two-of-four"] = (prove_value(chain, "x/y/z"), chain.genesis, "certificate")
    chain = strawberry(validators=4)
    first = dict(chain.keys) | {"linxin/test/w1": Key("w1")}
    del first["linxin/test/v0"]
    before = prove_value(chain, "x/y/z")
    chain.commit(new_set=first)
    at_change = prove_value(chain, "x/y/z")
    second = {"linxin/test/w1": Key("w1"), "linxin/test/w2": Key("w2"), "linxin/test/w3": Key("w3")}
    chain.commit(new_set=second)
    handed_over = [chain.block(height) for height in sorted(chain.changed_at)]
    texts = [one.note.partition("\n\n")[0] + "\n" for one in handed_over]
    founders = {str(name): Key(f"test {str(name).rpartition('/')[2]}") for name, _ in OLD}

    def resigned(place: int, keys: dict[str, Key]) -> Callable[[list[Any]], object]:
        """The handover's checkpoint under other signatures than the old set's."""
        return lambda parts: put(parts[CHANGES][place], 0, chain.sign(texts[place], keys).encode())

    read(chain, Key("soil"), "soil", 52, chain.time_ms + HOUR_MS)
    honest = prove_journey(chain, code=CODE)
    mine = [["linxin/test/w1", Key("mine").public]]
    cases: dict[str, tuple[Callable[[list[Any]], object], str]] = {
        "set-changed-twice-honest": (lambda _: None, ""),
        "set-change-left-out": (lambda p: p[CHANGES].pop(), "certificate"),
        "set-change-withheld-before-another": (lambda p: p[CHANGES].pop(0), "certificate"),
        "set-change-signed-by-the-new-set": (resigned(0, first), "certificate"),
        "set-change-signed-by-the-set-after-next": (resigned(1, second), "certificate"),
        "set-change-signed-by-the-set-before": (resigned(1, founders), "certificate"),
        "set-change-signed-by-two-of-four": (resigned(0, dict(sorted(founders.items())[:2])), "certificate"),
        "set-change-signed-by-three-of-four-honest": (resigned(0, dict(sorted(founders.items())[:3])), ""),
        "set-change-one-member-more": (
            lambda p: p[CHANGES][1][1].append(["linxin/test/w4", Key("mine").public]), "certificate",
        ),
        "set-change-key-changed": (lambda p: put(p[CHANGES][1][1][0], 1, Key("mine").public), "certificate"),
        "set-change-by-a-later-certificate": (
            lambda p: put(p[CHANGES][1], 0, chain.block(chain.height).note.encode()), "certificate",
        ),
        "set-changes-all-left-out": (lambda p: put(p, CHANGES, []), "certificate"),
        "set-changes-swapped": (lambda p: swap(p[CHANGES], 0, 1), "certificate"),
        "set-change-repeated": (lambda p: p[CHANGES].insert(0, p[CHANGES][0]), "certificate"),
        "set-change-forged-members": (lambda p: put(p[CHANGES][1], 1, mine), "certificate"),
        "set-change-unsorted-members": (lambda p: p[CHANGES][1][1].reverse(), "certificate"),
        "set-change-to-nobody": (lambda p: put(p[CHANGES][1], 1, []), "certificate"),
        "set-change-that-is-none": (
            lambda p: p[CHANGES].insert(0, [chain.block(3).note.encode(), OLD]),
            "certificate",
        ),
    }  # fmt: skip
    found |= {name: (changed(honest, change), chain.genesis, kind) for name, (change, kind) in cases.items()}
    found["set-before-the-change-honest"] = (before, chain.genesis, "")
    found["set-at-the-change-honest"] = (at_change, chain.genesis, "")
    return found


OLD = [[f"linxin/test/v{number}", Key(f"test v{number}").public] for number in range(4)]
