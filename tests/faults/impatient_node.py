"""node.py as it is, but that a few blocks are far behind: so a test need not make thousands."""

import sys
from pathlib import Path

import node
from client import follow

FAR_BEHIND_BLOCKS = 10

if __name__ == "__main__":
    follow.FAR_BEHIND_BLOCKS = FAR_BEHIND_BLOCKS
    sys.exit(node.run(Path(sys.argv[sys.argv.index("--home") + 1])))
