"""Deliberate faults, each a few words of production source changed. The checks must notice every one.

Most are bugs that real systems shipped; `what` says what is wrong with the mutant, in the words of the rule it breaks.
A mutant whose words are no longer in the source fails `test_mutants.py`, so the list keeps up with the code.
"""

from tests.simulation.divergence_mutants import DIVERGENCE
from tests.simulation.mutant import Mutant

_ELECTION = "consensus.raft.election"
_FOLLOWER = "consensus.raft.follower"
_LEADER = "consensus.raft.leader"
_LOG = "consensus.raft.log"
_REPLICA = "network.replica.replica"
_DURABILITY = "network.replica.durability"
_FINALITY = "network.replica.finality"

CORE = (
    Mutant(
        "double-vote",
        "a vote is granted although this term's went to somebody else",
        _ELECTION,
        "can_vote = is_free or (not is_vote and message.term > raft.term)",
        "can_vote = True",
    ),
    Mutant(
        "vote-for-shorter-log",
        "the candidate's log may be shorter, if its last term is not older",
        _LOG,
        "return term > own or (term == own and index >= last)",
        "return term >= own",
    ),
    Mutant(
        "vote-ignores-last-term",
        "the longer log wins a vote, whatever its last term",
        _LOG,
        "return term > own or (term == own and index >= last)",
        "return index >= last",
    ),
    Mutant(
        "figure-8",
        "an entry of an older term is committed by counting copies (Raft §5.4.2; LogCabin #44)",
        _LOG,
        "if index > self.committed and self.matches(term, index):",
        "if index > self.committed:",
    ),
    Mutant(
        "commit-one-early",
        "one less than a quorum commits",
        "consensus.raft.quorum",
        "return indexes[quorum(len(indexes)) - 1]",
        "return indexes[max(quorum(len(indexes)) - 2, 0)]",
    ),
    Mutant(
        "joint-commit-new-half",
        "in a joint configuration the new half alone commits",
        "consensus.raft.quorum",
        "return min(committed_index(incoming, matched, quorum), committed_index(outgoing, matched, quorum))",
        "return committed_index(incoming, matched, quorum)",
    ),
    Mutant(
        "joint-vote-new-half",
        "in a joint configuration the new half alone elects",
        "consensus.raft.quorum",
        "results = {vote_result(incoming, votes, quorum), vote_result(outgoing, votes, quorum)}",
        "results = {vote_result(incoming, votes, quorum)}",
    ),
    Mutant(
        "no-truncation",
        "a conflicting entry of another term is kept",
        _LOG,
        "if not self.matches(entry.term, entry.index):",
        "if entry.index > self.last_index:",
    ),
    Mutant(
        "truncate-always",
        "a delayed append cuts off what a later one has added",
        _LOG,
        "        conflict = self._find_conflict(entries)\n",
        "        conflict = entries[0].index if entries and entries[0].index > self.committed else 0\n",
    ),
    Mutant(
        "acknowledge-last-index",
        "a follower acknowledges its own last entry instead of the last that matches (CCF #6016)",
        _FOLLOWER,
        "_acknowledge(raft, message.sender, matched)",
        "_acknowledge(raft, message.sender, log.last_index)",
    ),
    Mutant(
        "commit-not-clamped",
        "a heartbeat commits what the follower is not known to share with the leader",
        "consensus.raft.replication",
        "commit = min(progress.match, raft.log.committed)",
        "commit = raft.log.committed",
    ),
    Mutant(
        "append-commit-not-clamped",
        "an append commits entries beyond those that it proves to match",
        _LOG,
        "self.commit_to(min(commit, matched))",
        "self.commit_to(min(commit, self.last_index))",
    ),
    Mutant(
        "term-not-adopted",
        "a later term is not adopted",
        "consensus.raft.step",
        "raft.become_follower(message.term, message.sender if kind in _FROM_LEADER else NOBODY)",
        "raft.become_follower(raft.term, message.sender if kind in _FROM_LEADER else NOBODY)",
    ),
    Mutant(
        "earlier-term-obeyed",
        "messages of an earlier term are handled like others",
        "consensus.raft.step",
        "elif message.term and message.term < raft.term:",
        "elif message.term and message.term < raft.term - 1:",
    ),
    Mutant(
        "two-changes-at-once",
        "a second change of the voters is accepted while one is not applied (Ongaro 2015)",
        _LEADER,
        "if raft.pending_change_index > raft.log.applied:",
        "if raft.pending_change_index > raft.log.last_index:",
    ),
    Mutant(
        "campaign-before-applying",
        "a node campaigns with a committed change that it has not applied (etcd #7280)",
        _ELECTION,
        "if raft.is_leader or not raft.is_promotable or raft.log.has_unapplied_changes():",
        "if raft.is_leader or not raft.is_promotable:",
    ),
    Mutant(
        "proposals-during-transfer",
        "proposals are taken while leadership is handed over",
        _LEADER,
        "if raft.own_progress is None or raft.transferee != NOBODY:",
        "if raft.own_progress is None:",
    ),
    Mutant(
        "aba",
        "a write that ends after the log below it changed counts as a write of what is there now",
        "consensus.raft.unstable",
        "if index < self.offset or self.term(index) != term:",
        "if index < self.offset or self.term(index) is None:",
    ),
    Mutant(
        "read-unconfirmed",
        "a leader answers a read without asking whether it still leads",
        _LEADER,
        "    if raft.config.lease_reads or raft.tracker.is_single:",
        "    if not raft.config.lease_reads or raft.tracker.is_single:",
    ),
    Mutant(
        "read-before-first-commit",
        "a new leader answers reads before it knows what is committed (etcd #7331)",
        _LEADER,
        "    if not raft.has_committed_in_term:",
        "    if raft.has_committed_in_term is None:",
    ),
    Mutant(
        "no-check-quorum",
        "a leader that hears nobody goes on leading",
        _LEADER,
        "if not raft.tracker.is_quorum_active():",
        "if raft.tracker.is_quorum_active() is None:",
    ),
)

