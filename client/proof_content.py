"""What a proof file says, against its certified checkpoint: state values, journals, and the closure of a journey."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeVar

from client.recount import check_recount
from client.verified import InvalidProof, VerifiedRecord, VerifiedSection
from ledger.crypto.checkpoint import Checkpoint
from ledger.crypto.encoding import Malformed, encode
from ledger.crypto.hashing import sha256
from ledger.crypto.log_tree import Frontier, ProofError, verify_range
from ledger.crypto.state_tree import ProvenState, value_hash
from ledger.proof.closure import WHOLE, Bounds, closure, contains
from ledger.proof.format import (
    CODE_PREFIX,
    JournalClaim,
    JourneyClaim,
    LeafClaim,
    ListingClaim,
    ProofFile,
    Section,
    ValueClaim,
    decode_journal_head,
    made_key,
    subject_key,
)

_T = TypeVar("_T")


class Content:
    """The claim of a file against its certified checkpoint."""

    def __init__(self, file: ProofFile, checkpoint: Checkpoint, records: list[VerifiedRecord]) -> None:
        self.file = file
        self.checkpoint = checkpoint
        self.records = records
        self.runs: dict[str, list[VerifiedRecord]] = {}
        try:
            self.state = ProvenState(checkpoint.state, file.nodes)
        except ProofError as error:
            raise InvalidProof("state", "$.nodes", error.reason) from None

    def check(self) -> tuple[dict[str, VerifiedSection], tuple[VerifiedRecord, ...]]:
        """The sections and records that the claim proves; raises `InvalidProof`."""
        if isinstance(self.file.claim, LeafClaim):
            return self.check_leaf(self.file.claim)
        self.check_pool()
        needed = self.check_state_claim()
        if not self.state.in_order():
            raise InvalidProof("state", "$.nodes", "unused, or not in the order in which they are needed")
        sections = {}
        for place, section in enumerate(self.file.sections):
            head, bounds = decode_journal_head(section.value), needed[section.subject]
            if not isinstance(self.file.claim, ListingClaim):
                self.check_complete(section, head.size, bounds, f"$.sections[{place}]")
            run = self.runs[section.subject]
            sections[section.subject] = VerifiedSection.of(
                section.subject, head.row, head.size, section.start, bounds, run
            )
        if isinstance(self.file.claim, JournalClaim):
            self.check_widest(self.file.claim)
        distinct = {record.leaf_hash: record for section in sections.values() for record in section.records}
        return sections, tuple(sorted(distinct.values(), key=lambda record: record.height))

    def check_leaf(self, claim: LeafClaim) -> tuple[dict[str, VerifiedSection], tuple[VerifiedRecord, ...]]:
        """The one leaf of the file stands at the claimed place of the certified log."""
        file = self.file
        if len(self.records) != 1 or file.values or file.nodes or file.sections:
            raise InvalidProof("claim", "$", "parts that do not belong to the claim")
        hashes, checkpoint = [self.records[0].leaf_hash], self.checkpoint
        self.proven(
            "$.claim", lambda: verify_range(claim.index, hashes, checkpoint.size, claim.hashes, checkpoint.root)
        )
        return {}, tuple(self.records)

    def check_pool(self) -> None:
        """Every leaf is distinct, used by a section, and stands in the order of first use."""
        used = list(dict.fromkeys(place for section in self.file.sections for place in section.leaves))
        distinct = len({record.leaf_hash for record in self.records}) == len(self.records)
        if used != list(range(len(self.records))) or not distinct:
            raise InvalidProof("encoding", "$.leaves", "unused, repeated or out of order")

    def check_state_claim(self) -> dict[str, Bounds]:
        """Values and sections are those of the claim and hold; returns the bounds each section must have."""
        claim, file = self.file.claim, self.file
        assert not isinstance(claim, LeafClaim)
        subject = "" if isinstance(claim, ValueClaim) else claim.subject
        self.check_values_claimed(subject)
        names = [section.subject for section in file.sections]
        if isinstance(claim, ValueClaim):
            expected: list[str] = []
        else:
            expected = [subject, *sorted(set(names) - {subject})] if isinstance(claim, JourneyClaim) else [subject]
        if names != expected:
            raise InvalidProof("claim", "$.sections", "not the sections of this claim in their order")
        for key, value in [(claim.key, claim.value)] if isinstance(claim, ValueClaim) else file.values:
            self.check_value(key, value, "$.claim")
        for place, section in enumerate(file.sections):
            self.runs[section.subject] = self.check_section(section, f"$.sections[{place}]")
        if isinstance(claim, JourneyClaim):
            return self.check_closure(subject)
        if isinstance(claim, ListingClaim):
            return self.check_listing(claim)
        return {subject: (claim.from_ms, claim.to_ms)} if isinstance(claim, JournalClaim) else {}

    def check_values_claimed(self, subject: str) -> None:
        """The values are those that the claim calls for: what a code stands for, or rows of what entries made."""
        claim, file = self.file.claim, self.file
        if isinstance(claim, ListingClaim):
            made = [key for one in self.records if (key := made_key(one.tag, one.transaction_id)) is not None]
            if [key for key, _ in file.values] != made:
                raise InvalidProof("claim", "$.values", "not the rows of what these entries made")
            return
        code = claim.code if isinstance(claim, JourneyClaim) else ""
        if file.values != ([(CODE_PREFIX + code, encode(subject))] if code else []):
            raise InvalidProof("claim", "$.values", f"not the code {code!r} standing for {subject}")

    def rows(self) -> dict[str, bytes]:
        """Of a listing's proof that holds: the rows of what its entries made, by state key."""
        values = self.file.values if isinstance(self.file.claim, ListingClaim) else []
        return {key: value for key, value in values if value is not None}

    def check_value(self, key: str, value: bytes | None, where: str) -> None:
        """`value` is what the certified state holds under `key`; None: nothing."""
        found = self.proven(where, lambda: self.state.value_hash(sha256(key.encode())), "state")
        if found != (None if value is None else value_hash(value)):
            raise InvalidProof("state", where, f"not the certified value of {key}")

    def check_section(self, section: Section, where: str) -> list[VerifiedRecord]:
        """The section is a run of its subject's journal; returns its records."""
        key = subject_key(section.subject)
        if key is None:
            raise InvalidProof("claim", where, f"no subject: {section.subject!r}")
        self.check_value(key, section.value, where)
        try:
            head = decode_journal_head(section.value)
        except Malformed as error:
            raise InvalidProof("journal", where, str(error)) from None
        run = [self.records[place] for place in section.leaves]
        if not run:
            raise InvalidProof("journal", where, "no records")
        root = self.proven(where, lambda: Frontier.from_joined(head.size, head.peaks).root())
        hashes = [record.leaf_hash for record in run]
        self.proven(where, lambda: verify_range(section.start, hashes, head.size, section.hashes, root))
        if any(section.subject not in record.subjects for record in run):
            raise InvalidProof("journal", where, "a record of something else")
        if any(one.height > two.height or one.time_ms > two.time_ms for one, two in pairwise(run)):
            raise InvalidProof("journal", where, "time runs backwards")
        return run

    def check_listing(self, claim: ListingClaim) -> dict[str, Bounds]:
        """The section is the claimed range; the whole journal is counted again."""
        (section,) = self.file.sections
        run = self.runs[claim.subject]
        if (section.start, section.start + len(run)) != (claim.start, claim.end):
            raise InvalidProof("claim", "$.claim", f"not the entries from {claim.start} up to {claim.end}")
        head = decode_journal_head(section.value)
        if len(run) == head.size:
            check_recount(claim.listing, head.row, run)
        return {claim.subject: WHOLE}

    def check_closure(self, subject: str) -> dict[str, Bounds]:
        """The sections are those of the whole journey: none missing, none to spare."""

        def within(name: str, bounds: Bounds) -> list[Any]:
            if name not in self.runs:
                raise InvalidProof("completeness", "$.sections", f"the records of {name} are missing")
            return list(VerifiedSection.of(name, None, 0, 0, bounds, self.runs[name]).records)

        needed = closure(subject, within)
        for place, section in enumerate(self.file.sections):
            if section.subject not in needed:
                reason = f"{section.subject} does not belong to this journey"
                raise InvalidProof("completeness", f"$.sections[{place}]", reason)
        return needed

    def check_complete(self, section: Section, size: int, bounds: Bounds, where: str) -> None:
        """The run is all records within the bounds, and one neighbour on each side where the journal goes on."""
        times = [record.time_ms for record in self.runs[section.subject]]
        before = sum(bounds[0] is not None and time_ms < bounds[0] for time_ms in times)
        after = len(times) - before - sum(contains(bounds, time_ms) for time_ms in times)
        reaches = (before or section.start == 0) and (after or section.start + len(times) == size)
        if before > 1 or after > 1 or not reaches:
            reason = f"not exactly the records of {section.subject} from {bounds[0]} to {bounds[1]}"
            raise InvalidProof("completeness", where, reason)

    def check_widest(self, claim: JournalClaim) -> None:
        """A journal claim's bounds are as wide as the neighbours prove, so that they have one valid form."""
        run = self.runs[claim.subject]
        if claim.from_ms not in (None, run[0].time_ms + 1) or claim.to_ms not in (None, run[-1].time_ms - 1):
            raise InvalidProof("completeness", "$.claim", "not the bounds that the neighbours prove")

    def proven(self, where: str, check: Callable[[], _T], kind: str = "journal") -> _T:
        """The result of a check of the trees, its failure told as ours."""
        try:
            return check()
        except ProofError as error:
            raise InvalidProof(kind, where, error.reason) from None
