"""A gateway with a key of its own before the running node, and a client of its /epcis/v2."""

import asyncio
import http.client
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from client.network_directory import NetworkDirectory, NetworkSettings, open_network, settings_text
from client.wallet import Cost, create_key
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.modules.registry.messages import AddKey, NewKey, possession_message
from standards.epcis.names import moment_of
from tests.gateway.serving import running_gateway
from tests.network.growing import accept
from tests.network.nodes import PASSPHRASE, PLATFORM, Client, Network

TOKEN = "a-token-that-nobody-guesses"
JSON = "application/ld+json"
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
LIMITS = ("--requests-per-s", "10000", "--burst", "50000")


@dataclass(frozen=True)
class Said:
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Rest:
    """Requests to one gateway. `token`: what it is shown, if anything."""

    url: str
    token: str = ""

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        media: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        """One request for a path below /epcis/v2, or for one that an answer named."""
        where = urlsplit(self.url)
        assert where.hostname is not None
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = media
        try:
            connection.request(method, path if path.startswith("/epcis") else f"/epcis/v2{path}", body, sent)
            answer = connection.getresponse()
            return Said(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Said:
        """GET; header names with underscores."""
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def capture(self, data: bytes, media: str = JSON, behaviour: str = "rollback") -> dict[str, Any]:
        """A document through POST /capture; its job once it is finished."""
        taken = self.ask("POST", "/capture", data, media, {"GS1-Capture-Error-Behaviour": behaviour})
        assert taken.status == 202, taken.body
        return self.finished(taken.headers["location"])

    def finished(self, where: str) -> dict[str, Any]:
        """The job at `where` once it is finished."""
        deadline = time.monotonic() + 60
        while (job := self.get(where).json)["running"]:
            assert time.monotonic() < deadline, job
            time.sleep(0.05)
        assert isinstance(job, dict)
        return job

    def pages(self, path: str) -> Iterator[Said]:
        """The page at `path` and those that it leads to."""
        while path:
            said = self.get(path)
            assert said.status == 200, said.body
            yield said
            following = re.search(r'<([^>]*)>; rel="next"', said.headers.get("link", ""))
            path = following[1] if following else ""

    def event(self, identity: str) -> dict[str, Any]:
        """The one event that has this identity."""
        (found,) = events_in(self.get(f"/events/{quote(identity, safe='')}"))
        return found


def events_in(said: Said) -> list[dict[str, Any]]:
    """The events of a query document."""
    assert said.status == 200, said.body
    found = said.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert isinstance(found, list)
    return found


def document(*events: Mapping[str, Any], **prefixes: str) -> bytes:
    """A document of events."""
    context: list[Any] = [CONTEXT, {"linxin": "urn:linxin:epcis:", **prefixes}]
    content = {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T00:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    return json.dumps(content).encode()


def event(number: int, **members: Any) -> dict[str, Any]:
    """An event about an own thing, told apart by its number."""
    taken = moment_of(1_763_700_000_000 + number * 1_000)
    said = {"type": "ObjectEvent", "action": "OBSERVE", "eventTime": taken, "eventTimeZoneOffset": "+08:00"}
    return {**said, "epcList": [f"https://id.gs1.org/01/04012345111118/21/{number}"], **members}


@contextmanager
def epcis_gateway(
    node: Network,
    folder: Path,
    *options: str,
    subject: str = "organisation:platform",
    owner: SigningKey = PLATFORM,
) -> Iterator[str]:
    """A gateway whose key is one more of `subject`'s, which `owner` adds; its URL."""
    network = network_folder(node, folder)
    _give_key(node, folder, subject, owner)
    with running_gateway(network, *LIMITS, "--epcis-key", "gateway", *options) as url:
        yield url


def network_folder(node: Network, folder: Path) -> NetworkDirectory:
    """A client's folder of the node's network, without a key."""
    (folder / "keys").mkdir(parents=True)
    assert node.authority is not None
    (folder / "genesis.json").write_bytes(node.genesis)
    (folder / "ca.crt").write_bytes(node.authority)
    (folder / "network.toml").write_text(settings_text(NetworkSettings(name="test", endpoints=[node.address])))
    (folder / "passphrase").write_text(PASSPHRASE)
    (folder / "passphrase").chmod(0o600)
    return open_network(folder)


def _give_key(node: Network, folder: Path, subject: str, owner: SigningKey) -> None:
    made = create_key(folder / "keys" / "gateway.key", Algorithm.ED25519, PASSPHRASE, Cost.INTERACTIVE)
    possession = made.sign(possession_message(node.chain_id, subject))

    async def register() -> None:
        client = Client.of(node)
        await accept(client, owner, AddKey(subject, NewKey(made.algorithm, made.public_key, possession)))
        await client.channel.close(None)

    asyncio.run(register())