GATE = (
    Mutant(
        "gate-ignores-digest",
        "an acknowledgement counts whatever entry it was for",
        "consensus.gate",
        "if tip is not None and tip.digest == digest:",
        "if tip is not None:",
    ),
    Mutant(
        "gate-ignores-term",
        "an entry of an older term is witnessed by acknowledgements of a newer one alone (Figure 8)",
        "consensus.gate",
        "and (tip := self._tip_at(reached)) is not None and tip.term == term:",
        "and (tip := self._tip_at(reached)) is not None:",
    ),
    Mutant(
        "gate-one-early",
        "one less than a quorum witnesses",
        "consensus.voters",
        "sorted((places.get(name, 0) for name in half), reverse=True)[quorum(len(half)) - 1] for half in self.halves",
        "sorted((places.get(name, 0) for name in half), reverse=True)[max(quorum(len(half)) - 2, 0)] "
        "for half in self.halves",
    ),
    Mutant(
        "gate-forgets-cut",
        "agreement with entries that were cut off still counts",
        "consensus.gate",
        "if record.matched > index:",
        "if record.matched < index:",
    ),
    Mutant(
        "gate-forgets-a-term",
        "what a voter acknowledged in the term before is forgotten",
        "consensus.gate",
        "del records[:-TERMS_MAX]",
        "del records[:-1]",
    ),
    Mutant(
        "certificate-one-early",
        "one signature less than a quorum makes a certificate",
        "consensus.ballot",
        "if len(lines) >= quorum(len(validators)) else None",
        "if len(lines) >= quorum(len(validators)) - 1 else None",
    ),
    Mutant(
        "cosign-two-texts",
        "a second text of a height is signed",
        "consensus.safety",
        "if given.checkpoint_hash != wanted.checkpoint_hash:",
        "if given.height != wanted.height:",
    ),
    Mutant(
        "cosign-without-promise",
        "a checkpoint is signed before the promise is durable",
        _FINALITY,
        "given = self._safety.cosign(block.height, hashed, self._now_ms // 1000)",
        "from consensus.safety import Cosigned; "
        "given = self._safety.promises.with_cosignature(Cosigned(block.height, hashed, self._now_ms // 1000))[1]",
    ),
)

STORAGE = (
    Mutant(
        "vote-not-kept",
        "the vote is not written down (camunda/zeebe #1068)",
        _DURABILITY,
        "safety.keep(ready.term, ready.vote, ready.acknowledged)",
        "safety.keep(ready.term, safety.promises.vote * (ready.term == safety.promises.term), ready.acknowledged)",
    ),
    Mutant(
        "mark-not-kept",
        "what was acknowledged is not written down: a lost tail goes unnoticed",
        _DURABILITY,
        "safety.keep(ready.term, ready.vote, ready.acknowledged)",
        "safety.keep(ready.term, ready.vote, safety.promises.acknowledged)",
    ),
    Mutant(
        "acknowledge-before-sync",
        "acknowledgements leave before the log is synced (etcd #14370)",
        _DURABILITY,
        "    log.sync()\n",
        "",
    ),
    Mutant(
        "reset-before-ledger-sync",
        "the log begins anew behind blocks that the ledger may still lose",
        _DURABILITY,
        "        ledger.sync()\n",
        "",
    ),
    Mutant(
        "log-sync-does-nothing",
        "the log's sync does not reach the disk",
        "consensus.storage.log",
        "        newest.file.sync()\n",
        "        newest.file.size()\n",
    ),
    Mutant(
        "safety-not-synced",
        "promises are written and not synced",
        "consensus.storage.safety",
        "encode_record(record) * 2)\n            self._file.sync()\n",
        "encode_record(record) * 2)\n",
    ),
    Mutant(
        "lost-tail-votes",
        "a node whose log ends below its mark takes part like any other",
        "consensus.member.promises",
        "return Mark(last.term, last.index) < self.mark",
        "return Mark(last.term, last.index) < self.mark and last.index < 0",
    ),
    Mutant(
        "log-forgotten-early",
        "the log is cut behind a block that is not synced yet",
        _REPLICA,
        "if final.is_synced and ",
        "if ",
    ),
)

