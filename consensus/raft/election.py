"""Becoming leader: campaigns, votes, and pre-votes (paper §5.2, §5.4.1; dissertation §3.10 transfer, §9.6 pre-vote)."""

from consensus.raft.messages import NOBODY, Message, MessageType, Role
from consensus.raft.quorum import VoteResult
from consensus.raft.replication import broadcast_append
from consensus.raft.state import Raft

_RESPONSE = {
    MessageType.VOTE: MessageType.VOTE_RESPONSE,
    MessageType.PRE_VOTE: MessageType.PRE_VOTE_RESPONSE,
}


def hup(raft: Raft, *, pre_vote: bool, force: bool = False) -> None:
    """Time to campaign, if this node may. `force`: the leader asked for it, voters shall not wait for its lease.

    A node with a committed and unapplied change does not know yet who votes: it does not campaign (etcd #7280).
    """
    if raft.is_leader or not raft.is_promotable or raft.log.has_unapplied_changes():
        return
    campaign(raft, pre_vote=pre_vote, force=force)


def campaign(raft: Raft, *, pre_vote: bool, force: bool = False) -> None:
    """Ask all voters, oneself included: the own vote counts when it is durable."""
    if not raft.is_promotable:
        return
    if pre_vote:
        raft.become_pre_candidate()
        kind, term = MessageType.PRE_VOTE, raft.term + 1
    else:
        raft.become_candidate()
        kind, term = MessageType.VOTE, raft.term
    last_index, last_term = raft.log.last_index, raft.log.last_term
    for voter in raft.configuration.all_voters:
        if voter == raft.id:
            raft.send(Message(type=_RESPONSE[kind], to=voter, term=term))
        else:
            raft.send(Message(type=kind, to=voter, term=term, index=last_index, log_term=last_term, force=force))


def on_vote_request(raft: Raft, message: Message) -> None:
    """Grant or refuse a vote or pre-vote. A learner votes as well: it may not know yet that it was promoted.

    Granted if this term's vote is free or already the candidate's, no leader of the term is known, and the candidate's
    log is at least as up to date. A pre-vote for a later term promises nothing, so it may be granted to many.
    """
    is_vote = message.type is MessageType.VOTE
    is_free = raft.vote == message.sender or (raft.vote == NOBODY and raft.leader == NOBODY)
    can_vote = is_free or (not is_vote and message.term > raft.term)
    if can_vote and raft.log.is_up_to_date(message.log_term, message.index):
        # The asked-for term, not the own one: a pre-candidate asks about a term in which nobody is yet.
        raft.send(Message(type=_RESPONSE[message.type], to=message.sender, term=message.term))
        if is_vote:
            raft.election_elapsed = 0
            raft.vote = message.sender
    else:
        raft.send(Message(type=_RESPONSE[message.type], to=message.sender, term=raft.term, reject=True))


def on_vote_response(raft: Raft, message: Message) -> None:
    """A candidate, or pre-candidate, counts a voter's answer."""
    is_pre = raft.role is Role.PRE_CANDIDATE
    if message.type is not (MessageType.PRE_VOTE_RESPONSE if is_pre else MessageType.VOTE_RESPONSE):
        return  # the answer to another campaign
    raft.tracker.record_vote(message.sender, granted=not message.reject)
    result = raft.tracker.result(raft.tracker.votes)
    if result is VoteResult.LOST:
        raft.become_follower(raft.term, NOBODY)
    elif result is VoteResult.WON and is_pre:
        campaign(raft, pre_vote=False)
    elif result is VoteResult.WON:
        raft.become_leader()
        broadcast_append(raft)
