"""One validator's part in ordering: the Raft core, and around it what a network of validators who lie needs."""

from consensus.member.member import Member
from consensus.member.ports import CheckPayload, EntryLog, MemberReady, Resume
from consensus.voters import Voters

__all__ = ["CheckPayload", "EntryLog", "Member", "MemberReady", "Resume", "Voters"]
