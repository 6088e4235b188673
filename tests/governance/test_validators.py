"""Learners join, are promoted, take places, leave; a set changes ten heights after the vote; nothing is used twice."""

import pytest

from ledger.block import EFFECT, Validator, decode_leaf
from ledger.certificate import validators_hash
from ledger.crypto.checkpoint import parse_checkpoint
from ledger.modules.governance import errors as e
from ledger.modules.governance import messages as m
from ledger.modules.governance import state as s
from ledger.modules.registry import errors as r
from ledger.modules.registry import messages as rm
from tests.governance.network import FOUR, Network, key_of

FIRST = ["farm", "hub", "inspector", "platform"]


@pytest.fixture
def net() -> Network:
    return Network()


def add(net: Network, name: str, organisation: str) -> None:
    net.pass_(net.learner(name, organisation))


def test_genesis_makes_the_first_set(net: Network) -> None:
    records = s.validator_records(net.state)
    assert records["farm"] == s.ValidatorRecord(
        "farm", key_of("node farm").public_key, "farm.example:7700", "validator", 1, 1
    )
    assert s.set_history(net.state) == [(1, net.genesis.validators())]
    assert s.validators_of(net.state, 10**6) == net.genesis.validators()
    assert s.pending_change(net.state) is None


def test_a_learner_is_promoted_ten_heights_after_the_vote(net: Network) -> None:
    add(net, "mill", "mill")
    assert s.validator_records(net.state)["mill"].status == "learner"
    assert net.in_force == FIRST
    events = net.pass_(m.ProposePromotion("mill"))
    passed = net.height
    first = passed + s.SET_DELAY
    assert events["set_decided"] == [first, 4, 5, 4]
    pending = s.pending_change(net.state)
    assert pending is not None
    assert (pending[0], [one.name for one in pending[1]][2:4]) == (first, ["linxin/test/inspector", "linxin/test/mill"])
    for height in range(passed + 1, first + 1):
        before = net.head.validators
        block = net.block()
        named = parse_checkpoint(block.text).validators
        assert net.in_force == (sorted([*FIRST, "mill"]) if height >= first - 1 else FIRST)
        assert (named == validators_hash(before)) == (height != first - 1), "the old set certifies who comes next"
    handover = net.blocks[first - 2]
    effects = [leaf for leaf in map(decode_leaf, handover.leaves) if leaf.kind == EFFECT]
    assert [leaf.outcome[3] for leaf in effects] == [[["handed_over", first, "farm,hub,inspector,mill,platform"]]]
    record = s.validator_records(net.state)["mill"]
    assert (record.status, record.first_height) == ("validator", first)
    assert s.validators_of(net.state, first - 1) == net.genesis.validators()
    assert len(s.validators_of(net.state, first)) == 5


def test_a_key_is_rotated_by_replacing_the_machine(net: Network) -> None:
    add(net, "farm-2", "farm")
    first = net.change_set(m.ProposeReplacement("farm", "farm-2"))
    assert net.in_force == ["farm-2", "hub", "inspector", "platform"]
    records = s.validator_records(net.state)
    assert (records["farm"].status, records["farm"].retired_height) == ("retired", first)
    assert (records["farm-2"].status, records["farm-2"].first_height) == ("validator", first)
    net.accept("farm", m.ProposeParameter("empty_block_ms", 5_000))


def test_removal_warns_of_what_is_borne_no_more(net: Network) -> None:
    events = net.pass_(m.ProposeRemoval("platform"))
    assert events["tolerance_lowered"] == [1, 0]
    assert events["no_liar_tolerated"] == [3]
    net.blocks_until(net.height + s.SET_DELAY)
    assert net.in_force == ["farm", "hub", "inspector"]
    add(net, "mill", "mill")
    events = net.pass_(m.ProposePromotion("mill"))
    assert "tolerance_lowered" not in events
    assert "no_liar_tolerated" not in events


