"""How validators agree on an order. Sans-I/O; only `consensus.storage` touches a disk."""
