"""A release: by the signatures of a quorum, validators that a fault of software has led to different checkpoints of one
height, none of which can get a quorum any more, may sign one other, agreed checkpoint there (ADR 0023).

Not to be confused with the releasing of an entry for execution: this frees from a promise. Made, signed and applied by
people while the validators are stopped; nothing here is believed that is not signed by the validators' own keys.

Why two certificates of a height cannot come of it while at most f validators lie:

* whoever signs a release has its safety file keep that it signs nothing else at the height from then on, unless it
  signs a release of a later round; and checks that the release shows all that it has signed there until then;
* a release is refused unless by what it shows no other checkpoint has, or can get, a quorum: whoever has neither
  signed the release nor any checkpoint shown counts as a signer of each;
* so of two checkpoints that were certified, the one of the later round would have been released to over the word of
  an honest signer of the other: rounds play the part of ballots in Paxos.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from consensus.ballot import Cosigner
from consensus.evidence import EquivocalCosignatures, Evidence, NoteText
from consensus.messages import Digest, Number, Signature
from consensus.safety import Bound
from ledger.certificate import quorum
from ledger.crypto.checkpoint import (
    NOTE_SIGNATURES_MAX,
    Checkpoint,
    Note,
    checkpoint_hash,
    parse_checkpoint,
    parse_note,
    verify_cosignature,
)
from ledger.crypto.encoding import Decoder, Malformed, Message, encode
from ledger.crypto.hashing import digest
from ledger.crypto.signing import Algorithm, SigningKey, verify

NOTES_MAX = 64
"""Checkpoints in a release: a few of its height, and of at most seven heights above that were signed already."""

RELEASE_SIZE_MAX = 1024 * 1024
REASON_SIZE_MAX = 2_000
ROUND_MAX = 1_000


class ReleaseBody(Message):
    """What is signed. `agreed`: the text that all sign at `height`; `notes`: every other text of that height, and what
    followed from those, with whose signatures; `reason`: what people agreed on, the right software above all.
    """

    chain_id: Digest
    height: Number
    round: Annotated[int, msgspec.Meta(ge=1, le=ROUND_MAX)]
    agreed: NoteText
    notes: Annotated[tuple[NoteText, ...], msgspec.Meta(max_length=NOTES_MAX)]
    reason: Annotated[str, msgspec.Meta(max_length=REASON_SIZE_MAX)]


class ReleaseSignature(Message):
    """By the key of the validator `name`, as a cosigner is named, over the digest of the body."""

    name: Annotated[str, msgspec.Meta(max_length=255)]
    signature: Signature


class Release(Message):
    """The file: the body's bytes as they were signed, and the signatures so far, sorted by name."""

    body: Annotated[bytes, msgspec.Meta(max_length=RELEASE_SIZE_MAX)]
    signatures: Annotated[tuple[ReleaseSignature, ...], msgspec.Meta(max_length=NOTE_SIGNATURES_MAX)]

    @property
    def document(self) -> bytes:
        """The digest that is signed, and kept beside the promise."""
        return digest("release", self.body)


_decode_release: Decoder[Release] = Decoder(Release, RELEASE_SIZE_MAX)
_decode_body: Decoder[ReleaseBody] = Decoder(ReleaseBody, RELEASE_SIZE_MAX)