def test_the_last_validator_stays() -> None:
    net = Network({"platform": "platform"})
    assert net.refuse("platform", m.ProposeRemoval("platform"), e.LastValidator) == ["platform"]
    assert net.accept("platform", net.learner("farm", "farm"))["learner_added"] == ["farm", "farm"]
    first = net.change_set(m.ProposeReplacement("platform", "farm"), ("platform",))
    assert net.in_force == ["farm"]
    assert net.height == first
    net.refuse("platform", m.ProposeRemoval("farm"), e.NotValidatorOrganisation)


def test_one_change_of_the_set_at_a_time(net: Network) -> None:
    add(net, "mill", "mill")
    net.pass_(m.ProposeRemoval("hub"))
    first = net.height + s.SET_DELAY
    net.accept("farm", m.ProposePromotion("mill"))
    number = max(s.proposal_records(net.state))
    net.accept("hub", m.Vote(number, True))
    assert net.refuse("platform", m.Vote(number, True), e.SetChangePending) == [str(first)]
    net.pass_(m.ProposeParameter("empty_block_ms", 5_000))
    net.blocks_until(first - 2)
    assert net.act("platform", m.Vote(number, True)).code == e.SetChangePending.number, "in the handover's own block"
    events = net.accept("platform", m.Vote(number, True))
    assert net.height == first, "the first height of the new set is the first at which another can pass"
    assert events["set_decided"][0] == first + s.SET_DELAY


def test_a_learner_on_its_way_in_is_not_taken_away(net: Network) -> None:
    add(net, "mill", "mill")
    net.pass_(m.ProposePromotion("mill"))
    height = str(net.height + s.SET_DELAY)
    assert net.refuse("farm", m.ProposeRemoval("mill"), e.SetChangePending) == [height]


def test_learners_leave_at_once_and_for_good(net: Network) -> None:
    add(net, "mill", "mill")
    assert net.pass_(m.ProposeRemoval("mill"))["learner_removed"] == ["mill"]
    assert s.validator_records(net.state)["mill"].retired_height == net.height + 1
    assert net.in_force == FIRST
    for action in (m.ProposePromotion("mill"), m.ProposeRemoval("mill"), m.ProposeReplacement("farm", "mill")):
        net.refuse("farm", action, e.ValidatorRetired)


def test_neither_ids_nor_keys_are_used_twice(net: Network) -> None:
    assert net.refuse("farm", net.learner("hub", "mill", key_of("new")), e.ValidatorIdUsed) == ["hub"]
    details = net.refuse("farm", net.learner("hub-2", "hub", key_of("node hub")), r.KeyUsed)
    assert details[1] == "validator:hub"
    details = net.refuse("farm", net.learner("hub-2", "hub", key_of("mill")), r.KeyUsed)
    assert details[1] == "organisation:mill"
    add(net, "mill", "mill")
    net.pass_(m.ProposeRemoval("mill"))
    net.refuse("farm", net.learner("mill", "mill", key_of("new")), e.ValidatorIdUsed)
    details = net.refuse("farm", net.learner("mill-2", "mill", key_of("node mill")), r.KeyUsed)
    assert details[1] == "validator:mill"
    new = key_of("node mill")
    possession = new.sign(rm.possession_message(net.genesis.chain_id, "organisation:mill"))
    add_key = rm.AddKey("organisation:mill", rm.NewKey(new.algorithm, new.public_key, possession))
    assert net.refuse("mill", add_key, r.KeyUsed)[1] == "validator:mill"


def test_two_proposals_with_one_key_cannot_both_pass(net: Network) -> None:
    net.accept("farm", net.learner("mill", "mill"))
    net.accept("hub", net.learner("mill-2", "mill", key_of("node mill")))
    for voter in ("hub", "platform"):
        net.accept(voter, m.Vote(1, True))
    net.accept("farm", m.Vote(2, True))
    net.refuse("platform", m.Vote(2, True), r.KeyUsed)


