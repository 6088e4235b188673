"""What an on-chain module offers, and the registry that finds the rule for an action.

A module is a folder with messages, state, rules, errors, invariants and words. It declares actions (signed by somebody)
and timers (due by themselves), each with one rule, and owns its tables: nobody else writes them. Other modules are
reached by narrow interfaces handed to its constructor.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar

from ledger.crypto.encoding import Decoder, Message
from ledger.roles import Role
from ledger.words import LEDGER_WORDS, Vocabulary, join

if TYPE_CHECKING:
    from ledger.block import Validator
    from ledger.context import Context, Signer
    from ledger.genesis import Genesis
    from ledger.state import BlockState, Reader

TRANSACTION_SIZE_MAX = 60_000
"""Bytes of one envelope; a leaf (65,535) must hold it together with its outcome and subjects."""

RESTRICTED_SIZE_MAX = 16_384


class Action(Message, tag=True):
    """Base of all actions. Declare as `class RegisterPlot(Action, tag="trace.register_plot")`.

    `restricted` names the struct (or union of tagged structs) of the part that only parties, validators and auditors
    may read, if the action has one.
    """

    restricted: ClassVar[Any] = None


class Timer(Message, tag=True):
    """Base of all timers: work that falls due by itself. Declare as `class RecallSpread(Timer,
    tag="trace.recall_spread")`.
    """


def tag_of(kind: type[Action] | type[Timer]) -> str:
    """The tag that names an action or timer on the wire, `<module>.<name>`."""
    return str(kind.__struct_config__.tag)


Bounds = tuple[int, int]
"""The least and the greatest value of a parameter, both allowed."""

RULES_VERSION = 1
"""The newest version of the rules that this software knows. It executes every earlier one as well."""


class Standing(NamedTuple):
    """What has been decided about the network for one height, read from the state before it: one read a block.

    `parameters` are those that differ from genesis; `rules_version` is what rules must go by; `successors` is the set
    that certifies the next height if it is another than the one that certifies this height.
    """

    parameters: Mapping[str, int]
    rules_version: int
    successors: "tuple[Validator, ...] | None"


UNGOVERNED = Standing({}, 1, None)
"""A network without a module that decides about it: genesis holds for ever."""

Handler = Callable[["Context", Any], None]


@dataclass(frozen=True)
class Rule:
    """The one function that decides an action; `by` lists the roles whose organisations may sign it (empty:
    credential inside).
    """

    action: type[Action]
    by: tuple[Role, ...]
    handler: Handler


@dataclass(frozen=True)
class Module:
    """A module as the registry sees it.

    `genesis` writes the module's first rows in block 1; `identify` (one module has it) tells whose key signed;
    `parameters` are the module's genesis parameters with their defaults, `bounds` the least and greatest values between
    which a running network may change one (the others stand for ever); `standing` and `hand_over` (one module at most
    has them) tell what has been decided about the network itself; `balance` is run by every node at the end of every
    block, over what the block changed: a breach stops the node before it signs; `invariants` are run over everything by
    tests and the simulator; `words` tell people what its actions and events are called.
    """

    name: str
    rules: tuple[Rule, ...]
    timers: Mapping[type[Timer], Handler] = field(default_factory=dict)
    parameters: Mapping[str, int] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    genesis: "Callable[[Context, Genesis], None] | None" = None
    identify: "Callable[[Context, int, bytes], Signer] | None" = None
    standing: "Callable[[Reader, int], Standing] | None" = None
    hand_over: "Callable[[Context], None] | None" = None
    balance: "Callable[[BlockState], list[str]] | None" = None
    invariants: "Callable[[Context], list[str]] | None" = None
    words: Vocabulary = field(default_factory=Vocabulary)


_H = TypeVar("_H", bound=Callable[..., None])


class _HasRules(Protocol):
    __linxin_rules__: list[Rule]


class Rules:
    """Collects a module's rules by decorator: `@rules.rule(RegisterPlot, by=PRODUCERS)`,
    `@rules.timer(RecallSpread)`.
    """

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.timers: dict[type[Timer], Handler] = {}

    def rule(self, action: type[Action], by: Iterable[Role]) -> Callable[[_H], _H]:
        """Declare the function that decides `action`."""

        def declare(handler: _H) -> _H:
            self.rules.append(Rule(action, tuple(by), handler))
            return handler

        return declare

    def timer(self, timer: type[Timer]) -> Callable[[_H], _H]:
        """Declare the function that runs when `timer` is due."""

        def declare(handler: _H) -> _H:
            self.timers[timer] = handler
            return handler

        return declare


class Body(Message):
    """The signed part of a transaction; the registry narrows `action` to the union of all declared actions."""

    chain_id: bytes
    algorithm: int
    public_key: bytes
    nonce: bytes
    expires_at_ms: int
    action: Any
    commitment: bytes | None


DEFAULT_PARAMETERS: Mapping[str, int] = {
    "clock_ahead_ms": 2_000,
    "expiry_max_ms": 24 * 3600 * 1000,
    "block_interval_ms": 50,
    "empty_block_ms": 10_000,
    "timers_per_block": 256,
}
"""The ledger's own genesis parameters: how far an event time may lie ahead of block time, how long a transaction may
stay
valid, the least time between proposals, the time after which an empty block is proposed, the timers run in one
block."""


DEFAULT_BOUNDS: Mapping[str, Bounds] = {
    "block_interval_ms": (10, 10_000),
    "empty_block_ms": (100, 3_600_000),
    "timers_per_block": (1, 4_096),
}
"""Which of the ledger's own parameters may change, and how far. Not `expiry_max_ms`: verifiers who know genesis alone
judge every transaction by it. Not `clock_ahead_ms`: the bounds of journeys rest on what it was when records were made
(docs/adr/0005)."""


def changeable(modules: Iterable[Module]) -> dict[str, Bounds]:
    """Every parameter that may change on a running network: the ledger's own and those of `modules`."""
    bounds = dict(DEFAULT_BOUNDS)
    for module in modules:
        assert module.bounds.keys() <= module.parameters.keys(), f"{module.name} bounds what it does not have"
        bounds |= module.bounds
    return bounds


