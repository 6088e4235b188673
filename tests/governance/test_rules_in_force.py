"""Parameters hold from the height after the vote; an upgrade stops who does not know it before anything is signed."""

from dataclasses import dataclass, field

import pytest

from ledger.context import Context
from ledger.errors import Fatal, UpgradeNeeded
from ledger.genesis import BadGenesis
from ledger.module import Action, Module, Registry, Rules, changeable
from ledger.modules.catalogue import network_registry
from ledger.modules.governance import errors as e
from ledger.modules.governance import messages as m
from ledger.modules.governance import state as s
from ledger.roles import OPEN
from tests.governance.network import Network


class Show(Action, tag="show.show"):
    """Tells what a rule sees."""


def show(ctx: Context, _action: Show) -> None:
    """Say what holds here."""
    ctx.event("shown", ctx.rules_version, ctx.parameters["timers_per_block"])


def showing_registry(rules_version: int = 1) -> Registry:
    rules = Rules()
    rules.rule(Show, by=OPEN)(show)
    return Registry([*network_registry().modules, Module("show", tuple(rules.rules))], rules_version)


@dataclass
class Showing(Network):
    """A network whose rules tell what they see."""

    registry: Registry = field(default_factory=showing_registry)

    def shown(self) -> list[object]:
        """(rules version, timers per block) that a rule sees in the next block."""
        return self.accept("mill", Show())["shown"]


def test_a_parameter_holds_from_the_next_height() -> None:
    net = Showing()
    net.accept("farm", m.ProposeParameter("timers_per_block", 7))
    net.accept("hub", m.Vote(1, True))
    assert net.shown() == [1, 256]
    deciding, same_block = net.sign("platform", m.Vote(1, True)), net.sign("mill", Show())
    receipts = net.block(deciding, same_block).receipts
    assert [receipt.details[-1] for receipt in receipts if receipt] == [
        ["proposal_closed", 1, "passed"],
        ["shown", 1, 256],
    ]
    assert net.shown() == [1, 7]
    assert s.effective_parameters(net.state, net.genesis)["timers_per_block"] == 7
    assert net.genesis.parameters["timers_per_block"] == 256
    net.refuse("farm", m.ProposeParameter("timers_per_block", 7), e.ParameterUnchanged)
    net.pass_(m.ProposeParameter("timers_per_block", 256))
    assert net.shown() == [1, 256]


def test_what_must_not_change_and_how_far_the_rest_may() -> None:
    net = Network()
    never = ("expiry_max_ms", "clock_ahead_ms", "late_readings_ms")
    for fixed in never:
        assert net.refuse("farm", m.ProposeParameter(fixed, 1), e.ParameterFixed) == [fixed]
    assert net.refuse("farm", m.ProposeParameter("no_such", 1), e.ParameterUnknown) == ["no_such"]
    for name, (least, greatest) in changeable(net.registry.modules).items():
        for value in (least - 1, greatest + 1):
            if value >= 0:
                details = net.refuse("farm", m.ProposeParameter(name, value), e.ParameterOutOfBounds)
                assert details == [name, str(value), str(least), str(greatest)]
        assert least <= net.registry.parameters[name] <= greatest
    assert changeable(net.registry.modules).keys() == net.registry.parameters.keys() - set(never)


def test_two_proposals_for_one_value_cannot_both_pass() -> None:
    net = Network()
    net.accept("farm", m.ProposeParameter("timers_per_block", 7))
    net.accept("hub", m.ProposeParameter("timers_per_block", 7))
    net.accept("hub", m.Vote(1, True))
    net.accept("platform", m.Vote(1, True))
    net.accept("farm", m.Vote(2, True))
    net.refuse("platform", m.Vote(2, True), e.ParameterUnchanged)


def test_an_upgrade_stops_who_does_not_know_it() -> None:
    net = Showing()
    height = net.height + 20
    assert net.pass_(m.ProposeUpgrade(2, height))["upgrade_decided"] == [2, height]
    assert s.pending_upgrade(net.state) == (2, height)
    net.blocks_until(height - 2)
    assert net.shown() == [1, 256]
    rows, head = net.rows(), net.head
    with pytest.raises(UpgradeNeeded) as stopped:
        net.block()
    assert isinstance(stopped.value, Fatal)
    assert str(height) in str(stopped.value)
    assert "请升级" in str(stopped.value)
    assert (net.rows(), net.head) == (rows, head)
    net.registry = showing_registry(rules_version=2)
    assert net.shown() == [2, 256]
    assert (net.height, s.rules_version_at(net.state, height - 1)) == (height, 1)


def test_newer_software_goes_by_the_rules_in_force() -> None:
    net = Showing(registry=showing_registry(rules_version=3))
    assert net.shown() == [1, 256]
    height = net.height + 20
    net.pass_(m.ProposeUpgrade(2, height))
    net.blocks_until(height - 1)
    assert net.shown() == [2, 256]
    net.pass_(m.ProposeUpgrade(3, net.height + 20))
    assert net.shown() == [2, 256], "the version reached stays when the next one is decided"
    assert net.refuse("farm", m.ProposeUpgrade(4, net.height + 50), e.UpgradeVersion) == ["4", "3"]


def test_an_upgrade_not_yet_reached_can_be_moved() -> None:
    net = Showing()
    net.pass_(m.ProposeUpgrade(2, net.height + 20))
    later = net.height + 500
    net.pass_(m.ProposeUpgrade(2, later))
    assert s.pending_upgrade(net.state) == (2, later)
    net.blocks_until(net.height + 25)
    assert net.shown() == [1, 256]


def test_upgrades_come_one_by_one_and_not_at_once() -> None:
    net = Network()
    assert net.refuse("farm", m.ProposeUpgrade(1, 100), e.UpgradeVersion) == ["1", "2"]
    assert net.refuse("farm", m.ProposeUpgrade(3, 100), e.UpgradeVersion) == ["3", "2"]
    soon = net.height + 1 + s.SET_DELAY - 1
    assert net.refuse("farm", m.ProposeUpgrade(2, soon), e.UpgradeTooSoon) == [str(soon), str(soon + 1)]


def test_a_vote_too_late_for_its_upgrade_is_refused() -> None:
    net = Network()
    net.accept("farm", m.ProposeUpgrade(2, net.height + 15))
    net.accept("hub", m.Vote(1, True))
    net.blocks_until(net.height + 10)
    net.refuse("platform", m.Vote(1, True), e.UpgradeTooSoon)


def test_a_genesis_with_a_key_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Network({"farm": "farm"}).genesis.raw
    bad = good.replace(
        b'"public_key": "' + good.rpartition(b'"public_key": "')[2][:64], b'"public_key": "' + b"00" * 32
    )
    monkeypatch.setattr("tests.governance.network.genesis_bytes", lambda *_: bad)
    with pytest.raises((Fatal, BadGenesis)) as refused:
        Network({"farm": "farm"})
    assert "$.validators[0].public_key" in str(refused.value)
