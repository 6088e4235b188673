"""What a gateway may try: proofs altered, withheld, reordered, mixed; pages that say something else than they prove."""

import re
from collections.abc import Callable
from typing import Any

import msgpack

from tests.gateway.serving import Answer, Lie

NOTE, CLAIM, VALUES, NODES, LEAVES, SECTIONS = 1, 3, 4, 5, 6, 7


def on_proof(change: Callable[[list[Any]], Any]) -> Lie:
    """A lie that takes the proof file apart and puts it together again, in good form."""

    def lie(path: str, answer: Answer) -> Answer:
        if not path.endswith("/bundle"):
            return answer
        *rows, journey = msgpack.unpackb(answer.body)
        proof = msgpack.unpackb(journey, strict_map_key=False)
        return answer._replace(body=msgpack.packb([*rows, msgpack.packb(change(proof) or proof)]))

    return lie


def on_journey(change: Callable[[bytes], bytes]) -> Lie:
    """A lie about the bytes of the journey's proof file."""

    def lie(path: str, answer: Answer) -> Answer:
        if not path.endswith("/bundle"):
            return answer
        *rows, journey = msgpack.unpackb(answer.body)
        return answer._replace(body=msgpack.packb([*rows, change(journey)]))

    return lie


def on_bundle(change: Callable[[bytes], bytes]) -> Lie:
    """A lie about the bytes of all that a page is verified with."""
    return lambda path, answer: answer._replace(body=change(answer.body)) if path.endswith("/bundle") else answer


def on_page(pattern: str, text: str | Callable[[re.Match[str]], str], count: int = 1) -> Lie:
    """A lie in the page's text; the pattern must be there."""

    def lie(path: str, answer: Answer) -> Answer:
        if not re.match(r"/(b|01)/", path) or path.endswith(("/proof", "/bundle")):
            return answer
        changed, found = re.subn(pattern, text, answer.text, count=count, flags=re.DOTALL)
        assert found, f"nothing on the page to lie about: {pattern}"
        return answer._replace(body=changed.encode())

    return lie


def flip(data: bytes, at: int) -> bytes:
    """One bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def alter_reading(proof: list[Any]) -> None:
    """One byte inside the longest record: a reading becomes another."""
    place = max(range(len(proof[LEAVES])), key=lambda each: len(proof[LEAVES][each]))
    proof[LEAVES][place] = flip(proof[LEAVES][place], len(proof[LEAVES][place]) // 2)


def withhold_last(proof: list[Any]) -> None:
    """The lot's newest record is left out."""
    _withhold(proof, proof[SECTIONS][0][3][-1])


