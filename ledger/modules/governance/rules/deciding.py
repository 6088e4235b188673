"""Proposing, voting, withdrawing and expiry.

The electorate is the organisations that run the validators in force: one vote each, however many machines it runs. A
proposal passes when quorum(number of those organisations) approve, and is rejected as soon as it cannot any more. It is
judged when it is proposed and at each vote, by the electorate of that moment.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.certificate import quorum
from ledger.modules.governance import messages as m
from ledger.modules.governance import state as s
from ledger.modules.governance.errors import (
    AlreadyVoted,
    NotOperator,
    NotProposer,
    NotValidatorOrganisation,
    OrganisationKeyNeeded,
    ProposalClosed,
    ProposalUnknown,
    TooManyProposals,
    ValidatorRetired,
    ValidatorUnknown,
)
from ledger.state import OTHER
from ledger.text import check_text

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.governance.rules.changes import Changes


def electorate(ctx: "Context") -> frozenset[str]:
    """The organisations that run the validators in force."""
    ids = s.need_set(ctx, s.need_in_force(ctx).set_height).ids()
    rows = (s.validators.get(ctx, validator) for validator in ids)
    return frozenset(row.organisation for row in rows if row is not None)


def verdict(votes: "tuple[tuple[str, bool], ...]", voters: frozenset[str]) -> s.ProposalStatus:
    """What the votes come to: passed, rejected or open. Votes of organisations outside of `voters` do not count."""
    needed = quorum(len(voters))
    yes = sum(1 for organisation, approve in votes if approve and organisation in voters)
    no = sum(1 for organisation, approve in votes if not approve and organisation in voters)
    if yes >= needed:
        return "passed"
    return "rejected" if len(voters) - no < needed else "open"


def _own_organisation(ctx: "Context") -> str:
    """The organisation that signed by a key of its own."""
    organisation = ctx.signer.organisation
    if ctx.signer.subject != f"organisation:{organisation}":
        raise OrganisationKeyNeeded(ctx.signer.subject)
    return organisation


def _need_open(ctx: "Context", number: int) -> s.Proposal:
    row = s.proposals.need(ctx, s.proposal_key(number), ProposalUnknown(number))
    ctx.require(row.status == "open", ProposalClosed(number, row.status))
    return row


class Deciding:
    """The rules of proposals, over what checks and makes the changes."""

    def __init__(self, changes: "Changes") -> None:
        self._changes = changes

    def propose(self, ctx: "Context", action: m.Change) -> None:
        """Put a change to the vote; the proposer's own organisation approves it by proposing."""
        organisation = _own_organisation(ctx)
        voters = electorate(ctx)
        ctx.require(organisation in voters, NotValidatorOrganisation(organisation))
        check_text("reason", action.reason)
        self._changes.check(ctx, action)
        docket = s.docket.get(ctx, "")
        assert docket is not None, "genesis writes the docket"
        rows = [s.proposals.get(ctx, s.proposal_key(number)) for number in docket.open]
        own = sum(1 for row in rows if row is not None and row.by == organisation)
        ctx.require(len(rows) < s.OPEN_MAX, TooManyProposals(len(rows), s.OPEN_MAX))
        ctx.require(own < s.OPEN_OF_ONE_MAX, TooManyProposals(own, s.OPEN_OF_ONE_MAX))
        number, expires_ms = docket.count + 1, ctx.time_ms + ctx.parameters["proposal_expiry_ms"]
        s.docket.put(ctx, "", s.Docket(number, (*docket.open, number)))
        ctx.event("proposed", number)
        ctx.schedule(expires_ms, m.Expire(number))
        row = s.Proposal(action, organisation, "open", ctx.height, expires_ms, ((organisation, True),))
        self._judge(ctx, number, row, voters)

    def vote(self, ctx: "Context", action: m.Vote) -> None:
        """Approve or disapprove; the vote that decides makes the change, or is refused with what stands against it."""
        organisation = _own_organisation(ctx)
        voters = electorate(ctx)
        ctx.require(organisation in voters, NotValidatorOrganisation(organisation))
        row = _need_open(ctx, action.proposal)
        votes = tuple(sorted((dict(row.votes) | {organisation: action.approve}).items()))
        if votes == row.votes and verdict(votes, voters) == "open":
            raise AlreadyVoted(organisation, action.proposal)
        self._judge(ctx, action.proposal, replace(row, votes=votes), voters)

    def withdraw(self, ctx: "Context", action: m.Withdraw) -> None:
        """Take one's own open proposal back."""
        row = _need_open(ctx, action.proposal)
        ctx.require(_own_organisation(ctx) == row.by, NotProposer(action.proposal, row.by))
        _close(ctx, action.proposal, row, "withdrawn")
        ctx.journal(f"organisation:{row.by}", OTHER)

    def expire(self, ctx: "Context", timer: m.Expire) -> None:
        """Close a proposal that nobody decided in time."""
        row = s.proposals.get(ctx, s.proposal_key(timer.proposal))
        assert row is not None, timer.proposal
        if row.status == "open":
            _close(ctx, timer.proposal, row, "expired")

    def set_address(self, ctx: "Context", action: m.SetAddress) -> None:
        """Let the organisation of a machine say where it is reached. Nobody votes on that."""
        row = s.validators.need(ctx, action.validator, ValidatorUnknown(action.validator))
        if row.retired_height is not None:
            raise ValidatorRetired(action.validator, row.retired_height)
        ctx.require(_own_organisation(ctx) == row.organisation, NotOperator(action.validator, row.organisation))
        s.validators.put(ctx, action.validator, replace(row, address=action.address))
        ctx.journal(f"organisation:{row.organisation}", OTHER)

    def _judge(self, ctx: "Context", number: int, row: s.Proposal, voters: frozenset[str]) -> None:
        """Write the proposal with its votes; make the change if they suffice."""
        status = verdict(row.votes, voters)
        if status == "passed":
            self._changes.check(ctx, row.change)
            self._changes.make(ctx, row.change, number)
        if status == "open":
            s.proposals.put(ctx, s.proposal_key(number), row)
        else:
            _close(ctx, number, row, status)
        ctx.journal(f"organisation:{ctx.signer.organisation}", OTHER)


def _close(ctx: "Context", number: int, row: s.Proposal, status: s.ProposalStatus) -> None:
    docket = s.docket.get(ctx, "")
    assert docket is not None, "genesis writes the docket"
    s.docket.put(ctx, "", replace(docket, open=tuple(each for each in docket.open if each != number)))
    s.proposals.put(ctx, s.proposal_key(number), replace(row, status=status, decided_height=ctx.height))
    ctx.event("proposal_closed", number, status)