class Registry:
    """All modules of a network: finds rules, decodes actions and timers. Immutable once made.

    `rules_version` is what this software knows; only tests of upgrades give another.
    """

    def __init__(self, modules: Iterable[Module], rules_version: int = RULES_VERSION) -> None:
        self.modules = tuple(modules)
        self.rules_version = rules_version
        self.rules: dict[type[Action], Rule] = {}
        self.timers: dict[type[Timer], Handler] = {}
        self.parameters: dict[str, int] = dict(DEFAULT_PARAMETERS)
        for module in self.modules:
            for rule in module.rules:
                assert tag_of(rule.action).startswith(f"{module.name}."), rule.action
                assert rule.action not in self.rules, f"two rules for {rule.action}"
                self.rules[rule.action] = rule
            for timer, handler in module.timers.items():
                assert tag_of(timer).startswith(f"{module.name}."), timer
                self.timers[timer] = handler
            assert not self.parameters.keys() & module.parameters.keys(), f"{module.name} redeclares a parameter"
            self.parameters |= module.parameters
        identifiers = [module.identify for module in self.modules if module.identify is not None]
        assert len(identifiers) == 1, "exactly one module tells whose key signed"
        self.identify = identifiers[0]
        governing = [module for module in self.modules if module.standing is not None]
        assert len(governing) <= 1, "one module decides about the network"
        self.standing: Callable[[Reader, int], Standing] = lambda _reader, _height: UNGOVERNED
        self.hand_over: Callable[[Context], None] | None = None
        for module in governing:
            assert module.standing is not None
            self.standing, self.hand_over = module.standing, module.hand_over
        self.words = join((LEDGER_WORDS, *(module.words for module in self.modules)))
        self.actions = {tag_of(action): action for action in self.rules}
        self.decode_body: Decoder[Body] = Decoder(_body_type(tuple(self.rules)), TRANSACTION_SIZE_MAX)
        self.decode_timer: Decoder[Timer] = Decoder(_union(self.timers) if self.timers else Timer, TRANSACTION_SIZE_MAX)
        self.decode_restricted: dict[type[Action], Decoder[Message]] = {
            action: Decoder(action.restricted, RESTRICTED_SIZE_MAX)
            for action in self.rules
            if action.restricted is not None
        }


def _union(kinds: Iterable[type]) -> Any:
    """The union type of all `kinds`, of which there is at least one."""
    return reduce(or_, kinds)


def _body_type(actions: tuple[type[Action], ...]) -> type[Body]:
    """`Body` with `action` narrowed to exactly the declared actions, so that decoding checks every field."""
    annotations = {**Body.__annotations__, "action": _union(actions)}
    return type("Body", (Message,), {"__annotations__": annotations, "__module__": __name__})
