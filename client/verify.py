"""Checks a proof file offline: bytes in, verdict out; no socket, no file, no clock.

Trusted: the bytes of the genesis file, and nothing else. Every part of the file must hold and be needed; docs/PROOF.md
says what each proves. The stand-alone `verifier/verify_linxin.py` does the same without any code of the ledger; tests
hold the two to the same verdicts.
"""

from itertools import pairwise
from typing import Any

import msgspec

from client.proof_content import Content
from client.verified import InvalidProof, VerifiedProof, VerifiedRecord, VerifiedSection
from ledger.block import EFFECT, HEADER, LEAF_SIZE_MAX, TRANSACTION, Validator, decode_leaf
from ledger.certificate import CertificateError, check_cosignatures, parse_certificate, validators_hash
from ledger.crypto.checkpoint import Checkpoint, parse_checkpoint
from ledger.crypto.encoding import Decoder, Malformed, Message, encode
from ledger.crypto.hashing import HASH_SIZE, sha256
from ledger.crypto.log_tree import leaf_hash
from ledger.crypto.signing import verify
from ledger.genesis import FORMAT as GENESIS_FORMAT
from ledger.genesis import Genesis, GenesisFile
from ledger.proof.closure import Naming, named
from ledger.proof.format import (
    FORMAT,
    LEAVES_MAX,
    NODES_MAX,
    PROOF_SIZE_MAX,
    SECTIONS_MAX,
    SET_CHANGES_MAX,
    ProofFile,
    SetChange,
    decode_proof,
)
from ledger.transaction import NONCE_SIZE, signing_message, transaction_id

__all__ = ["InvalidProof", "VerifiedProof", "VerifiedRecord", "VerifiedSection", "verify_journey", "verify_proof"]

VALIDATORS_MAX = 64


class _Body(Message):
    """A transaction's body whose action may be of any module, known here or not."""

    chain_id: bytes
    algorithm: int
    public_key: bytes
    nonce: bytes
    expires_at_ms: int
    action: list[Any]
    commitment: bytes | None


_decode_body: Decoder[_Body] = Decoder(_Body, LEAF_SIZE_MAX)
_decode_list: Decoder[list[Any]] = Decoder(list[Any], LEAF_SIZE_MAX)


def verify_proof(data: bytes, genesis: bytes) -> VerifiedProof:
    """Check a proof file against the bytes of the genesis file; raises `InvalidProof` saying what is wrong and where.

    An old proof that holds is valid as of its time: the caller judges by `time_ms` whether that is fresh enough.
    """
    trusted = _trusted(genesis)
    file = _decode(data)
    checkpoint, signers, validators = _check_certificates(file, trusted)
    records = [_check_leaf(raw, place, trusted.chain_id) for place, raw in enumerate(file.leaves)]
    if any(record.height > checkpoint.height or record.time_ms > checkpoint.time_ms for record in records):
        raise InvalidProof("leaf", "$.leaves", "a record later than the checkpoint")
    content = Content(file, checkpoint, records)
    found = content.check()
    return VerifiedProof(file.claim, checkpoint, signers, *found, validators=len(validators), rows=content.rows())


def verify_journey(data: bytes, genesis: bytes, *, code: str = "", subject: str = "") -> VerifiedProof:
    """`verify_proof` of a node's answer to a question: it must be the whole journey of this trace code or subject."""
    verified = verify_proof(data, genesis)
    verified.require(code=code, subject=subject)
    return verified


