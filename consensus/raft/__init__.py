"""The pure Raft core: ids, terms, entries, votes. No signature, certificate, clock, randomness, file or socket.

Its shape (step, tick, ready, advance) and its conventions (order of messages, who is visited when) are those of etcd's
Raft, so that the scenarios published with it can be replayed (`tests/raft`). The driver's loop is in `raft.node`.
"""
