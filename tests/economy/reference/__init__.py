"""An independent reference of money, group buying and claims: happenings in, fen out.

Plain and slow on purpose, and written from the issue's rules alone: a campaign, an order and a claim are dictionaries,
sweeps are loops, time is a list of deadlines. `Reference.block` takes what happens at one instant and says which of it
is accepted; deadlines fire at exactly their time, those of the instant itself after what happens then. What
happenings there are, `tests/economy/campaigns.py` says.
"""

from tests.economy.reference.claims import Claims as Reference

__all__ = ["Reference"]
