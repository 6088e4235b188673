"""What a resolver is asked, what it knows, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from standards.gs1.elements import Element

VOCABULARY = "https://ref.gs1.org/voc/"
"""GS1 Web Vocabulary: the namespace of link types."""

_NAMESPACES = (VOCABULARY, "https://gs1.org/voc/", "http://gs1.org/voc/", "https://www.gs1.org/voc/", "gs1:")

DEFAULT = "defaultLink"
DEFAULT_MULTI = "defaultLinkMulti"


def link_type(name: str) -> str:
    """A link type's short name: `pip` of `gs1:pip`, `https://ref.gs1.org/voc/pip` and `pip`; else as it is."""
    return next((name.removeprefix(space) for space in _NAMESPACES if name.startswith(space)), name)


@dataclass(frozen=True, slots=True)
class Target:
    """A link: where to, of which type (short name of the GS1 vocabulary), what people call it.

    `languages`: BCP 47 tags, empty or `und` for none; `contexts`: markets or purposes it is meant for; `forwards`:
    whether the query of the request is handed on.
    """

    href: str
    type: str
    title: str
    media_type: str = ""
    languages: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    forwards: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known at one level, a product or one of its lots: a description, its links, the type of the default."""

    description: str
    targets: tuple[Target, ...]
    default_type: str = ""

    @property
    def default(self) -> Target | None:
        """The link for whoever asks for nothing in particular."""
        chosen = [target for target in self.targets if target.type == self.default_type]
        return next(iter(chosen or self.targets), None)


Source = Callable[[tuple[Element, ...]], Entry | None]
"""What is known of exactly this path (a primary key, or one with qualifiers); None where nothing is."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. `path` begins with a slash and is still percent-encoded, `query` has no question mark."""

    path: str
    query: str = ""
    method: str = "GET"
    accept: str = ""
    accept_language: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response; without a body where HEAD was asked."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Resolver:
    """Who resolves: `root` is the scheme and domain people scan, without a slash at the end."""

    root: str
    name: str
    terms: str = ""
    contact: str = ""
