"""What governance needs of other modules: nothing wider than these."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ledger.context import Context


class Organisations(Protocol):
    """The registry's organisations."""

    def need(self, ctx: "Context", organisation: str) -> object:
        """An organisation that may act; raises the registry's refusals."""


class Keys(Protocol):
    """The registry's memory of every key that ever served anybody."""

    def check_new(self, ctx: "Context", subject: str, public_key: bytes, possession: bytes) -> None:
        """Raise the registry's refusals unless this Ed25519 key is sound, never served, and signed for `subject`."""

    def reserve(self, ctx: "Context", subject: str, public_key: bytes) -> None:
        """Remember that the key serves `subject`, so that it never serves another. Requires a key never reserved."""
