"""The whole state transition on one page: `execute(head, reader, proposal, ...) -> Block`.

Order within a block: genesis effects (height 1), the proposal's transactions as they stand, due timers (bounded),
a handover to other validators, expiry of remembered ids, the state root, the header leaf, the log root, the text.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from ledger.block import (
    ACCEPTED,
    EFFECT,
    HEADER,
    LEAF_SIZE_MAX,
    TRANSACTION,
    Block,
    Changes,
    Head,
    Position,
    Proposal,
    Receipt,
    encode_leaf,
)
from ledger.certificate import validators_hash
from ledger.context import Context, Signer
from ledger.crypto import state_tree
from ledger.crypto.checkpoint import Checkpoint, checkpoint_hash
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import HASH_SIZE, ZERO_HASH, digest, sha256
from ledger.crypto.log_tree import STORED_LEVEL, OnNode, append_joined, leaf_hash
from ledger.errors import (
    ORDERED_FROM,
    Expired,
    ExpiresTooLate,
    Fatal,
    Internal,
    InvariantBroken,
    Refusal,
    Repeated,
    TooManyEffects,
    UpgradeNeeded,
    WrongRole,
    describe,
)
from ledger.genesis import Genesis
from ledger.module import Handler, Registry, Timer, tag_of
from ledger.state import BlockState, CountedIds, Reader, Row, Table
from ledger.timers import forget, room_for_lately, room_to_wait, timer_key, timers
from ledger.transaction import Transaction

MINUTE_MS = 60_000
GENESIS_EFFECT = "ledger.genesis"
HANDOVER_EFFECT = "ledger.handover"

recent: Table[CountedIds] = Table("recent", "minute", CountedIds)
position: Table[Position] = Table("consensus", "position", Position)
secret: Table[bytes] = Table("ledger", "secret", bytes, restricted=True)
"""What the salts of restricted rows come from: all restricted parts so far, one after the other (docs/adr/0020)."""


def execute(
    head: Head,
    reader: Reader,
    proposal: Proposal,
    at: Position,
    checked: Sequence[Transaction | Refusal],
    registry: Registry,
    genesis: Genesis,
) -> Block:
    """Apply one ordered proposal to the state under `reader`, which is the state at `head`.

    `checked` is aligned with the proposal's transactions: decoded, with a valid signature, or the refusal of a
    stateless check (then it is dropped: no id, no leaf). `at` is the proposal's place in the consensus log.
    """
    steps = execute_in_steps(head, reader, proposal, at, checked, registry, genesis)
    return next(block for block in steps if block is not None)


def execute_in_steps(
    head: Head,
    reader: Reader,
    proposal: Proposal,
    at: Position,
    checked: Sequence[Transaction | Refusal],
    registry: Registry,
    genesis: Genesis,
) -> Iterator[Block | None]:
    """`execute`, giving way after each record and each timer: None for every step, and the block as the last one.
    What happens between the steps changes nothing of it.
    """
    run = _Run(head, reader, proposal, registry, genesis)
    if run.height == 1:
        run.process_genesis()
    receipts: list[Receipt | None] = []
    for number, item in enumerate(checked):
        receipts.append(run.process_transaction(number, item))
        yield None
    yield from run.process_timers()
    run.process_handover()
    run.remember_transactions()
    run.remember_secret()
    position.put(run.context(), "", at)
    run.state.keep()
    run.check_balance()
    yield run.make_block(receipts, at)


def dry_run(
    head: Head,
    reader: Reader,
    time_ms: int,
    checked: Sequence[Transaction | Refusal],
    registry: Registry,
    genesis: Genesis,
) -> list[tuple[int, list[Any]]]:
    """What would come of `checked`, one after the other at the start of a block at `time_ms` upon the state at `head`:
    (0, events) or (number, details) of each. Nothing is written, and no block is made: timers do not run.
    """
    run = _Run(head, reader, Proposal(time_ms, []), registry, genesis)
    receipts = [run.process_transaction(number, item) for number, item in enumerate(checked)]
    return [
        run.dropped[number] if receipt is None else (receipt.code, receipt.details)
        for number, receipt in enumerate(receipts)
    ]


class _Run:
    """One block being executed."""

    def __init__(self, head: Head, reader: Reader, proposal: Proposal, registry: Registry, genesis: Genesis) -> None:
        self.head = head
        self.height = head.height + 1
        self.time_ms = max(proposal.time_ms, head.time_ms + 1)
        self.standing = registry.standing(reader, self.height)
        if self.standing.rules_version > registry.rules_version:
            raise UpgradeNeeded(self.height, self.standing.rules_version, registry.rules_version)
        changed = self.standing.parameters
        self.parameters = genesis.parameters | dict(changed) if changed else genesis.parameters
        self.latest_expiry_ms = self.time_ms + self.parameters["expiry_max_ms"]
        self.first_index = head.log.size
        self.registry = registry
        self.genesis = genesis
        self.state = BlockState(reader)
        self.changes = Changes()
        self.leaves: list[bytes] = []
        self.hashes: list[bytes] = []
        self.dropped: dict[int, tuple[int, list[str]]] = {}
        self.minutes: dict[int, list[bytes]] = {}
        self.secret = b""
        self.secret = self.known_secret = secret.get(self.context(), "") or b""

    def context(self) -> Context:
        """A fresh context at this place of the block."""
        version, chain_id, position = self.standing.rules_version, self.genesis.chain_id, len(self.leaves)
        ctx = Context(self.state, self.height, self.time_ms, self.parameters, chain_id, version, position)
        ctx.secret = self.secret
        return ctx

    def process_genesis(self) -> None:
        """Write every module's first rows, as the first leaf of block 1."""

        def first_rows(ctx: Context) -> None:
            for module in self.registry.modules:
                if module.genesis is not None:
                    module.genesis(ctx, self.genesis)

        code, details = self.process_effect(self.context(), encode([GENESIS_EFFECT]), first_rows)
        if code != ACCEPTED:
            words = describe(code, details)
            raise Fatal(f"the genesis file is refused: {words.en}\n创世文件被拒绝：{words.zh}")

    def process_transaction(self, number: int, item: Transaction | Refusal) -> Receipt | None:
        """Decide one transaction: drop it, refuse it with a leaf, or let its rule change the state."""
        refused = item if isinstance(item, Refusal) else self.check_freshness(item)
        if refused is not None or isinstance(item, Refusal):
            assert refused is not None and refused.number < ORDERED_FROM
            self.dropped[number] = (refused.number, refused.details)
            return None
        ctx = self.context()
        ctx.transaction_id = item.id
        if item.restricted is not None:
            ctx.restricted = item.restricted_value
            ctx.secret = self.secret = digest("secret", self.secret, item.restricted[:HASH_SIZE])
        index = self.first_index + len(self.leaves)
        code, details = self.process_leaf(ctx, partial(self.decide, item), TRANSACTION, item.body, item.signature)
        self.changes.transactions[item.id] = index
        self.minutes.setdefault(item.expires_at_ms // MINUTE_MS, []).append(item.id)
        if item.restricted is not None:
            self.changes.restricted[index] = item.restricted
        return Receipt(item.id, self.height, index, self.time_ms, code, details)

    def decide(self, item: Transaction, ctx: Context) -> None:
        """Find out who signed, whether that role may do this, and let the rule act. Raises refusals."""
        rule = self.registry.rules[type(item.action)]
        if not rule.by:
            ctx.signer = Signer("", "", frozenset(), item.public_key, item.algorithm)
        else:
            signer = ctx.signer = self.registry.identify(ctx, item.algorithm, item.public_key)
            if signer.roles.isdisjoint(rule.by):
                raise WrongRole(signer.subject, tag_of(rule.action), ", ".join(rule.by))
        rule.handler(ctx, item.action)

    def check_freshness(self, item: Transaction) -> Refusal | None:
        """Why a transaction is dropped for its time or its id, or None."""
        if item.expires_at_ms <= self.time_ms:
            return Expired(item.expires_at_ms, self.time_ms)
        if item.expires_at_ms > self.latest_expiry_ms:
            return ExpiresTooLate(item.expires_at_ms, self.latest_expiry_ms)
        if item.id in self.changes.transactions or self.state.reader.has_transaction(item.id):
            return Repeated(item.id.hex())
        return None

    def process_timers(self) -> Iterator[None]:
        """Run what is due, as much as there is room for (the last timer may go beyond it); the rest waits for the next
        block. What fell due lately, within a block's time before the last block, goes first; then what waits since
        before. Each oldest first. Gives way after each.
        """
        records, elapsed_ms = len(self.leaves), self.time_ms - self.head.time_ms
        first = room_for_lately(elapsed_ms, self.parameters)
        lately = timer_key(max(0, self.head.time_ms - self.parameters["block_interval_ms"]))
        until = timer_key(self.time_ms + 1)
        left = yield from self.run_timers(timers.scan(self.context(), after=lately, until=until, limit=first), first)
        left += self.parameters["timers_per_block"] - first
        room = room_to_wait(left, records, self.height, self.parameters)
        yield from self.run_timers(timers.scan(self.context(), until=lately, limit=room), room)

    def run_timers(self, pages: Sequence[tuple[str, tuple[bytes, ...]]], room: int) -> Generator[None, None, int]:
        """Run the timers of these rows until `room` rows' worth of work is done; returns what is left of it."""
        for key, page in pages:
            if room <= 0:
                break
            ran = 0
            while ran < len(page) and room > 0:
                room -= self.process_timer(page[ran])
                ran += 1
                yield None
            forget(self.context(), key, ran)
            self.state.keep()
        return room

    def process_timer(self, raw: bytes) -> int:
        """Run one timer; returns how many rows' worth of work it did."""
        timer = self.registry.decode_timer(raw)
        ctx = self.context()
        self.process_effect(ctx, raw, partial(_run_timer, self.registry.timers[type(timer)], timer))
        return max(1, ctx.work)

    def process_handover(self) -> None:
        """In the block whose checkpoint names another set for the next height, write down that it takes over."""
        if self.standing.successors is None:
            return
        assert self.registry.hand_over is not None
        code, details = self.process_effect(self.context(), encode([HANDOVER_EFFECT]), self.registry.hand_over)
        if code != ACCEPTED:
            raise InvariantBroken(f"the validators decided on cannot take over: {describe(code, details).en}")

    def process_effect(self, ctx: Context, body: bytes, effect: Callable[[Context], None]) -> tuple[int, list[Any]]:
        """Something the ledger does by itself, journalled by a leaf like a transaction."""
        return self.process_leaf(ctx, effect, EFFECT, body, b"")

    def process_leaf(
        self, ctx: Context, decide: Callable[[Context], None], kind: int, body: bytes, signature: bytes
    ) -> tuple[int, list[Any]]:
        """Run a rule, keep or drop its writes, append its leaf and enter it into the journals. Returns (code,
        details).
        """
        code, details = self._attempt(ctx, decide)
        leaf = self._leaf(kind, body, signature, code, details, list(ctx.subjects.values()))
        if len(leaf) > LEAF_SIZE_MAX:
            code, details = self._undo(ctx, TooManyEffects(len(leaf), LEAF_SIZE_MAX))
            leaf = self._leaf(kind, body, signature, code, details, [])
        self.state.keep()
        hashed = leaf_hash(leaf)
        for subject in ctx.subjects:
            self.journal(subject, hashed)
        self.leaves.append(leaf)
        self.hashes.append(hashed)
        return code, details

    def _attempt(self, ctx: Context, decide: Callable[[Context], None]) -> tuple[int, list[Any]]:
        """Run a rule: (0, events), or (number, details) of its refusal with nothing written."""
        try:
            decide(ctx)
            return ACCEPTED, list(ctx.events)
        except Refusal as refused:
            assert refused.number >= ORDERED_FROM, f"a rule raised an admission refusal: {refused!r}"
            assert not (refused.counts and ctx.subjects), "what a refusal counts is no subject"
            return (refused.number, list(refused.details)) if refused.counts else self._undo(ctx, refused)
        except (Fatal, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001  # DESIGN §3: it becomes the refusal `internal`; nobody is stopped
            return self._undo(ctx, Internal(type(error).__name__))

    def _undo(self, ctx: Context, refused: Refusal) -> tuple[int, list[Any]]:
        self.state.drop()
        ctx.subjects.clear()
        return refused.number, list(refused.details)

    def _leaf(
        self,
        kind: int,
        body: bytes,
        signature: bytes,
        code: int,
        details: list[Any],
        subjects: list[list[str | int | None]],
    ) -> bytes:
        return encode_leaf(kind, body, signature, (self.height, self.time_ms, code, details), subjects)

    def journal(self, subject: str, hashed: bytes) -> None:
        """Append a leaf's hash to a subject's journal, in the subject's own row."""
        key, table = self.state.home(subject)
        row = self.state.settled(table, key)
        assert row is not None and row.size >= 0, subject
        completes = (row.size + 1) % (1 << STORED_LEVEL) == 0
        peaks = append_joined(row.size, row.peaks, hashed, self._journal_keeper(subject) if completes else None)
        self.state.settle(table, key, Row(row.value, row.size + 1, peaks, row.salt))
        self.changes.journal.append((subject, row.size, self.first_index + len(self.leaves)))

    def _journal_keeper(self, subject: str) -> OnNode:
        nodes = self.changes.journal_nodes

        def keep_node(level: int, index: int, node: bytes) -> None:
            if level >= STORED_LEVEL:
                nodes[subject, level, index] = node

        return keep_node

    def remember_transactions(self) -> None:
        """Count this block's ids under their expiry minutes, and forget the minutes that have passed."""
        ctx = self.context()
        for minute, ids in sorted(self.minutes.items()):
            key = f"{minute:012d}"
            known = recent.get(ctx, key) or CountedIds(0, ZERO_HASH)
            chain = known.chain
            for transaction_id in ids:
                chain = digest("recent", chain, transaction_id)
            recent.put(ctx, key, CountedIds(known.count + len(ids), chain))
        passed = f"{self.time_ms // MINUTE_MS:012d}"
        for key, _ in recent.scan(ctx, limit=2 * self.parameters["expiry_max_ms"] // MINUTE_MS, until=passed):
            recent.delete(ctx, key)
        self.state.keep()

    def remember_secret(self) -> None:
        """Keep what this block's restricted parts made of the secret. As random bytes it needs no salt."""
        if self.secret != self.known_secret:
            self.state.settle(secret, secret.prefix, Row(self.secret, salt=ZERO_HASH))

    def check_balance(self) -> None:
        """Raise `InvariantBroken` when the block as a whole breaks what a module promises of every block."""
        for module in self.registry.modules:
            breaches = module.balance(self.state) if module.balance is not None else ()
            if breaches:
                raise InvariantBroken(f"block {self.height}: {'; '.join(breaches)}")

    def make_block(self, receipts: list[Receipt | None], at: Position) -> Block:
        """Close the block: state root, header leaf, log root, checkpoint text.

        The header leaf's details are those of `at`: with them the leaves are all that re-execution needs.
        """
        changes, reader = self.changes, self.state.reader
        validators = self.standing.successors or self.head.validators
        changes.values, changes.private = self.state.encoded()
        hashed = {
            sha256(key): None if value is None else state_tree.value_hash(value)
            for key, value in changes.values.items()
        }
        root, changes.nodes = state_tree.update(hashed, reader.node)
        checkpoint = Checkpoint(
            origin=self.genesis.origin,
            size=self.head.log.size + len(self.leaves) + 1,
            root=ZERO_HASH,
            height=self.height,
            time_ms=self.time_ms,
            state=root,
            previous=self.head.checkpoint_hash,
            validators=validators_hash(validators),
        )
        header = self._leaf(HEADER, checkpoint.lines_after_root().encode(), b"", ACCEPTED, at.details(), [])
        self.leaves.append(header)
        self.hashes.append(leaf_hash(header))

        def keep_node(level: int, index: int, node: bytes) -> None:
            if level >= STORED_LEVEL:
                changes.log_nodes[level, index] = node

        log = self.head.log.extend(self.hashes, keep_node)
        text = msgspec.structs.replace(checkpoint, root=log.root()).text()
        head = Head(self.height, self.time_ms, checkpoint_hash(text), log, validators)
        return Block(
            self.height, self.time_ms, text, self.head.log.size, self.leaves, receipts, self.dropped, changes, head
        )


def _run_timer(handler: Handler, timer: Timer, ctx: Context) -> None:
    handler(ctx, timer)
