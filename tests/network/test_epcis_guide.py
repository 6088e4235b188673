"""The commands of the guide for EPCIS over HTTP run as they stand."""

from pathlib import Path

import pytest

from tests.gateway.serving import free_port
from tests.test_documents import STANDARDS, run, snippets

pytestmark = pytest.mark.process


def test_the_commands_for_epcis_over_http_run_as_they_stand(tmp_path: Path) -> None:
    [script] = snippets(STANDARDS, "bash")
    event = next(each for each in snippets(STANDARDS, "sh") if "cat >event.json" in each)
    script = script.replace("8088", str(free_port()))
    try:
        said = run(tmp_path, "bash", "-euo", "pipefail", "-c", event.partition("linxin epcis")[0] + script)
    finally:
        run(tmp_path, "bash", "-c", "linxin gateway stop --network network; linxin network down network")
    assert "201 Created" in said
    assert '"success": true' in said
    assert said.count("ni:///sha-256;") >= 3
    assert "有效 / valid" in said
