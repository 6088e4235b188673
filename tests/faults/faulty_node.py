"""node.py of a build with a fault: from `FIRST_WRONG` on it executes every block to another result than it should."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import node
from ledger.block import Block, Proposal
from ledger.execute import execute_in_steps
from network.replica import finality

FIRST_WRONG = 6


def execute_wrongly(head: Any, reader: Any, proposal: Proposal, *rest: Any) -> Iterator[Block | None]:
    """One millisecond off."""
    if head.height + 1 >= FIRST_WRONG:
        proposal = Proposal(proposal.time_ms + 1, proposal.transactions)
    return execute_in_steps(head, reader, proposal, *rest)


if __name__ == "__main__":
    vars(finality)["execute_in_steps"] = execute_wrongly
    sys.exit(node.run(Path(sys.argv[sys.argv.index("--home") + 1])))