def withhold_middle(proof: list[Any]) -> None:
    """A record in the middle of the lot's journal is left out."""
    section = proof[SECTIONS][0]
    _withhold(proof, section[3][len(section[3]) // 2])


def _withhold(proof: list[Any], place: int) -> None:
    del proof[LEAVES][place]
    for section in proof[SECTIONS]:
        section[3] = [each - (each > place) for each in section[3] if each != place]


def reorder_records(proof: list[Any]) -> None:
    """Two records of the lot change places."""
    first, second = proof[SECTIONS][0][3][:2]
    proof[LEAVES][first], proof[LEAVES][second] = proof[LEAVES][second], proof[LEAVES][first]


def reorder_sections(proof: list[Any]) -> None:
    """Two journals change places."""
    proof[SECTIONS][1], proof[SECTIONS][2] = proof[SECTIONS][2], proof[SECTIONS][1]


def drop_section(kind: str) -> Callable[[list[Any]], None]:
    """All journals of a kind of subject are left out, with the records that no other one needs."""

    def change(proof: list[Any]) -> None:
        proof[SECTIONS] = [section for section in proof[SECTIONS] if not section[0].startswith(kind)]
        used = list(dict.fromkeys(place for section in proof[SECTIONS] for place in section[3]))
        proof[LEAVES] = [proof[LEAVES][place] for place in used]
        renumbered = {place: number for number, place in enumerate(used)}
        for section in proof[SECTIONS]:
            section[3] = [renumbered[place] for place in section[3]]

    return change


def hide_harvest(proof: list[Any]) -> None:
    """One of the harvests that the batch was mixed from is left out."""
    harvests = [section[0] for section in proof[SECTIONS][1:] if section[0].startswith("lot:")]
    drop_section(harvests[0])(proof)


def rename_section(proof: list[Any]) -> None:
    """Another lot's journal is given out as this one's."""
    other = next(section for section in proof[SECTIONS][1:] if section[0].startswith("lot:"))
    proof[SECTIONS][0][1:] = other[1:]


def forge_signature(proof: list[Any]) -> None:
    """A validator's signature under the checkpoint is changed by a bit."""
    note: bytes = proof[NOTE]
    place = note.rindex(b"=") - 20
    proof[NOTE] = note[:place] + (b"A" if note[place : place + 1] != b"A" else b"B") + note[place + 1 :]


def drop_signatures(proof: list[Any]) -> None:
    """The checkpoint bears no signature."""
    proof[NOTE] = proof[NOTE][: proof[NOTE].index(b"\n\n") + 2]


def change_height(proof: list[Any]) -> None:
    """The checkpoint gives itself out as a newer one."""
    proof[NOTE] = re.sub(rb"height (\d+)", lambda found: b"height %d" % (int(found[1]) + 1000), proof[NOTE])


def change_time(proof: list[Any]) -> None:
    """The checkpoint gives itself out as of another year."""
    proof[NOTE] = re.sub(rb"time \d{4}", b"time 2031", proof[NOTE])


def change_state(proof: list[Any]) -> None:
    """A node of the state tree is changed."""
    proof[NODES][0] = flip(proof[NODES][0], 10)


def change_row(proof: list[Any]) -> None:
    """The lot's row says something else: more was made than was."""
    proof[SECTIONS][0][1] = flip(proof[SECTIONS][0][1], 30)


def change_code(proof: list[Any]) -> None:
    """The answer is given out as that of another trace code."""
    proof[CLAIM][1] = proof[CLAIM][1][::-1]


def other_subject(proof: list[Any]) -> None:
    """A proof about the harvest lot, in place of the batch."""
    proof[CLAIM] = ["journey", "", next(s[0] for s in proof[SECTIONS][1:] if s[0].startswith("lot:"))]
    proof[VALUES] = []


PROOF_LIES: dict[str, tuple[Lie, str]] = {
    "a reading altered": (on_proof(alter_reading), "signature"),
    "the newest record withheld": (on_proof(withhold_last), "journal"),
    "a record in the middle withheld": (on_proof(withhold_middle), "journal"),
    "two records reordered": (on_proof(reorder_records), "journal"),
    "two journals reordered": (on_proof(reorder_sections), ""),
    "the logger left out": (on_proof(drop_section("device:")), ""),
    "the certificate left out": (on_proof(drop_section("certificate:")), ""),
    "a harvest left out": (on_proof(hide_harvest), ""),
    "another lot's journal": (on_proof(rename_section), ""),
    "a validator's signature forged": (on_proof(forge_signature), "certificate"),
    "no validator signs": (on_proof(drop_signatures), "certificate"),
    "the height changed": (on_proof(change_height), "certificate"),
    "the time changed": (on_proof(change_time), "certificate"),
    "the state altered": (on_proof(change_state), "state"),
    "the lot's row altered": (on_proof(change_row), "state"),
    "another code": (on_proof(change_code), "claim"),
    "another subject": (on_proof(other_subject), "claim"),
    "the proof cut off": (on_journey(lambda data: data[:-100]), "encoding"),
    "bytes after the proof": (on_journey(lambda data: data + b"\xc0"), "encoding"),
    "noise for a proof": (on_journey(lambda data: b"<html>" + data[6:]), "encoding"),
    "a name's row altered": (on_bundle(lambda data: flip(data, 1000)), ""),
    "the bundle cut off": (on_bundle(lambda data: data[:-100]), "encoding"),
    "an empty bundle": (on_bundle(lambda _: msgpack.packb([])), "encoding"),
    "no names": (on_bundle(lambda data: msgpack.packb(msgpack.unpackb(data)[-1:])), "page"),
    "the proof refused": (
        lambda path, answer: answer._replace(status=404) if path.endswith("/bundle") else answer,
        "completeness",
    ),
}
"""Name -> (the lie, the kind of fault that is told; "" = any)."""

LEG = r"<li><p class=\"leg\">.*?</li>"
STOP = r'<text class="stop-name"[^>]*>'
LINE = r'<li class="entry[^"]*" data-records="[^"]*">.*?</li>'
PAGE_LIES: dict[str, Lie] = {
    "a sentence altered": on_page(r"嘧菌酯 azoxystrobin 25% SC", "清水"),
    "a line left out": on_page(LINE, ""),
    "a line told twice": on_page(LINE, lambda found: found[0] * 2),
    "two lines change places": on_page(rf"({LINE})\s*({LINE})", lambda found: found[2] + found[1]),
    "a line that nobody signed": on_page(
        r'(<ol class="life">)', r'\1<li class="entry" data-records="00"><div><p class="says">神农尝过</p></div></li>'
    ),
    "an hour altered": on_page(r"<time>09:22</time>", "<time>03:22</time>"),
    "a signer altered": on_page(r"签名：检验检测中心", "签名：邻信平台"),
    "the excursion hushed up": on_page(r'<p class="flag serious">.*?</p>', ""),
    "the excursion left out of the brief": on_page(r'<div class="alarm"><dt>.*?</div>', ""),
    "a badge turned round": on_page("运输途中曾超出安全温度", "全程温度在安全范围内"),
    "an organic badge": on_page(r'(<li class="badge good">)', r'<li class="badge good">有机证书</li>\1'),
    "another food": on_page(r'data-fact="goods">[^<]*<', 'data-fact="goods">有机红颜草莓 500 克<'),
    "another grower": on_page(r'data-fact="growers">[^<]*<', 'data-fact="growers">云顶庄园<'),
    "another field": on_page(r'data-fact="places">[^<]*<', 'data-fact="places">雪山之巅<'),
    "fresher than it is": on_page(r'(data-harvest="\d+">)\d+', r"\g<1>1"),
    "a recall invented": on_page(r"(</h1>)", r'\1<div class="recall"><strong data-fact="state">已召回</strong></div>'),
    "another harvest day": on_page(r'(data-brief="3">)\d{4}-\d\d-\d\d', r"\g<1>2031-01-01"),
    "a curve flattened": on_page(r'(<path class="curve[^"]*" d=")[^"]*', r"\1M44 120L352 120"),
    "a wider band": on_page(r'(<rect class="band" x="[^"]*" y=")[^"]*', r"\g<1>14"),
    "the excursion left out over the curve": on_page(r'<span class="alarm">.*?</span>', ""),
    "the excursion not marked": on_page(r'<rect class="burst"[^>]*>', "", count=99),
    "a figure of the table altered": on_page(
        r'(<tr class="alarm"><th scope="row">[^<]*</th><td>[^<]*</td><td>)[^<]*', r"\g<1>5°C"
    ),
    "another variety": on_page(r'data-fact="varieties">[^<]*<', 'data-fact="varieties">白草莓<'),
    "a certificate left out": on_page(r'<article class="paper [a-z]*" data-certificate.*?</article>', ""),
    "a certificate that never ends": on_page(r"(有效期 \S+ 至 )[0-9-]+", r"\g<1>2099-01-01"),
    "a promise altered": on_page("<dd>质量安全控制</dd>", "<dd>检测结果</dd>"),
    "a hand-over not yet received": on_page(r"收到 [^·<]*（双方签名）", "尚未收到"),
    "another way": on_page("承运 十七号冷藏车", "承运 自行车"),
    "a curve left out": on_page(r'<figure class="chart.*?</figure>', ""),
    "an axis relabelled": on_page(r"(data-y [^>]*>)15<", r"\g<1>9<"),
    "a test result altered": on_page(r"0\.032 mg/kg</td>", "0.000 mg/kg</td>"),
    "a test left out": on_page(r"<article class=\"paper pass\" data-record.*?</article>", ""),
    "another report": on_page(r'href="/file/[0-9a-f]{64}"', f'href="/file/{"ab" * 32}"'),
    "another receiver": on_page(r"(<p class=\"leg\"><strong>[^<]*</strong> → <strong>)[^<]*", r"\1夜市"),
    "a review invented": on_page("还没有实购评价。", "5.0 / 5 · 999 条实购评价"),
    "a hiding invented": on_page(r"被隐藏 0", "被隐藏 3"),
    "two hand-overs change places": on_page(rf"({LEG})\s*({LEG})", lambda found: found[2] + found[1]),
    "another hand-over told twice": on_page(rf"({LEG})\s*({LEG})", lambda found: found[1] * 2),
    "a stop with another name": on_page(r'(<text class="stop-name"[^>]*>)[^<]*', r"\1雪山之巅"),
    "a stop elsewhere": on_page(r'(<circle class="stop" cx=")[\d.]+', r"\g<1>200"),
    "a stop left out": on_page(rf'<circle class="stop"[^>]*/>{STOP}[^<]*</text>', ""),
    "a stop that was never made": on_page(rf'(<circle class="stop"[^>]*/>{STOP})[^<]*</text>', r"\g<0>\1夜市</text>"),
    "a straight way": on_page(r'(<path class="track[^"]*" d="M[^L]*)[^"]*(L[^"]*)"', r'\1\2"', count=2),
    "set off later": on_page(r"启运 \d\d:\d\d", "启运 23:59"),
    "a shorter way": on_page(r"路线示意图：\d+ 公里", "路线示意图：1 公里"),
    "another scale": on_page(r'(<g class="bar">.*?<text[^>]*>)[^<]*', r"\g<1>1 km"),
    "no map": on_page(r'<figure class="map">.*?</figure>', '<p class="quiet">这一路没有公开的坐标。</p>'),
    "a hand-over left out": on_page(LEG, ""),
}