class BadRelease(ValueError):
    """Why something releases nobody."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def decode_release(data: bytes) -> Release:
    """The inverse of `encode`; raises `BadRelease`. Says nothing about who signed."""
    try:
        return _decode_release(data)
    except Malformed as error:
        raise BadRelease(f"不是解除书：{error}", f"not a release: {error}") from None


@dataclass(frozen=True)
class CheckedRelease:
    """A release whose every signature was verified. `signed`: by cosigner, which checkpoints it signed of those that
    the release does not agree on; `signers`: who signed the release itself.
    """

    release: Release
    body: ReleaseBody
    agreed: Checkpoint
    signed: dict[str, set[tuple[int, bytes]]]
    agreeing: frozenset[str]
    """Whose signature under the agreed checkpoint it shows."""
    signers: frozenset[str]
    names: tuple[str, ...]
    """All validators that certify the height."""

    @property
    def bound(self) -> Bound:
        """What a validator promises that signs or applies it."""
        body = self.body
        return Bound(body.height, body.round, checkpoint_hash(body.agreed), self.release.document)

    def shown_of(self, name: str) -> set[tuple[int, bytes]]:
        """What it shows that a validator has signed against the agreed checkpoint."""
        return self.signed.get(name, set())

    def require_whole(self) -> None:
        """Raise `BadRelease` unless a quorum has signed, and no other checkpoint has a quorum or can get one."""
        needed, n = quorum(len(self.names)), len(self.names)
        if len(self.signers) < needed:
            raise BadRelease(
                f"{n} 个验证节点中只有 {len(self.signers)} 个签署了解除书，须有 {needed} 个",
                f"{len(self.signers)} of {n} validators have signed the release; {needed} must",
            )
        for hashed, for_it in self._rivals().items():
            if len(for_it) >= needed:
                raise BadRelease(
                    f"检查点 {hashed.hex()[:16]}… 可能已经取得证书：{', '.join(sorted(for_it))} 签了它，或没有表态",
                    f"checkpoint {hashed.hex()[:16]}… may have been certified: {', '.join(sorted(for_it))} signed it, "
                    "or have said nothing yet",
                )

    def _rivals(self) -> dict[bytes, set[str]]:
        """By hash, each other checkpoint of the height that is shown, with all who may have signed it."""
        at_height = {
            name: {hashed for height, hashed in signed if height == self.body.height}
            for name, signed in self.signed.items()
        }
        silent = {
            name
            for name in self.names
            if name not in self.signers and name not in self.agreeing and not at_height.get(name)
        }
        rivals = {hashed for signed in at_height.values() for hashed in signed}
        return {rival: silent | {name for name, signed in at_height.items() if rival in signed} for rival in rivals}

    def excuses(self, evidence: Evidence) -> bool:
        """Whether two texts of one height are no breach of faith: one is a text that the release frees its signer from,
        the other one that it was free to sign then. Requires verified evidence and a whole release.
        """
        if not isinstance(evidence, EquivocalCosignatures):
            return False
        notes = [parse_note(note) for note in (evidence.note_a, evidence.note_b)]
        (name,) = {signature.name for note in notes for signature in note.signatures}
        height = parse_checkpoint(notes[0].text).height
        hashes = {checkpoint_hash(note.text) for note in notes}
        freed = {hashed for at, hashed in self.shown_of(name) if at == height}
        left = hashes - freed
        if len(left) != 1 or height < self.body.height:
            return False
        return height > self.body.height or left == {checkpoint_hash(self.body.agreed)}


def make_release(
    chain_id: bytes, round: int, agreed: str, notes: Iterable[str], reason: str, validators: Sequence[Cosigner]
) -> Release:
    """A release that nobody has signed yet. Of `notes`, what others have handed in, it takes the signatures that verify
    under texts of the agreed checkpoint's height, and of what follows from those that are not agreed. Raises
    `BadRelease`.
    """
    height = _checkpoint(agreed).height
    merged: dict[str, dict[str, str]] = {}
    keys = {validator.name: validator.public_key for validator in validators}
    for given in notes:
        note = _note(given)
        lines = given[len(note.text) + 1 :].splitlines(keepends=True)
        for signature, line in zip(note.signatures, lines, strict=True):
            key = keys.get(signature.name)
            if key is not None and verify_cosignature(signature, key, note.text):
                merged.setdefault(note.text, {})[signature.name] = line
    kept, leading = [], set[bytes]()
    for text in sorted(merged, key=lambda each: (_checkpoint(each).height, each)):
        checkpoint = _checkpoint(text)
        if checkpoint.height != height and checkpoint.previous not in leading:
            continue
        if text != agreed:
            leading.add(checkpoint_hash(text))
        kept.append(text + "\n" + "".join(line for _, line in sorted(merged[text].items())))
    body = ReleaseBody(chain_id, height, round, agreed, tuple(kept), reason)
    release = Release(encode(body), ())
    check_release(release, chain_id, validators)
    return release


def sign_release(release: Release, name: str, key: SigningKey) -> Release:
    """The release with a validator's signature; its safety file must hold `CheckedRelease.bound` before."""
    signature = ReleaseSignature(name, key.sign(release.document))
    others = [each for each in release.signatures if each.name != name]
    return Release(release.body, tuple(sorted([*others, signature], key=lambda each: each.name)))