def _trusted(genesis: bytes) -> Genesis:
    try:
        content = msgspec.json.decode(genesis, type=GenesisFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidProof("chain", "genesis", f"not a genesis file ({error})") from None
    if content.format != GENESIS_FORMAT:
        raise InvalidProof("chain", "genesis", f"unknown format {content.format[:40]}")
    return Genesis(genesis, sha256(genesis), content, content.parameters)


def _decode(data: bytes) -> ProofFile:
    """The file, if it is written the one way it can be, within the limits."""
    if len(data) > PROOF_SIZE_MAX:
        raise InvalidProof("limits", "$", f"{len(data)} bytes, at most {PROOF_SIZE_MAX}")
    try:
        file = decode_proof(data)
    except Malformed as error:
        raise InvalidProof("encoding", error.path, error.reason) from None
    if file.format != FORMAT:
        raise InvalidProof("encoding", "$.format", f"unknown format {file.format[:40]}")
    if encode(file) != data:
        raise InvalidProof("encoding", "$", "not the canonical encoding")
    for name, parts, limit in (
        ("set_changes", file.set_changes, SET_CHANGES_MAX),
        ("nodes", file.nodes, NODES_MAX),
        ("leaves", file.leaves, LEAVES_MAX),
        ("sections", file.sections, SECTIONS_MAX),
    ):
        if len(parts) > limit:
            raise InvalidProof("limits", f"$.{name}", f"{len(parts)}, at most {limit}")
    return file


def _check_certificates(file: ProofFile, trusted: Genesis) -> tuple[Checkpoint, tuple[str, ...], tuple[Validator, ...]]:
    """Follow the changes of validators from genesis to the set that must have signed the file's note."""
    validators, height = trusted.validators(), 0
    for place, change in enumerate(file.set_changes):
        where = f"$.set_changes[{place}]"
        checkpoint, _ = _check_certificate(change.note, validators, trusted.origin, where)
        if checkpoint.height <= height:
            raise InvalidProof("certificate", where, "set changes are not in order")
        validators, height = _next_set(change, checkpoint, validators, where), checkpoint.height
    checkpoint, signers = _check_certificate(file.note, validators, trusted.origin, "$.note")
    if checkpoint.height <= height:
        raise InvalidProof("certificate", "$.note", "not later than the set change before it")
    return checkpoint, signers, validators


def _check_certificate(
    raw: bytes, validators: tuple[Validator, ...], origin: str, where: str
) -> tuple[Checkpoint, tuple[str, ...]]:
    try:
        note = parse_certificate(raw.decode())
        checkpoint = parse_checkpoint(note.text)
        if checkpoint.origin != origin:
            raise InvalidProof("chain", where, f"it is of {checkpoint.origin}, not of {origin}")
        check_cosignatures(note, validators)
    except InvalidProof:
        raise
    except (CertificateError, ValueError) as error:
        raise InvalidProof("certificate", where, str(error)) from None
    signers = tuple(signature.name for signature in note.signatures)
    if any(first >= second for first, second in pairwise(signers)):
        raise InvalidProof("certificate", where, "signatures are not sorted by name")
    return checkpoint, signers


def _next_set(
    change: SetChange, checkpoint: Checkpoint, current: tuple[Validator, ...], where: str
) -> tuple[Validator, ...]:
    """The validators that a checkpoint hands over to."""
    following = tuple(Validator(name, key) for name, key in change.validators)
    names = [validator.name for validator in following]
    if not 0 < len(names) <= VALIDATORS_MAX or names != sorted(set(names)):
        raise InvalidProof("certificate", where, f"1 to {VALIDATORS_MAX} validators, sorted by name, are expected")
    if following == current or validators_hash(following) != checkpoint.validators:
        raise InvalidProof("certificate", where, "not the new validators that the checkpoint names")
    return following


def _check_leaf(raw: bytes, place: int, chain_id: bytes) -> VerifiedRecord:
    """Decode a leaf and verify its signature by the key in it. That the key was allowed to is the ledger's decision."""
    where = f"$.leaves[{place}]"
    if len(raw) > LEAF_SIZE_MAX:
        raise InvalidProof("limits", where, f"{len(raw)} bytes, at most {LEAF_SIZE_MAX}")
    try:
        leaf = decode_leaf(raw)
        subjects: dict[str, Naming] = dict(named(leaf).subjects)
        body = _decode_body(leaf.body) if leaf.kind == TRANSACTION else None
        action = body.action if body else ["ledger.block"] if leaf.kind == HEADER else _decode_list(leaf.body)
    except Malformed as error:
        raise InvalidProof("leaf", where, str(error)) from None
    height, time_ms, code, details = leaf.outcome
    if leaf.kind not in (TRANSACTION, EFFECT, HEADER) or (leaf.signature and body is None):
        raise InvalidProof("leaf", where, "an unknown kind, or a signature on what is not a transaction")
    if code != 0 and subjects:
        raise InvalidProof("leaf", where, "a refused record in a journal")
    if not action or not isinstance(action[0], str):
        raise InvalidProof("leaf", where, "an action without a name")
    found = VerifiedRecord(leaf.kind, height, time_ms, code, action, details, subjects, leaf_hash(raw))
    if body is None:
        return found
    if body.chain_id != chain_id:
        raise InvalidProof("chain", where, "signed for another chain")
    if len(body.nonce) != NONCE_SIZE or len(body.commitment or bytes(HASH_SIZE)) != HASH_SIZE:
        raise InvalidProof("leaf", where, "a malformed body")
    if not verify(body.algorithm, body.public_key, leaf.signature, signing_message(leaf.body)):
        raise InvalidProof("signature", where, f"not by the key {body.public_key.hex()}")
    return VerifiedRecord(
        **{
            name: getattr(found, name)
            for name in ("kind", "height", "time_ms", "code", "action", "details", "subjects")
        },
        leaf_hash=found.leaf_hash,
        transaction_id=transaction_id(leaf.body),
        algorithm=body.algorithm,
        public_key=body.public_key,
        commitment=body.commitment,
    )
