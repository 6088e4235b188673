"""Votes make a certificate: a checkpoint cosigned by a quorum of the validators that must certify its height.

Trust rules, all of them here and in no other place: the set for height 1 comes from the genesis file; each certified
checkpoint names (by hash) the set for the next height; a certificate counts only with cosignatures of a quorum of
distinct
members of its set, all over the same text; a certificate of ours holds no other signature.
"""

from collections.abc import Sequence

from ledger.block import Validator
from ledger.crypto.checkpoint import Checkpoint, Note, parse_checkpoint, parse_note, verify_cosignature
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import digest


class CertificateError(ValueError):
    """Why a note is not a certificate."""


def quorum(n: int) -> int:
    """Signatures needed of `n` validators: ⌈(n+f+1)/2⌉ with f = ⌊(n-1)/3⌋ (1→1, 3→2, 4→3, 5→4, 7→5).

    Two certificates at one height share at least f+1 signers. Requires n >= 1.
    """
    assert n >= 1
    faulty = (n - 1) // 3
    return (n + faulty + 2) // 2


def validators_hash(validators: Sequence[Validator]) -> bytes:
    """The hash that the `validators` line of a checkpoint holds. Requires the set sorted by name, names distinct."""
    names = [validator.name for validator in validators]
    assert names == sorted(set(names)), "validators are sorted by name and distinct"
    return digest("validators", encode([[validator.name, validator.public_key] for validator in validators]))


def verify_certificate(note: str, validators: Sequence[Validator]) -> Checkpoint:
    """Check that `note` is a certificate of the set `validators`; raises `CertificateError` saying what is wrong."""
    return check_cosignatures(parse_certificate(note), validators)


def parse_certificate(note: str) -> Note:
    """The signed note inside; raises `CertificateError` when it is not one."""
    try:
        return parse_note(note)
    except ValueError as error:
        raise CertificateError(f"not a signed note: {error}") from None


def check_cosignatures(note: Note, validators: Sequence[Validator]) -> Checkpoint:
    """The checkpoint of a note whose signatures are all valid, distinct, of `validators`, and at least a quorum."""
    try:
        checkpoint = parse_checkpoint(note.text)
    except ValueError as error:
        raise CertificateError(f"not a checkpoint: {error}") from None
    by_name = {validator.name: validator for validator in validators}
    signed: set[str] = set()
    for signature in note.signatures:
        validator = by_name.get(signature.name)
        if validator is None:
            raise CertificateError(f"signed by {signature.name}, who is not a validator of height {checkpoint.height}")
        if signature.name in signed:
            raise CertificateError(f"signed twice by {signature.name}")
        if not verify_cosignature(signature, validator.public_key, note.text):
            raise CertificateError(f"the cosignature of {signature.name} does not verify")
        signed.add(signature.name)
    needed = quorum(len(validators))
    if len(signed) < needed:
        raise CertificateError(f"{len(signed)} of {len(validators)} validators signed, {needed} are needed")
    return checkpoint
