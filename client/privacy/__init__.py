"""What the vaults of a network hold of somebody: found, taken along, erased."""

from client.privacy.erasing import Done, Kept, erase
from client.privacy.export import Exported, export
from client.privacy.holdings import Held, Holdings, find_holdings

__all__ = ["Done", "Exported", "Held", "Holdings", "Kept", "erase", "export", "find_holdings"]
