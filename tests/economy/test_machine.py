"""The economy under random people: see `machine.py`."""

from hypothesis import settings

from tests.conftest import EFFORT
from tests.economy.machine import Economy

TestEconomy = Economy.TestCase
TestEconomy.settings = settings(max_examples=20 * EFFORT, stateful_step_count=60)