def merge_releases(one: Release, other: Release) -> Release:
    """Signatures of two copies of one release put together. Raises `BadRelease` for two different ones."""
    if one.body != other.body:
        raise BadRelease("两份文件不是同一解除书", "the two files are not the same release")
    signatures = {each.name: each for each in (*other.signatures, *one.signatures)}
    return Release(one.body, tuple(signatures[name] for name in sorted(signatures)))


def check_release(release: Release, chain_id: bytes, validators: Sequence[Cosigner]) -> CheckedRelease:
    """Verify every signature in a release; `validators` certify its height. Raises `BadRelease`; whether it is whole
    `require_whole` says.
    """
    body = _body(release)
    if body.chain_id != chain_id:
        raise BadRelease("解除书属于另一条链", "the release is of another chain")
    agreed = _checkpoint(body.agreed)
    if agreed.height != body.height or agreed.origin.rpartition("/")[2] != chain_id.hex()[:16]:
        raise BadRelease("约定的检查点不属于此链的这一高度", "the agreed checkpoint is not of this chain and height")
    keys = {validator.name: validator.public_key for validator in validators}
    signed: dict[str, set[tuple[int, bytes]]] = {}
    agreeing: set[str] = set()
    leading: dict[int, set[bytes]] = {body.height - 1: {agreed.previous}}
    for given in body.notes:
        note = _note(given)
        checkpoint, hashed = _checkpoint(note.text), checkpoint_hash(note.text)
        if checkpoint.origin != agreed.origin or checkpoint.previous not in leading.get(checkpoint.height - 1, ()):
            raise BadRelease(
                f"高度 {checkpoint.height} 的检查点与分歧无关",
                f"a checkpoint of height {checkpoint.height} does not belong",
            )
        _check_cosignatures(note, keys)
        names = {signature.name for signature in note.signatures}
        if note.text == body.agreed:
            agreeing |= names
            continue
        leading.setdefault(checkpoint.height, set()).add(hashed)
        for name in names:
            signed.setdefault(name, set()).add((checkpoint.height, hashed))
    _check_signers(release, keys)
    signers = frozenset(each.name for each in release.signatures)
    return CheckedRelease(release, body, agreed, signed, frozenset(agreeing), signers, tuple(sorted(keys)))


def _check_cosignatures(note: Note, keys: dict[str, bytes]) -> None:
    for signature in note.signatures:
        key = keys.get(signature.name)
        if key is None or not verify_cosignature(signature, key, note.text):
            raise BadRelease(
                f"{signature.name} 在检查点下的签名无效",
                f"a signature of {signature.name} under a checkpoint is not valid",
            )


def _check_signers(release: Release, keys: dict[str, bytes]) -> None:
    for each in release.signatures:
        key = keys.get(each.name)
        if key is None or not verify(Algorithm.ED25519, key, each.signature, release.document):
            raise BadRelease(
                f"{each.name} 对解除书的签名无效，或它不验证这一高度",
                f"the signature of {each.name} under the release is not valid, or it does not certify this height",
            )


def height_of(release: Release) -> int:
    """The height that it is of; raises `BadRelease`."""
    return max(1, _body(release).height)


def _body(release: Release) -> ReleaseBody:
    try:
        return _decode_body(release.body)
    except Malformed as error:
        raise BadRelease(f"不是解除书：{error}", f"not a release: {error}") from None


def read_notes(file: str) -> list[str]:
    """The signed notes in a file of several (`divergence-<height>.txt`): each begins with its origin line."""
    notes: list[str] = []
    for line in file.splitlines(keepends=True):
        if line.startswith("linxin/"):
            notes.append("")
        if notes:
            notes[-1] += line
    return [note.rstrip("\n") + "\n" for note in notes]


def _note(note: str) -> Note:
    try:
        return parse_note(note)
    except Malformed as error:
        raise BadRelease(f"不是签名的检查点：{error}", f"not a signed checkpoint: {error}") from None


def _checkpoint(text: str) -> Checkpoint:
    try:
        return parse_checkpoint(text)
    except Malformed as error:
        raise BadRelease(f"不是检查点：{error}", f"not a checkpoint: {error}") from None
