"""One vote per organisation that runs a validator, a quorum of them decides, and what is open comes to an end."""

import pytest

from ledger.block import EFFECT, decode_leaf
from ledger.crypto.signing import Algorithm
from ledger.errors import WrongRole
from ledger.modules.governance import errors as e
from ledger.modules.governance import messages as m
from ledger.modules.governance.rules.deciding import verdict
from ledger.modules.governance.state import OPEN_OF_ONE_MAX, proposal_records
from ledger.modules.registry import messages as r
from ledger.text import TextForbidden
from tests.governance.network import FOUR, Network, key_of

SLOWER = m.ProposeParameter("empty_block_ms", 20_000, "夜间较少交易")


@pytest.fixture
def net() -> Network:
    return Network()


def test_a_quorum_of_organisations_passes_it(net: Network) -> None:
    assert net.accept("farm", SLOWER)["proposed"] == [1]
    assert "proposal_closed" not in net.accept("hub", m.Vote(1, True))
    assert net.accept("platform", m.Vote(1, True))["proposal_closed"] == [1, "passed"]
    row = proposal_records(net.state)[1]
    assert (row.status, row.by, row.decided_height, row.change) == ("passed", "farm", net.height, SLOWER)
    assert net.refuse("inspector", m.Vote(1, True), e.ProposalClosed) == ["1", "passed"]


def test_it_is_rejected_as_soon_as_it_cannot_pass(net: Network) -> None:
    net.accept("farm", SLOWER)
    assert "proposal_closed" not in net.accept("hub", m.Vote(1, False))
    assert net.accept("platform", m.Vote(1, False))["proposal_closed"] == [1, "rejected"]
    assert net.rows()[b"governance/in_force/"] == Network().rows()[b"governance/in_force/"]


def test_an_organisation_with_two_validators_has_one_vote() -> None:
    net = Network({"farm": "farm", "farm-2": "farm", "hub": "hub", "platform": "platform"})
    net.accept("farm", SLOWER)
    net.refuse("farm", m.Vote(1, True), e.AlreadyVoted)
    assert "proposal_closed" not in net.accept("hub", m.Vote(1, False))
    net.accept("hub", m.Vote(1, True))
    assert proposal_records(net.state)[1].status == "passed", "two of three organisations are their quorum"


def test_a_mind_may_change_until_the_end(net: Network) -> None:
    net.accept("farm", SLOWER)
    net.accept("hub", m.Vote(1, False))
    net.accept("farm", m.Vote(1, False))
    assert proposal_records(net.state)[1].status == "rejected"
    assert proposal_records(net.state)[1].votes == (("farm", False), ("hub", False))


def test_only_who_runs_a_validator_governs(net: Network) -> None:
    assert net.refuse("mill", SLOWER, e.NotValidatorOrganisation) == ["mill"]
    net.accept("farm", SLOWER)
    net.refuse("mill", m.Vote(1, True), e.NotValidatorOrganisation)
    net.pass_(net.learner("mill", "mill"), ("farm", "hub", "platform"))
    net.refuse("mill", m.Vote(1, True), e.NotValidatorOrganisation)


def test_devices_members_and_validators_keys_do_not_govern(net: Network) -> None:
    staff = key_of("staff")
    possession = staff.sign(r.possession_message(net.genesis.chain_id, "member:s-1"))
    new_key = r.NewKey(Algorithm.ED25519, staff.public_key, possession)
    net.accept("farm", r.RegisterMember("s-1", "staff", True, new_key))
    assert net.refuse(staff, SLOWER, e.OrganisationKeyNeeded) == ["member:s-1"]
    receipt = net.act(key_of("node farm"), SLOWER)
    assert receipt.code == 20, "a validator's key signs checkpoints only"
    resident = key_of("resident")
    possession = resident.sign(r.possession_message(net.genesis.chain_id, "member:r-1"))
    new_key = r.NewKey(Algorithm.ED25519, resident.public_key, possession)
    net.accept("community", r.RegisterMember("r-1", "resident", True, new_key))
    net.refuse(resident, SLOWER, WrongRole)


def test_proposals_expire_by_themselves() -> None:
    net = Network(parameters={"proposal_expiry_ms": 60_000})
    net.accept("farm", SLOWER)
    net.block(after_ms=59_999)
    assert proposal_records(net.state)[1].status == "open"
    block = net.block(after_ms=1)
    (effect,) = [leaf for leaf in map(decode_leaf, block.leaves) if leaf.kind == EFFECT]
    assert effect.outcome[3] == [["proposal_closed", 1, "expired"]]
    assert net.refuse("hub", m.Vote(1, True), e.ProposalClosed) == ["1", "expired"]