RULES = (
    Mutant(
        "no-deduplication",
        "a transaction that is ordered twice is applied twice",
        "ledger.execute",
        "if item.id in self.changes.transactions or self.state.reader.has_transaction(item.id):",
        "if item.id in self.changes.transactions:",
    ),
    Mutant(
        "restored-backup-signs",
        "a validator does not ask others what it signed before it takes part",
        "network.replica.greeting",
        "return len(self._answered & self._others) >= self._needed",
        "return True or len(self._answered & self._others) >= self._needed",
    ),
    Mutant(
        "change-without-certificate",
        "a change of the voters is carried out before the height that authorises it is certified",
        "network.replica.change",
        "    if change.height > ledger.head.height:\n        return None\n",
        "    if change.height > ledger.head.height:\n        return Decision(frozenset())\n",
    ),
    Mutant(
        "vote-without-certificate",
        "a candidate gets votes although it lacks a certificate that the voter has",
        "consensus.member.inbox",
        "lacks = message.certified_height < self._state.translator.height",
        "lacks = message.certified_height < 0",
    ),
    Mutant(
        "stalled-leader-stays",
        "a leader under whom nothing is committed goes on leading",
        "consensus.member.member",
        "if self._stalled_ticks >= STALLED_TICKS:",
        "if self._stalled_ticks >= STALLED_TICKS * 1000:",
    ),
    Mutant(
        "greeted-by-the-dead",
        "a node waits for ever to be greeted by voters of long ago",
        "network.replica.replica",
        "self._greeting.follow(final.voters.incoming)",
        "self._greeting.missing",
    ),
    Mutant(
        "restart-forgets-acknowledgements",
        "a restarted validator does not say again what it acknowledged",
        "consensus.member.state",
        "if tip is not None and tip.term == mark.term == term and not self.node.hold:",
        "if tip is not None and tip.term == mark.term == term and term < 0:",
    ),
    Mutant(
        "adopts-what-it-executes",
        "a block given by a peer is taken over while the same one is being executed",
        "network.replica.replica",
        "(not self.finality.is_executing and self._adopt())",
        "self._adopt()",
    ),
    Mutant(
        "proposals-mixed-up",
        "what follows is taken for done while a proposal is executed in part",
        "network.replica.replica",
        "return executed is not None",
        "return True",
    ),
    Mutant(
        "change-not-synced",
        "a power cut makes those who stay forget that they left a validator behind which has stopped",
        "network.replica.finality",
        " or executed.voters != self._voters",
        "",
    ),
    Mutant(
        "retired-too-early",
        "a removed validator stops before the others can do without its acknowledgements",
        "network.replica.retirement",
        "return len(further) > (len(validators) - 1) // 3",
        "return len(further) >= 0",
    ),
)

MARKET = (
    Mutant(
        "shortage-still-charged",
        "what a line lacks is paid back, and the line goes on being charged for it",
        "ledger.modules.groupbuy.rules.allocating",
        "replace(after, allotted=units, charged_fen=row.charged_fen - missing_fen)",
        "replace(after, allotted=units)",
    ),
    Mutant(
        "return-still-charged",
        "what is handed back on the spot is paid back, and the line goes on being charged for it",
        "ledger.modules.groupbuy.rules.pickup",
        "replace(taken, charged_fen=kept_fen, returned=said.returned)",
        "replace(taken, returned=said.returned)",
    ),
    Mutant(
        "partly-posted-counts-whole",
        "a transfer that was posted in part, or voided, says that all of it moved",
        "ledger.modules.payments.rules.books",
        "replace(row, state=following, posted_fen=fen, closed_ms=self.ctx.time_ms)",
        "replace(row, state=following, posted_fen=row.fen, closed_ms=self.ctx.time_ms)",
    ),
)

MUTANTS = (*CORE, *GATE, *STORAGE, *RULES, *MARKET, *DIVERGENCE)
