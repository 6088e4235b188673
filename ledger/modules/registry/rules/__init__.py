"""The registry's rules: who may admit whom, and what happens to keys."""

from ledger.modules.registry.rules import devices, keys, members, organisations

RULES = (*organisations.rules.rules, *devices.rules.rules, *members.rules.rules, *keys.rules.rules)
"""Every rule of the module, one for each action."""
