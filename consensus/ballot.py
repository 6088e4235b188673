"""Cosignatures that came in, until a quorum of them makes a certificate; and who signed twice.

A ballot box for the heights that are not certified yet: at most `HEIGHTS_MAX` of them, one line for each (height,
validator, text), two texts of a validator at most. The second text is evidence.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from consensus.evidence import EquivocalCosignatures, equivocal_cosignatures
from ledger.certificate import quorum
from ledger.crypto.checkpoint import (
    NoteSignature,
    assemble_note,
    cosignature_key_id,
    parse_checkpoint,
    parse_note,
    verify_cosignature,
)
from ledger.crypto.encoding import Malformed

HEIGHTS_MAX = 64
"""Heights beyond the certified one for which cosignatures are kept."""


class Cosigner(Protocol):
    """What is needed of a validator."""

    @property
    def name(self) -> str:
        """The cosigner name."""

    @property
    def public_key(self) -> bytes:
        """Ed25519."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A cosignature that verified under `public_key`."""

    public_key: bytes
    line: str


class Ballots:
    """Cosignatures of heights of the chain `origin` (as its checkpoints name it) that await their certificates."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._boxes: dict[int, dict[str, dict[str, _Line]]] = {}
        self.dropped = 0
        """Notes that were none, and lines that do not verify under the key that they name: no honest validator sends
        either."""

    def add(self, note: str, certified: int, validators: Mapping[str, Cosigner]) -> EquivocalCosignatures | None:
        """Take the cosignatures of a note: a checkpoint's text and lines of `validators` (by cosigner name).

        What is malformed or does not verify, is of others, of another chain, or of a height outside (certified,
        certified + 64] is passed over. Returns evidence when somebody signed another text of the height before.
        """
        try:
            text, signatures = parse_note(note)
            checkpoint = parse_checkpoint(text)
        except Malformed:
            self.dropped += 1
            return None
        height = checkpoint.height
        if checkpoint.origin != self._origin or not certified < height <= certified + HEIGHTS_MAX:
            return None
        evidence = None
        for signature in {signature.name: signature for signature in signatures}.values():
            if (validator := validators.get(signature.name)) is not None:
                dropped = self.dropped
                evidence = self._add_line(height, text, signature, validator.public_key) or evidence
                if self.dropped > dropped:
                    break  # Whoever passes on one bad line has not looked at the others either: they cost too much.
        return evidence

    def certificate(self, height: int, text: str, validators: Sequence[Cosigner]) -> str | None:
        """The signed note of `text` with every line of `validators`, once they are a quorum; None before."""
        box = self._boxes.get(height, {})
        lines = [
            held.line
            for validator in validators
            if (held := box.get(validator.name, {}).get(text)) is not None and held.public_key == validator.public_key
        ]
        return assemble_note(text, lines) if len(lines) >= quorum(len(validators)) else None

    def signers(self, height: int, text: str) -> list[str]:
        """The cosigner names that signed `text`, sorted."""
        return sorted(name for name, texts in self._boxes.get(height, {}).items() if text in texts)

    def conflicting(self, height: int, text: str) -> list[str]:
        """The cosigner names that signed another text of `height`, sorted: alarm."""
        return sorted(
            name for name, texts in self._boxes.get(height, {}).items() if any(other != text for other in texts)
        )

    def texts(self, height: int) -> list[str]:
        """All texts that anybody signed for `height`, sorted."""
        return sorted({text for texts in self._boxes.get(height, {}).values() for text in texts})

    def notes(self, height: int) -> list[str]:
        """Every text that anybody signed for `height`, as a note with all the signatures under it, sorted."""
        box = self._boxes.get(height, {})
        found: dict[str, list[str]] = {text: [] for text in self.texts(height)}
        for _, texts in sorted(box.items()):
            for text, held in texts.items():
                found[text].append(held.line)
        return [assemble_note(text, lines) for text, lines in found.items()]

    def notes_from(self, height: int) -> list[str]:
        """The same for `height` and all above, lowest first."""
        return [note for each in sorted(self._boxes) if each >= height for note in self.notes(each)]

    def newest_of(self, name: str) -> str:
        """The highest checkpoint that a cosigner is known to have signed, with its signature; "" = none held."""
        for height in sorted(self._boxes, reverse=True):
            for text, held in self._boxes[height].get(name, {}).items():
                return assemble_note(text, [held.line])
        return ""

    def forget(self, height: int) -> None:
        """`height` is certified: what is at or below it is of no more use."""
        for old in [each for each in self._boxes if each <= height]:
            del self._boxes[old]

    def _add_line(
        self, height: int, text: str, signature: NoteSignature, public_key: bytes
    ) -> EquivocalCosignatures | None:
        texts = self._boxes.get(height, {}).get(signature.name, {})
        held = texts.get(text)
        # A line held under a key that has been replaced since gives way to one of the new key.
        if (held is not None and held.public_key == public_key) or (held is None and len(texts) >= 2):
            return None
        if signature.key_id != cosignature_key_id(signature.name, public_key):
            return None
        if not verify_cosignature(signature, public_key, text):
            self.dropped += 1
            return None
        encoded = b64encode(signature.key_id + signature.blob).decode("ascii")
        line = _Line(public_key, f"— {signature.name} {encoded}\n")
        other = next(((known, one) for known, one in texts.items() if known != text), None)
        self._boxes.setdefault(height, {}).setdefault(signature.name, {})[text] = line
        if other is None or other[1].public_key != public_key or held is not None:
            return None
        return equivocal_cosignatures(assemble_note(other[0], [other[1].line]), assemble_note(text, [line.line]))
