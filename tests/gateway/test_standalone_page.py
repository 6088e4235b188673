"""The stand-alone verifier page: hosted anywhere, it judges a file or a link against a genesis file of the reader's."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.network_directory import NetworkDirectory
from tests.gateway.conftest import Phone
from tests.gateway.serving import SETTLED, get

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("gateway")]

STATIC = Path(__file__).parents[2] / "gateway/static"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A plain web server of somebody else's, with a copy of the static folder."""
    handler = functools.partial(_Quiet, directory=str(STATIC))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def give(phone: Phone, url: str, proof: bytes, genesis: bytes) -> str:
    """Hand two files to the page; the state of its verdict."""
    phone.page.goto(url)
    phone.page.set_input_files("#proof", {"name": "x.proof", "mimeType": "application/octet-stream", "buffer": proof})
    phone.page.set_input_files("#genesis", {"name": "g.json", "mimeType": "application/json", "buffer": genesis})
    phone.page.click("button[type=submit]")
    found = phone.page.wait_for_selector(SETTLED)
    assert found is not None
    return str(found.get_attribute("data-state"))


def test_a_file_is_judged_on_another_origin(
    phone: Phone, elsewhere: str, batch: str, network: NetworkDirectory
) -> None:
    proof, genesis = get(f"{batch}/proof").body, network.genesis_bytes()
    assert give(phone, f"{elsewhere}/verify.html", proof, genesis) == "good"
    assert "无一遗漏 nothing left out" in phone.text("#verdict")
    assert phone.page.locator("#lines li").count() > 20
    assert phone.requests
    assert all(url.startswith(elsewhere) for url in phone.requests)


def test_a_changed_file_is_refused(phone: Phone, elsewhere: str, batch: str, network: NetworkDirectory) -> None:
    proof = bytearray(get(f"{batch}/proof").body)
    proof[len(proof) // 2] ^= 1
    assert give(phone, f"{elsewhere}/verify.html", bytes(proof), network.genesis_bytes()) == "bad"
    assert "无效 INVALID" in phone.text("#verdict")


def test_another_genesis_file_refuses_it(phone: Phone, elsewhere: str, batch: str, network: NetworkDirectory) -> None:
    document = json.loads(network.genesis_bytes())
    document["validators"][0]["public_key"] = "11" * 32
    proof = get(f"{batch}/proof").body
    assert give(phone, f"{elsewhere}/verify.html", proof, json.dumps(document).encode()) == "bad"


def test_the_link_of_a_page_is_judged_by_the_pinned_genesis_file(phone: Phone, batch: str) -> None:
    phone.open(batch)
    phone.page.click("text=独立验证页")
    phone.page.wait_for_selector("#trust[data-state=good]")
    assert phone.complaints == []


def test_without_files_there_is_no_verdict(phone: Phone, elsewhere: str) -> None:
    phone.page.goto(f"{elsewhere}/verify.html")
    phone.page.click("button[type=submit]")
    phone.page.wait_for_selector("#trust[data-state=unable]")
