"""A gateway that lies, before a phone that has been there once: every lie turns the page red, with the reason."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest
from playwright.sync_api import Browser

from cli.demo import cast
from tests.gateway.conftest import PHONE, Phone
from tests.gateway.lies import PAGE_LIES, PROOF_LIES, on_page
from tests.gateway.serving import Answer, Lie, LyingGateway, get

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("gateway")]

REMEMBER = "(text) => localStorage.setItem('linxin.seen', text)"
KINDS = {
    "encoding": "编码不正确",
    "certificate": "检查点证书无效",
    "claim": "声明与内容不符",
    "signature": "记录签名无效",
    "state": "状态证明不符",
    "journal": "日志证明不符",
    "completeness": "有内容缺失或多余",
    "page": "页面内容与签名记录不符",
    "fresh": "给出了旧的账本",
    "chain": "不属于此链",
}


@pytest.fixture(scope="module")
def visitor(browser: Browser, liar: LyingGateway) -> Iterator[Phone]:
    """A phone that has seen the honest page, and keeps the verifier since."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    made = Phone(context, context.new_page())
    liar.lie = None
    assert made.open(f"{liar.url}/b/{cast.TRACE_CODE}") == "good"
    made.install()
    yield made
    context.close()


def told(visitor: Phone, liar: LyingGateway, lie: Lie, query: str = "") -> str:
    """What the page says under a lie; it must be red."""
    liar.lie = lie
    try:
        state = visitor.open(f"{liar.url}/b/{cast.TRACE_CODE}{query}")
        said = visitor.text("#trust")
    finally:
        liar.lie = None
    assert state == "bad", said
    return said


@pytest.mark.parametrize("name", PROOF_LIES)
def test_a_lie_in_the_proof_is_caught(visitor: Phone, liar: LyingGateway, name: str) -> None:
    lie, kind = PROOF_LIES[name]
    said = told(visitor, liar, lie)
    assert KINDS[kind] in said if kind else "不可信" in said


@pytest.mark.parametrize("name", PAGE_LIES)
def test_a_lie_on_the_page_is_caught(visitor: Phone, liar: LyingGateway, name: str) -> None:
    said = told(visitor, liar, PAGE_LIES[name])
    assert KINDS["page"] in said


def test_after_all_lies_the_honest_page_is_green_again(visitor: Phone, liar: LyingGateway) -> None:
    assert visitor.open(f"{liar.url}/b/{cast.TRACE_CODE}") == "good"


def test_another_batch_under_this_address(visitor: Phone, liar: LyingGateway, gateway: str) -> None:
    """Batches mixed: a perfect page with a perfect proof, of the harvest lot, where the pack lot was asked for."""
    other = get(f"{gateway}/01/{cast.BULK}/10/{cast.FIRST_LOT}").headers["location"].partition("?")[0]

    def lie(path: str, answer: Answer) -> Answer:
        if not path.startswith("/b/"):
            return answer
        return get(other + path.removeprefix(f"/b/{cast.TRACE_CODE}"), accept_language="zh-CN")

    assert get(other).status == 200
    assert KINDS["claim"] in told(visitor, liar, lie)


def test_keys_swapped_with_the_genesis_file(visitor: Phone, liar: LyingGateway) -> None:
    """A whole chain of the liar's own: genesis file, validators and proof fit each other, and nothing else."""
    vector = json.loads((Path(__file__).parents[1] / "vectors/proof/journey-honest.json").read_text())

    def lie(path: str, answer: Answer) -> Answer:
        if path == "/genesis.json":
            return answer._replace(body=base64.b64decode(vector["genesis"]))
        bundle = msgpack.packb([base64.b64decode(vector["proof"])])
        return answer._replace(body=bundle) if path.endswith("/bundle") else answer

    assert KINDS["chain"] in told(visitor, liar, lie)


def test_a_label_names_another_network(visitor: Phone, liar: LyingGateway) -> None:
    assert KINDS["chain"] in told(visitor, liar, lambda _, answer: answer, "?g=0123456789abcdef")


def test_an_old_head_is_known_for_what_it_is(visitor: Phone, liar: LyingGateway) -> None:
    """The replay of a page and a proof that were true once, to a phone that has seen a newer ledger."""
    kept: dict[str, Answer] = {}

    def keep(path: str, answer: Answer) -> Answer:
        return kept.setdefault(path, answer)

    liar.lie = keep
    assert visitor.open(f"{liar.url}/b/{cast.TRACE_CODE}") == "good"
    before = visitor.page.evaluate("localStorage.getItem('linxin.seen')")
    seen = json.loads(before)
    for head in seen.values():  # as it would stand a minute later, after one more visit
        head["timeMs"] += 60_000
        head["height"] = str(int(head["height"]) + 9)
    visitor.page.evaluate(REMEMBER, json.dumps(seen))
    assert KINDS["fresh"] in told(visitor, liar, keep)
    visitor.page.evaluate(REMEMBER, before)


def test_a_verifier_that_always_says_yes_is_not_the_one_that_runs(visitor: Phone, liar: LyingGateway) -> None:
    """The scripts come from the service worker, not from a server that has changed its mind."""
    yes = {
        "/static/page.js": b"document.querySelector('#trust').dataset.state = 'good';",
        "/static/worker.js": b"addEventListener('message', ({ data }) => postMessage([data[0], {}]));",
    }

    def lie(path: str, answer: Answer) -> Answer:
        if path in yes:
            return answer._replace(body=yes[path])
        return PAGE_LIES["a sentence altered"](path, answer)

    assert KINDS["page"] in told(visitor, liar, lie)


def test_a_script_in_the_page_does_not_run(visitor: Phone, liar: LyingGateway) -> None:
    """Nor under a policy that the server has loosened: the service worker puts its own in its place."""
    paint = "<script>setInterval(() => { document.querySelector('#trust').dataset.state = 'good' }, 5)</script></main>"
    add = on_page("</main>", paint)

    def lie(path: str, answer: Answer) -> Answer:
        loose = {**answer.headers, "content-security-policy": "script-src 'unsafe-inline' *"}
        return PAGE_LIES["a sentence altered"](path, add(path, answer._replace(headers=loose)))

    assert KINDS["page"] in told(visitor, liar, lie)
    visitor.page.wait_for_timeout(200)
    assert visitor.verdict() == "bad"
