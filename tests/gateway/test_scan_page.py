"""The scan page as a server gives it: readable without scripts, small, cacheable, bounded, harmless."""

import gzip
import json
import re

import pytest
from playwright.sync_api import Browser

from cli.demo import cast
from client.network_directory import NetworkDirectory
from tests.gateway.conftest import PHONE
from tests.gateway.serving import get, running_gateway

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("gateway")]

WEIGHT_MAX = 150_000


def test_without_scripts_it_tells_the_whole_life(browser: Browser, batch: str) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(batch)
    text = page.content()
    told = [
        *("红颜草莓 500 克", "草莓园合作社", "三号棚", "小时", "嘧菌酯", "检测合格", "0.032 mg/kg"),
        *("运输途中曾超出安全温度", "12.7°C", "良好农业规范证书", "城郊物流枢纽", "社区前置仓", "GAP-DEMO-0001"),
    ]
    assert [words for words in told if words not in text] == []
    assert page.locator("ol.life li").count() > 20
    assert page.locator("svg[role=img]").count() >= 6
    assert "allow scripts" not in text
    assert "请打开脚本" in page.inner_text("#trust")
    context.close()


def test_a_digital_link_leads_to_the_page_of_its_lot(gateway: str) -> None:
    link = f"{gateway}/01/{cast.PUNNET}/10/{cast.PACK_LOT}"
    zh, en = get(link, accept_language="zh-CN"), get(f"{link}?11=261122", accept_language="en")
    assert (zh.status, zh.headers["location"]) == (307, f"{gateway}/b/{cast.TRACE_CODE}?lang=zh")
    assert (en.status, en.headers["location"]) == (307, f"{gateway}/b/{cast.TRACE_CODE}?lang=en&11=261122")
    tests = get(f"{link}?linkType=gs1:certificationInfo", accept_language="zh")
    assert tests.headers["location"].endswith("#papers-h")
    assert get(zh.headers["location"]).status == 200


def test_all_links_of_a_lot_as_a_linkset(gateway: str) -> None:
    answer = get(f"{gateway}/01/{cast.PUNNET}/10/{cast.PACK_LOT}?linkType=linkset")
    assert answer.headers["content-type"].startswith("application/linkset+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    (context,) = json.loads(answer.body)["linkset"]
    assert "https://ref.gs1.org/voc/traceability" in context
    assert get(f"{gateway}/.well-known/gs1resolver").status == 200


def test_languages(batch: str) -> None:
    assert '<html lang="zh-CN"' in get(batch).text
    assert '<html lang="en"' in get(batch, accept_language="en-GB,en;q=0.9,zh;q=0.2").text
    assert '<html lang="zh-CN"' in get(batch, accept_language="fr, zh-TW;q=0.5, en;q=0.2").text
    assert '<html lang="en"' in get(f"{batch}?lang=en", accept_language="zh").text
    assert "Tests passed" in get(f"{batch}?lang=en").text


def test_the_page_with_all_it_loads_is_light(browser: Browser, batch: str) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: answer.request.sizes()["responseBodySize"]}))
    page.goto(batch)
    page.wait_for_selector("#trust[data-state=good]", timeout=60_000)
    shown = {url: size for url, size in sizes.items() if not url.endswith("/sw.js")}
    assert len(shown) > 10
    assert sum(shown.values()) < WEIGHT_MAX, shown
    context.close()


def test_what_has_not_changed_is_not_sent_again(batch: str) -> None:
    for path in ("", "/proof", "/bundle"):
        first = get(batch + path)
        assert first.status == 200
        again = get(batch + path, if_none_match=first.headers["etag"])
        if again.status != 304:  # a block was certified in between
            again = get(batch + path, if_none_match=again.headers["etag"])
        assert (again.status, again.body) == (304, b"")
    assert get(batch).headers["etag"] != get(f"{batch}?lang=en").headers["etag"]


def test_nothing_may_come_from_elsewhere(batch: str) -> None:
    answer = get(batch)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert re.findall(r"<script(?![^>]* src=\"/)|<style|style=\"|\son[a-z]+=\"", answer.text) == []
    assert re.findall(r"(?:src|srcset)=\"(?!/)", answer.text) == []
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_answers_are_compressed(batch: str) -> None:
    answer = get(batch, accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert "红颜草莓" in gzip.decompress(answer.body).decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/b/0000000000000", 404),
        ("/b/04J3GC8NVBWA2", 404),
        ("/b/%3Cscript%3Ealert(1)%3C%2Fscript%3E", 404),
        pytest.param(f"/b/{'A' * 5000}", 404, id="a very long code"),
        ("/b/..%2F..%2Fetc%2Fpasswd", 404),
        ("/01/00000000000000/10/X", 404),
        ("/01/09521234000182/10/P-0001", 400),
        ("/01/09521234000181/10/NO-SUCH", 404),
        ("/01/09521234000181/10/%00", 400),
        ("/file/abc", 404),
        (f"/file/{'0' * 64}", 404),
        ("/static/../settings.py", 404),
        ("/static/%2e%2e/app.py", 404),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_is_told_in_words(gateway: str, path: str, status: int) -> None:
    answer = get(gateway + path)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = json.loads(answer.body)
    assert problem["status"] == status
    assert problem["detail"]
    assert re.search("[一-鿿]", problem["detail_zh"])
    page = get(gateway + path, accept="text/html", accept_language="zh")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script>alert" not in page.text


def test_evidence_files_come_in_ranges_and_never_as_pages(gateway: str, batch: str) -> None:
    path = re.search(r'href="(/file/[0-9a-f]{64})"', get(batch).text)
    assert path is not None
    whole = get(gateway + path[1])
    assert "检验报告" in whole.text
    assert "sandbox" in whole.headers["content-security-policy"]
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = get(gateway + path[1], range="bytes=0-9")
    assert (part.status, part.body) == (206, whole.body[:10])
    assert part.headers["content-range"] == f"bytes 0-9/{len(whole.body)}"
    assert get(gateway + path[1], range="bytes=-5").body == whole.body[-5:]
    assert get(gateway + path[1], range="bytes=999999-").status == 416


def test_too_many_requests_are_told_when_to_come_again(network: NetworkDirectory) -> None:
    with running_gateway(network, "--requests-per-s", "1", "--burst", "8") as url:
        answers = [get(f"{url}/genesis.json") for _ in range(20)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert json.loads(refused[0].body)["status"] == 429


def test_figures_for_operators(gateway: str, batch: str) -> None:
    get(batch)
    text = get(f"{gateway}/metrics").text
    assert 'linxin_gateway_answers_total{route="/b/{code}",status="200"}' in text
    assert cast.TRACE_CODE not in text
    assert get(f"{gateway}/healthz").status == 200


def test_a_typed_code_is_found(gateway: str) -> None:
    typed = f"{cast.TRACE_CODE[:4]}-{cast.TRACE_CODE[4:]}".lower()
    answer = get(f"{gateway}/?code={typed}")
    assert answer.status == 303
    assert answer.headers["location"] == f"/b/{cast.TRACE_CODE}?lang=zh"
    assert get(f"{gateway}/?code=nonsense").status == 404
