"""What neighbours say, claims, promises and offers on the page of goods that have them: told, verified, lied about."""

import re
from collections.abc import Iterator

import msgpack
import pytest
from playwright.sync_api import Browser

from client.verified import InvalidProof
from client.verify import verify_proof
from ledger.modules.trace.identifiers import trace_code
from ledger.proof.format import ValueClaim
from tests.gateway.conftest import PHONE, Phone
from tests.gateway.lies import on_page
from tests.gateway.neighbours import BESIDE, HOME, LOTS, MIXED, PROMISED, REVIEWED, WITHDRAWN, page_of
from tests.gateway.serving import Answer, Lie, LyingGateway, get
from tests.gateway.test_accessibility import faults
from tests.trace.world import BERRY

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("neighbours")]


def section(text: str, heading: str) -> str:
    """The words of the section with this heading."""
    found = re.search(rf'<section[^>]*aria-labelledby="{heading}".*?</section>', text, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_every_page_verifies_itself(phone: Phone, known_food: str) -> None:
    """Amber, since the ledger of this story stands still in the past; with nothing left out."""
    for lot in LOTS:
        for language in ("zh", "en"):
            assert phone.open(f"{page_of(known_food, lot)}?lang={language}") == "old", phone.text("#trust")
            assert phone.page.locator(".disproof").count() == 0
    assert phone.complaints == []


def test_the_archive_of_the_lot_of_the_community_and_of_all(known_food: str) -> None:
    page = get(page_of(known_food, REVIEWED), accept_language="zh").text
    assert re.findall(r'data-listing="([^"]*)"', page) == [f"lot/{REVIEWED}", f"{BERRY}@garden", f"{BERRY}@"]
    text = section(page, "archive-h")
    for words in ("这一批", "同款商品，机构garden", "同款商品，所有社区", "3.4 / 5 · 5 条实购评价", "理赔："):
        assert words in text
    assert text.count("五星 2 · 四星 1 · 三星 0 · 二星 1 · 一星 1") == 3
    assert text.count("被隐藏 1（仍计入）· 已删除文字 1") == 3
    assert "探访 1 · 推荐 1" in text


def test_what_is_on_offer(known_food: str) -> None:
    text = section(get(page_of(known_food, REVIEWED), accept_language="zh").text, "offer-h")
    assert "周末草莓" in text
    assert "机构garden · 2026-01-0" in text
    assert "10.00 元起一份" in text
    assert "不在上面的证明内" in text


def promise_of(phone: Phone, url: str) -> str:
    phone.page.goto(url)
    return " ".join(phone.text("#promise").split())


@pytest.mark.parametrize("scripts", [True, False])
def test_the_certificate_of_conformity_stands_on_the_page(browser: Browser, known_food: str, scripts: bool) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=scripts)
    phone = Phone(context, context.new_page())
    whole = promise_of(phone, page_of(known_food, PROMISED))
    for words in ("承诺达标合格证", "我承诺", "检测结果（机构lab", "草莓", "9 kg", "上海市青浦区白鹤镇", "机构farm"):
        assert words in whole
    assert f"G4 / {trace_code(PROMISED)}" in whole
    assert re.search(r"链上记录 [0-9a-f]{64}", whole)
    renewed = promise_of(phone, page_of(known_food, MIXED))
    assert re.search(r"换开自 \S+ ?G4、\S+ ?G5", renewed)
    links = phone.page.locator("#promise a:not(.mono)").evaluate_all("all => all.map((one) => one.pathname)")
    assert links == [f"/b/{trace_code(PROMISED)}", f"/b/{trace_code(f'{BERRY}/G5')}"]
    assert "存于可删除的保密库" in promise_of(phone, page_of(known_food, HOME))
    assert "没有有效的承诺达标合格证" in promise_of(phone, page_of(known_food, BESIDE))
    phone.page.goto(page_of(known_food, MIXED))
    phone.page.emulate_media(media="print")
    assert phone.page.is_visible("#promise")
    context.close()


def test_axe_finds_nothing_where_there_are_reviews_and_promises(phone: Phone, known_food: str) -> None:
    for lot in (REVIEWED, WITHDRAWN, MIXED):
        phone.open(page_of(known_food, lot))
        assert faults(phone) == ""
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360


