"""The browser's verifier on the golden vectors: the same verdicts as the node and the stand-alone verifier."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.conftest import Phone
from tests.gateway.test_self_verification import NO_ED25519, NO_WEBCRYPTO

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("gateway")]

ROOT = Path(__file__).parents[2]
VECTORS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "tests/vectors/proof").glob("*.json"))}
VERIFIER = ROOT / "gateway/static/verifier"

RUN = """async (vectors) => {
  const { verifyProof } = await import('/static/verifier/proof.js');
  const { fromBase64 } = await import('/static/verifier/bytes.js');
  const found = {};
  for (const [name, { proof, genesis }] of Object.entries(vectors)) {
    found[name] = await verifyProof(fromBase64(proof), fromBase64(genesis))
      .then(() => '', (error) => error.kind ?? String(error));
  }
  return found;
}"""


def expected() -> dict[str, str]:
    return {name: vector["kind"] for name, vector in VECTORS.items()}


@pytest.mark.parametrize("lacking", ["", NO_ED25519, NO_WEBCRYPTO], ids=["native", "no Ed25519", "no WebCrypto"])
def test_same_verdicts_in_chromium(phone: Phone, gateway: str, lacking: str) -> None:
    if lacking:
        phone.context.add_init_script(lacking)
    phone.page.goto(f"{gateway}/")
    found: dict[str, Any] = phone.page.evaluate(RUN, VECTORS)
    assert len(found) > 100
    assert found == expected()


NODE = f"""
import {{ readFileSync }} from 'node:fs';
const {{ verifyProof }} = await import('{(VERIFIER / "proof.js").as_uri()}');
const {{ fromBase64 }} = await import('{(VERIFIER / "bytes.js").as_uri()}');
const found = {{}};
for (const [name, {{ proof, genesis }}] of Object.entries(JSON.parse(readFileSync(0)))) {{
  found[name] = await verifyProof(fromBase64(proof), fromBase64(genesis))
    .then(() => '', (error) => error.kind ?? String(error));
}}
console.log(JSON.stringify(found));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not there; Chromium runs the same above")
def test_same_verdicts_in_node() -> None:
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", NODE],
        input=json.dumps(VECTORS).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(ran.stdout) == expected()