def test_possession_is_of_this_key_id_and_chain(net: Network) -> None:
    good = net.learner("mill", "mill")
    of_other_id = net.learner("mill-2", "mill", key_of("node mill"))
    net.refuse("farm", m.ProposeLearner("mill", "mill", good.public_key, of_other_id.possession), r.PossessionUnproven)
    other_chain = Network({"farm": "farm"}).learner("mill", "mill")
    net.refuse("farm", other_chain, r.PossessionUnproven)
    net.refuse("farm", m.ProposeLearner("mill", "mill", bytes(32), good.possession), r.KeyInvalid)


def test_who_cannot_be_moved(net: Network) -> None:
    add(net, "mill", "mill")
    assert net.refuse("farm", m.ProposePromotion("hub"), e.NotLearner) == ["hub", "validator"]
    assert net.refuse("farm", m.ProposeReplacement("mill", "mill"), e.NotInForce) == ["mill", "learner"]
    assert net.refuse("farm", m.ProposeReplacement("hub", "farm"), e.NotLearner) == ["farm", "validator"]
    assert net.refuse("farm", m.ProposeRemoval("nobody"), e.ValidatorUnknown) == ["nobody"]
    net.refuse("farm", net.learner("x", "nobody"), r.OrganisationUnknown)


def test_a_change_is_checked_again_when_it_passes(net: Network) -> None:
    """The learner left between the proposal and the vote that would have promoted it."""
    add(net, "mill", "mill")
    net.accept("farm", m.ProposePromotion("mill"))
    number = max(s.proposal_records(net.state))
    net.accept("hub", m.Vote(number, True))
    net.pass_(m.ProposeRemoval("mill"))
    net.refuse("platform", m.Vote(number, True), e.ValidatorRetired)
    assert s.proposal_records(net.state)[number].status == "open"


def test_addresses_are_told_by_the_operator(net: Network) -> None:
    net.accept("farm", m.SetAddress("farm", "[2001:db8::1]:7700"))
    assert s.validator_records(net.state)["farm"].address == "[2001:db8::1]:7700"
    assert net.refuse("hub", m.SetAddress("farm", "hub.example:1"), e.NotOperator) == ["farm", "farm"]
    net.refuse("hub", m.SetAddress("nobody", ""), e.ValidatorUnknown)
    net.change_set(m.ProposeRemoval("farm"), ("farm", "hub", "platform"))
    net.refuse("farm", m.SetAddress("farm", ""), e.ValidatorRetired)


def test_a_set_has_at_most_as_many_as_verifiers_accept(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    add(net, "mill", "mill")
    monkeypatch.setattr(s, "VALIDATORS_MAX", 4)
    assert net.refuse("farm", m.ProposePromotion("mill"), e.TooManyValidators) == ["validator", "4"]
    monkeypatch.setattr(s, "LEARNERS_MAX", 1)
    assert net.refuse("farm", net.learner("mill-2", "mill"), e.TooManyValidators) == ["learner", "1"]


def test_the_whole_life_of_a_set(net: Network) -> None:
    """Every organisation's machine is replaced in turn while one joins and one leaves; every block holds."""
    sets = [net.head.validators]
    for name in FOUR:
        voters = ("farm", "hub", "inspector")
        net.pass_(net.learner(f"{name}-2", name), voters)
        net.change_set(m.ProposeReplacement(name, f"{name}-2"), voters)
        sets.append(net.head.validators)
    assert net.in_force == ["farm-2", "hub-2", "inspector-2", "platform-2"]
    assert [members for _, members in s.set_history(net.state)] == sets
    for first, members in s.set_history(net.state)[1:]:
        assert parse_checkpoint(net.blocks[first - 2].text).validators == validators_hash(members)
    assert all(isinstance(one, Validator) for one in net.head.validators)
