"""有机 stands only under a valid certificate that covers the lot: one rule, in Python and in the browser, on a real
proof whose certificate is then made worse.
"""

import copy
import re
from typing import Any

import pytest
from markupsafe import escape

from client.journey import Known
from client.journey.promises import UNCOVERED, covering
from client.verified import VerifiedProof
from client.verify import verify_proof
from ledger.modules.trace.state import Certificate
from tests.gateway.conftest import Phone
from tests.gateway.lies import on_page
from tests.gateway.neighbours import BESIDE, COVERED, WITHDRAWN, page_of
from tests.gateway.serving import LyingGateway, get
from tests.registry.chain import START_MS
from tests.trace.world import BERRY, DAY_MS

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("neighbours")]

LOT_BEFORE, LOT_AFTER = START_MS - DAY_MS, START_MS + 800 * DAY_MS
CASES: dict[str, tuple[dict[str, Any], bool]] = {
    "as it is": ({}, True),
    "for this product": ({"scope": [f"product:{COVERED.split('/')[0]}"]}, True),
    "for the farm": ({"scope": ["organisation:farm"]}, True),
    "for another site": ({"scope": ["plot:tunnel-2"]}, False),
    "for another planting": ({"scope": ["planting:berry-2025"]}, False),
    "for another product": ({"scope": [f"product:{BERRY}"]}, False),
    "for another lot": ({"scope": [f"lot:{BERRY}/G3"]}, False),
    "expired at the time": ({"valid_to_ms": LOT_BEFORE}, False),
    "not yet valid at the time": ({"valid_from_ms": LOT_AFTER}, False),
    "expired since": ({"valid_to_ms": START_MS + 60 * DAY_MS}, True),
    "revoked": ({"state": "revoked", "revoked_ms": START_MS}, False),
    "of another kind": ({"kind": "gap"}, False),
    "by an issuer without the role": ({"issuer": "farm"}, False),
    "by nobody known": ({"issuer": "nobody"}, False),
}
"""What the row says instead -> whether the lot may be called organic."""

JUDGE = """async ([proof, genesis, lot, cases]) => {
  const { verifyProof } = await import('/static/verifier/proof.js');
  const { Known } = await import('/static/verifier/known.js');
  const { covering } = await import('/static/verifier/promises.js');
  const words = await (await fetch('/static/words.json')).json();
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const verified = await verifyProof(await bytes(proof), await bytes(genesis));
  const known = new Known(verified, [], words);
  const section = verified.sections.get('certificate:field');
  const honest = section.row;
  return cases.map((changes) => {
    section.row = honest.map((value, place) => changes[words.rows.certificate[place]] ?? value);
    return covering(verified, known, lot, 'organic').join();
  });
}"""


def verified(url: str, lot: str) -> tuple[VerifiedProof, bytes]:
    """The proof of a lot's page, and the genesis file it stands on."""
    genesis = get(f"{url}/genesis.json").body
    return verify_proof(get(f"{page_of(url, lot)}/proof").body, genesis), genesis


def test_the_rule_in_python(known_food: str) -> None:
    proof, genesis = verified(known_food, COVERED)
    section = proof.sections["certificate:field"]
    honest, found = copy.copy(section.row), {}
    for name, (changes, _) in CASES.items():
        section.row[:] = [
            changes.get(field, value) for field, value in zip(Certificate.__struct_fields__, honest, strict=True)
        ]
        found[name] = bool(covering(proof, Known(proof, genesis), COVERED, "organic"))
    assert found == {name: expected for name, (_, expected) in CASES.items()}


def test_the_rule_in_the_browser(phone: Phone, known_food: str) -> None:
    phone.page.goto(f"{known_food}/")
    changes = [each for each, _ in CASES.values()]
    proof = page_of("", COVERED) + "/proof"
    found = phone.page.evaluate(JUDGE, [proof, "/genesis.json", COVERED, changes])
    assert dict(zip(CASES, map(bool, found), strict=True)) == {name: expected for name, (_, expected) in CASES.items()}


def told(url: str, lot: str, language: str) -> str:
    """The page but for signers' words that are marked as theirs."""
    page = get(f"{page_of(url, lot)}?lang={language}").text
    return re.sub(f"[^<>]*{re.escape(str(escape(UNCOVERED[language == 'en'])))}[^<>]*", "", page)


def test_what_is_covered_is_called_so(known_food: str) -> None:
    zh, en = (told(known_food, COVERED, language) for language in ("zh", "en"))
    assert '<h1 data-fact="goods">有机莓</h1>' in zh
    assert '<li class="badge good">有机证书</li>' in zh
    assert "有效，覆盖本批次" in zh
    assert '<h1 data-fact="goods">Organic berries</h1>' in en


@pytest.mark.parametrize("lot", [WITHDRAWN, BESIDE])
def test_what_is_not_covered_is_nowhere_called_so(known_food: str, lot: str) -> None:
    assert "有机" not in told(known_food, lot, "zh")
    assert re.search("organic", told(known_food, lot, "en"), re.IGNORECASE) is None
    if lot == WITHDRAWN:
        assert "登记的名称带有认证字样" in told(known_food, lot, "zh")
        assert "已撤销" in told(known_food, lot, "zh")
        assert "有机田抽样" in get(page_of(known_food, lot)).text


def test_lines_of_what_is_covered_are_not_marked(known_food: str) -> None:
    page = get(page_of(known_food, COVERED)).text
    assert "有机莓" in page
    assert UNCOVERED[0] not in page


@pytest.mark.parametrize("where", ['class="says"', 'class="quiet"'], ids=["in a line", "in a remark"])
def test_a_page_that_hushes_up_the_mark_is_caught(phone: Phone, known_food: str, where: str) -> None:
    path = page_of("", WITHDRAWN)
    with LyingGateway(known_food) as liar:
        liar.lie = on_page(rf"({where}>[^<]*)（{UNCOVERED[0]}）", r"\1")
        assert phone.open(f"{liar.url}{path}") == "bad"
    assert phone.open(f"{known_food}{path}") in ("good", "old")
