"""What the rules of rewards share."""

from ledger.module import Rules

RULES = Rules()
"""Rules `(ports, ctx, action)` and timers `(ports, ctx, timer)`; bound to the ports when the module is made."""
