"""A validator's transport as a process of its own, for tests that stop it or give it another clock.

`python -m tests.peers.member ID ID=PORT ...` tells on standard output the year that it believes in, then each peer that
it reaches (`+hub`) or loses (`-hub`) and each message; it answers every message with `echo` before it.
"""

import asyncio
import datetime
import sys

from network.peers.records import Lane
from network.peers.transport import PeerTransport
from tests.peers.validators import CHAIN_ID, key_of, record_of


def say(line: str) -> None:
    """Tell the test."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main(own: str, ports: dict[str, int]) -> None:
    """Run until killed."""
    records = {name: record_of(name, port) for name, port in ports.items()}

    def answer(peer: str, data: bytes) -> None:
        say(f"{peer}: {data[:100].decode()}")
        if not data.startswith(b"echo") and len(data) < 100:
            transport.send(peer, Lane.VOTES, b"echo " + data)

    def greet(peer: str) -> None:
        say(f"+{peer}")
        transport.send(peer, Lane.VOTES, f"hello from {own}".encode())

    address = records[own].address
    transport = PeerTransport(
        own, key_of(own), CHAIN_ID, address, lambda: records, answer, greet, lambda peer: say(f"-{peer}")
    )
    say(str(datetime.datetime.now(datetime.UTC).year))
    await transport.start()
    await transport.run()


if __name__ == "__main__":
    asyncio.run(
        main(sys.argv[1], {name: int(port) for name, _, port in (word.partition("=") for word in sys.argv[2:])})
    )
