"""The OpenAPI document of a running gateway, held against it by Schemathesis."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.network.nodes import Network
from tests.network.rest import Rest, document, epcis_gateway, event

pytestmark = pytest.mark.process

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance"),
)
EXAMPLES = 4


@pytest.fixture(scope="module")
def rest(node: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    with epcis_gateway(node, tmp_path_factory.mktemp("openapi") / "network") as url:
        yield Rest(url)


@pytest.mark.timeout(300)
def test_schemathesis_finds_nothing(rest: Rest, tmp_path: Path, effort: int) -> None:
    job = rest.capture(document(event(900, bizStep="accepting", readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"})))
    assert job["success"]
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{rest.url}/epcis/v2/openapi.json"]
    command += ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--seed", "1"]
    command += ["--max-examples", str(EXAMPLES * effort), "--request-timeout", "30", "--generation-database", "none"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout[-8_000:] + ran.stderr[-2_000:]
    assert rest.get("/").status == 200