ARCHIVE = r'<section aria-labelledby="archive-h">.*?</section>'
PAPER = r'<article class="paper[^"]*" '
NONE = '<p class="quiet">没有有效的承诺达标合格证。</p>'
HERO = r"(</h1>)"
PAGE_LIES: dict[str, tuple[str, Lie]] = {
    "a rating count changed": (REVIEWED, on_page("5 条实购评价", "50 条实购评价")),
    "a better score": (REVIEWED, on_page(r"3\.4 / 5", "4.9 / 5")),
    "bad reviews left out": (REVIEWED, on_page("二星 1 · 一星 1", "二星 0 · 一星 0")),
    "a hidden bad review kept quiet": (REVIEWED, on_page("被隐藏 1", "被隐藏 0")),
    "claims kept quiet": (REVIEWED, on_page("理赔：[^<]*", "没有理赔。")),
    "a community's archive left out": (
        REVIEWED,
        on_page(r'<article class="paper" data-listing="[^"]*@garden">.*?</article>', ""),
    ),
    "another community": (REVIEWED, on_page("同款商品，机构garden", "同款商品，机构orchard")),
    "a name that it may not bear": (WITHDRAWN, on_page('data-fact="goods">莓<', 'data-fact="goods">有机莓<')),
    "organic in a line of its own": (WITHDRAWN, on_page(HERO, r"\1<p>有机认证</p>")),
    "organic over two elements": (WITHDRAWN, on_page(HERO, r"\1<p>有<b>机</b></p>")),
    "organic in English": (BESIDE, on_page(HERO, r"\1<p>100% Organic</p>")),
    "organic for those who do not see": (WITHDRAWN, on_page("<h1 ", '<h1 aria-label="有机莓" ')),
    "organic in the tab": (WITHDRAWN, on_page("<title>", "<title>有机 ")),
    "organic by a picture": (WITHDRAWN, on_page(HERO, r'\1<img src="/static/icon.svg" alt="">')),
    "an organic badge": (WITHDRAWN, on_page(r'(<ul class="badges">)', r'\1<li class="badge good">有机证书</li>')),
    "an organic offer": (WITHDRAWN, on_page("<strong>周末草莓</strong>", "<strong>有机草莓</strong>")),
    "a revoked certificate as valid": (WITHDRAWN, on_page(r"已撤销（[^）]*）", "有效，覆盖本批次")),
    "a revoked certificate left out": (
        WITHDRAWN,
        on_page(r'<article class="paper fail" data-certificate.*?</article>', ""),
    ),
    "no warning of the name": (WITHDRAWN, on_page(r'<div class="alarm"><dt>注意.*?</div>', "")),
    "a promise on better grounds": (MIXED, on_page("质量安全控制", "检测结果")),
    "a promise for more goods": (PROMISED, on_page(r"<dd>9 kg</dd>", "<dd>900 kg</dd>")),
    "a promise of other origin": (PROMISED, on_page("<dd>上海市青浦区白鹤镇</dd>", "<dd>阳澄湖</dd>")),
    "a promise left out": (
        PROMISED,
        on_page(r'<dl class="facts" data-record.*?</dl>', '<p class="quiet">没有有效的承诺达标合格证。</p>'),
    ),
    "another link": (MIXED, on_page(r'href="/b/[0-9A-Z]+\?lang=zh">', f'href="/b/{trace_code(BESIDE)}?lang=zh">')),
}


@pytest.fixture(scope="module")
def neighbours_liar(known_food: str) -> Iterator[LyingGateway]:
    with LyingGateway(known_food) as server:
        yield server