def test_an_expiry_that_comes_after_the_decision_changes_nothing() -> None:
    net = Network(parameters={"proposal_expiry_ms": 60_000})
    net.pass_(SLOWER)
    before = net.rows()
    net.block(after_ms=120_000)
    assert net.rows() == before


def test_the_proposer_takes_it_back(net: Network) -> None:
    net.accept("farm", SLOWER)
    assert net.refuse("hub", m.Withdraw(1), e.NotProposer) == ["1", "farm"]
    assert net.accept("farm", m.Withdraw(1))["proposal_closed"] == [1, "withdrawn"]
    net.refuse("farm", m.Withdraw(1), e.ProposalClosed)
    net.refuse("farm", m.Withdraw(2), e.ProposalUnknown)
    net.refuse("farm", m.Vote(2, True), e.ProposalUnknown)


def test_nobody_crowds_out_the_others(net: Network) -> None:
    for _ in range(OPEN_OF_ONE_MAX):
        net.accept("farm", SLOWER)
    assert net.refuse("farm", SLOWER, e.TooManyProposals) == [str(OPEN_OF_ONE_MAX)] * 2
    net.accept("hub", SLOWER)
    net.accept("farm", m.Withdraw(3))
    net.accept("farm", SLOWER)


def test_alone_one_decides_by_proposing() -> None:
    net = Network({"platform": "platform"})
    assert net.accept("platform", SLOWER)["proposal_closed"] == [1, "passed"]


def test_the_electorate_is_that_of_the_moment(net: Network) -> None:
    """The vote of an organisation that has left counts no more, and fewer are needed."""
    net.accept("inspector", SLOWER)
    net.accept("farm", m.Vote(1, True))
    net.change_set(m.ProposeRemoval("inspector"), ("farm", "hub", "platform"))
    assert net.refuse("inspector", m.Vote(1, True), e.NotValidatorOrganisation) == ["inspector"]
    assert net.accept("hub", m.Vote(1, True))["proposal_closed"] == [1, "passed"]


@pytest.mark.parametrize(
    ("voters", "yes", "no", "expected"),
    [
        ("a", "a", "", "passed"),
        ("ab", "a", "", "open"),
        ("ab", "a", "b", "rejected"),
        ("abc", "ab", "", "passed"),
        ("abc", "a", "b", "open"),
        ("abcd", "ab", "c", "open"),
        ("abcd", "ab", "cd", "rejected"),
        ("abcd", "abc", "d", "passed"),
        ("abcde", "abc", "d", "open"),
        ("abcde", "abcd", "e", "passed"),
        ("abcde", "abc", "de", "rejected"),
        ("abcdefg", "abcd", "fg", "open"),
        ("abcdefg", "abcde", "fg", "passed"),
        ("abc", "axy", "", "open"),
        ("abc", "ab", "xyz", "passed"),
        ("abc", "a", "xyz", "open"),
    ],
)
def test_what_votes_come_to(voters: str, yes: str, no: str, expected: str) -> None:
    """quorum(n) of the organisations, as of validators: 2 of 3, 3 of 4, 4 of 5, 5 of 7; x, y and z have left."""
    votes = tuple(sorted([(one, True) for one in yes] + [(one, False) for one in no]))
    assert verdict(votes, frozenset(voters)) == expected


def test_a_repeated_vote_counts_when_it_now_decides() -> None:
    """Three of four approved a second change while one was under way; who voted before may vote again afterwards."""
    net = Network()
    net.accept("farm", m.ProposeRemoval("inspector"))
    net.accept("hub", m.Vote(1, True))
    net.change_set(m.ProposeRemoval("platform"))
    assert net.accept("hub", m.Vote(1, True))["proposal_closed"] == [1, "passed"], "two of three are a quorum now"


def test_reasons_are_plain_text(net: Network) -> None:
    net.refuse("farm", m.ProposeRemoval("hub", "hi\u202edden"), TextForbidden)


def test_governance_is_in_the_organisations_journals(net: Network) -> None:
    net.accept("farm", SLOWER)
    net.accept("hub", m.Vote(1, True))
    for organisation in ("farm", "hub"):
        leaves = [decode_leaf(leaf) for block in net.blocks[1:] for leaf in block.leaves]
        assert any(subject[0] == f"organisation:{organisation}" for leaf in leaves for subject in leaf.subjects)
    assert set(FOUR) == set(net.in_force)
