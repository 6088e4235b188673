"""What a resolver says of itself, at `/.well-known/gs1resolver`.

Source: GS1-Conformant Resolver Standard, "resolver description file".
"""

from typing import Any

from standards.gs1.dictionary import table
from standards.resolver.linkset import CONTEXT_PATH
from standards.resolver.model import VOCABULARY, Resolver

DESCRIPTION_PATH = "/.well-known/gs1resolver"


def description(resolver: Resolver) -> dict[str, Any]:
    """The resolver description file."""
    document: dict[str, Any] = {
        "name": resolver.name,
        "resolverRoot": resolver.root,
        "supportedPrimaryKeys": [entry.ai for entry in table().values() if entry.chains is not None],
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "supportsLanguageVariants": True,
        "supportsMediaTypeVariants": True,
        "validatesAIcombinations": False,
        "jsonLdContext": resolver.root + CONTEXT_PATH,
    }
    if resolver.terms:
        document["termsOfUse"] = resolver.terms
    if resolver.contact:
        document["contact"] = {"fn": resolver.contact}
    return document