@pytest.fixture(scope="module")
def visitor(browser: Browser, neighbours_liar: LyingGateway) -> Iterator[Phone]:
    """A phone that has seen an honest page, and keeps the verifier since."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    made = Phone(context, context.new_page())
    assert made.open(page_of(neighbours_liar.url, REVIEWED)) == "old"
    made.install()
    yield made
    context.close()


def caught(visitor: Phone, liar: LyingGateway, lot: str, lie: Lie) -> str:
    """What the page says under a lie; it must be red."""
    liar.lie = lie
    try:
        state = visitor.open(page_of(liar.url, lot))
        said = visitor.text("#trust")
    finally:
        liar.lie = None
    assert state == "bad", said
    return said


@pytest.mark.parametrize("name", PAGE_LIES)
def test_a_lie_on_the_page_is_caught(visitor: Phone, neighbours_liar: LyingGateway, name: str) -> None:
    lot, lie = PAGE_LIES[name]
    assert "页面内容与签名记录不符" in caught(visitor, neighbours_liar, lot, lie)


def without(wanted: str) -> Lie:
    """Rows without that of one state key."""

    def lie(path: str, answer: Answer) -> Answer:
        if not path.endswith("/bundle"):
            return answer
        return answer._replace(
            body=msgpack.packb([file for file in msgpack.unpackb(answer.body) if key_of(file) != wanted])
        )

    return lie


def key_of(file: bytes) -> str:
    """The state key that a row's proof file is about."""
    claim = msgpack.unpackb(file, strict_map_key=False)[3]
    return str(claim[1])


@pytest.mark.parametrize(
    ("lot", "key"),
    [
        (REVIEWED, f"archive/listing/{BERRY}@"),
        (REVIEWED, f"archive/listing/{BERRY}@garden"),
        (WITHDRAWN, "registry/organisation/lab"),
    ],
)
def test_a_row_left_out_is_noticed(visitor: Phone, neighbours_liar: LyingGateway, lot: str, key: str) -> None:
    assert "页面内容与签名记录不符" in caught(visitor, neighbours_liar, lot, without(key))


def test_another_products_archive_is_noticed(visitor: Phone, neighbours_liar: LyingGateway, known_food: str) -> None:
    """The archive of goods that nobody complained of, with its true proofs, under goods that somebody did."""
    other = page_of(known_food, MIXED)
    clean, rows = get(other, accept_language="zh").text, get(f"{other}/bundle").body
    kept = re.search(ARCHIVE, clean, re.DOTALL)
    assert kept
    own = [file for file in msgpack.unpackb(rows) if key_of(file).startswith("archive/")]

    def lie(path: str, answer: Answer) -> Answer:
        if path.endswith("/bundle"):
            files = [file for file in msgpack.unpackb(answer.body) if not key_of(file).startswith("archive/")]
            return answer._replace(body=msgpack.packb(own + files))
        return on_page(ARCHIVE, kept[0])(path, answer)

    assert "有评价档案被漏掉或添上" in caught(visitor, neighbours_liar, REVIEWED, lie)


def test_altered_counts_have_no_proof(visitor: Phone, neighbours_liar: LyingGateway, known_food: str) -> None:
    """A listing's proof with one count changed is refused, by Python and by the browser."""
    files = msgpack.unpackb(get(f"{page_of(known_food, REVIEWED)}/bundle").body)
    place = next(at for at, file in enumerate(files) if key_of(file) == f"archive/listing/{BERRY}@")
    parts = msgpack.unpackb(files[place], strict_map_key=False)
    value = parts[3][2]
    parts[3][2] = value.replace(b"\x05\x95", b"\x09\x95", 1)
    assert parts[3][2] != value
    files[place] = msgpack.packb(parts)
    with pytest.raises(InvalidProof):
        verify_proof(files[place], get(f"{known_food}/genesis.json").body)
    body = msgpack.packb(files)

    def lie(path: str, answer: Answer) -> Answer:
        return answer._replace(body=body) if path.endswith("/bundle") else answer

    said = caught(visitor, neighbours_liar, REVIEWED, lie)
    assert "状态证明不符" in said


def test_counts_are_those_that_are_proven(known_food: str) -> None:
    genesis = get(f"{known_food}/genesis.json").body
    claims = [
        verify_proof(file, genesis).claim
        for file in msgpack.unpackb(get(f"{page_of(known_food, REVIEWED)}/bundle").body)
    ]
    keys = [claim.key for claim in claims if isinstance(claim, ValueClaim)]
    listings = [key for key in keys if key.startswith("archive/")]
    assert listings == [f"archive/listing/{shelf}" for shelf in (f"lot/{REVIEWED}", f"{BERRY}@garden", f"{BERRY}@")]
