"""Which of several links fits a request best: language first, then media type, then context.

Source: RFC 9110 §12.5 (Accept, Accept-Language), RFC 4647 §3.3-3.4 (matching of language tags); GS1-Conformant
Resolver Standard, "link selection".
"""

from collections.abc import Callable, Sequence

from standards.resolver.model import Target

HEADER_MAX = 1_000
"""Characters of a header that are looked at."""

RANGES_MAX = 32
UNDEFINED = "und"


def choose(targets: Sequence[Target], accept_language: str, accept: str, context: str) -> list[Target]:
    """The links that fit best, those that nothing in a request could tell apart; the first is the one to take.

    `targets` has at least one element. What matches nothing is no reason to answer nothing: all remain.
    """
    chosen = _by_language(targets, preferences(accept_language))
    chosen = _first_match(chosen, [wanted.lower() for wanted in preferences(accept)], _has_media_type)
    if context:
        chosen = _first_match(chosen, [context], _has_context)
    first = chosen[0]
    return [target for target in chosen if _traits(target) == _traits(first)]


def preferences(header: str) -> list[str]:
    """The ranges of an Accept header, the most wanted first; those of no weight are left out."""
    weighted: list[tuple[float, str]] = []
    for part in header[:HEADER_MAX].split(",")[:RANGES_MAX]:
        name, *parameters = [piece.strip() for piece in part.split(";")]
        weight = _weight(parameters)
        if name and weight > 0:
            weighted.append((weight, name))
    return [name for _, name in sorted(weighted, key=lambda each: -each[0])]


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0


def _by_language(targets: Sequence[Target], wanted: Sequence[str]) -> list[Target]:
    """For each range in turn: links in just this language, in a variety of it, in the language it is a variety of."""
    for language in wanted:
        for speaks in (_speaks_exactly, _speaks_variety, _speaks_parent):
            found = [target for target in targets if any(speaks(tag, language) for tag in target.languages)]
            if found:
                return found
    if wanted:
        neutral = [target for target in targets if not target.languages or UNDEFINED in target.languages]
        return neutral or list(targets)
    return list(targets)


def _speaks_exactly(tag: str, language: str) -> bool:
    return tag.lower() == language.lower()


def _speaks_variety(tag: str, language: str) -> bool:
    return tag.lower().startswith(language.lower() + "-") or (language == "*" and tag != UNDEFINED)


def _speaks_parent(tag: str, language: str) -> bool:
    return language.lower().startswith(tag.lower() + "-")


def _first_match(targets: Sequence[Target], wanted: Sequence[str], fits: Callable[[Target, str], bool]) -> list[Target]:
    for each in wanted:
        found = [target for target in targets if fits(target, each)]
        if found:
            return found
    return list(targets)


def _has_media_type(target: Target, wanted: str) -> bool:
    kind, _, subtype = wanted.partition("/")
    if wanted == "*/*" or not target.media_type:
        return wanted == "*/*"
    return target.media_type.lower() == wanted or (subtype == "*" and target.media_type.lower().startswith(kind + "/"))


def _has_context(target: Target, wanted: str) -> bool:
    return wanted in target.contexts


def _traits(target: Target) -> tuple[object, ...]:
    return (frozenset(target.languages), target.media_type, frozenset(target.contexts))
