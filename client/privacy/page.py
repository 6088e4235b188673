"""The index of an export as a page that any browser shows offline: no script, nothing from elsewhere."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Any

CHINA = timezone(timedelta(hours=8))
_STYLE = """
body{font:1rem/1.6 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif;max-width:50rem;margin:auto;padding:1rem}
section{border-top:1px solid #bbb;padding:.5rem 0}dt{color:#555}dd{margin:0 0 .5rem;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:#f4f4f4;padding:.5rem}img{max-width:100%}
"""
_RETENTION = {
    "EVIDENCE": "存证（按期保存） evidence, kept for its time",
    "PERSONAL": "个人信息（可随时删除） personal, erased on request",
    "WORKING": "可随时删除 erased on request",
}
_CLASS = {"PUBLIC": "公开 public", "RESTRICTED": "仅限当事方 restricted"}
_SHOWN = (".jpg", ".jpeg", ".png", ".webp")


def page_of(document: Mapping[str, Any], made_ms: int) -> str:
    """The page of what `index.json` says."""
    files, silent = document["files"], document["silent"]
    there = sum("file" in each for each in files)
    parts = [
        "<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'><title>我的资料 My data</title>",
        "<meta name='viewport' content='width=device-width'>",
        f"<style>{_STYLE}</style></head><body>",
        "<h1>存证库中属于我的资料<br><small>What the vault holds of me</small></h1>",
        f"<p>导出于 {clock(made_ms)}，共 {there} 个文件，{len(document['records'])} 条账本记录。",
        f"<br>Exported with {there} files and {len(document['records'])} records of the ledger.</p>",
    ]
    if silent:
        names = escape(", ".join(silent))
        parts.append(f"<p><strong>以下节点没有应答，可能还有资料 No answer, there may be more: {names}</strong></p>")
    parts += [_section(each) for each in files]
    parts.append("<h2>账本记录 Records of the ledger</h2><ul>")
    for record in document["records"]:
        proof, action = escape(record["proof"], quote=True), escape(record["action"])
        parts.append(f"<li>{clock(record['time_ms'])} {action}：<a href='{proof}'>证明 proof</a></li>")
    return "\n".join([*parts, "</ul></body></html>"]) + "\n"


def clock(time_ms: int) -> str:
    """A time in China's zone."""
    return f"{datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _section(told: Mapping[str, Any]) -> str:
    """One file."""
    lines = [("地址 address", told["address"]), ("存于 held by", told["node"])]
    body = ""
    if "erased" in told:
        when = f"{clock(told['erased']['time_ms'])}，{told['erased']['name']}"
        lines.append(("已擦除，有签名回执 erased, with a signed receipt", when))
    else:
        lines += [
            ("类型 type", f"{told['media_type']}，{told['size']:,} bytes"),
            ("谁可读 who may read it", "，".join([_CLASS[told["class"]], *told["holders"]])),
            ("存入 stored", f"{clock(told['stored_ms'])}，{told['owner']}"),
            ("保存期 retention", _RETENTION[told["retention"]]),
        ]
        if told["retained_until_ms"]:
            lines.append(("最早可删除 not erased before", clock(told["retained_until_ms"])))
        body = _body(told)
    if "review" in told:
        lines.append(("所属评价 of the review", f"{told['review']}（{told['part']}）"))
    if told["records"]:
        lines.append(("提及它的记录 records that name it", "，".join(told["records"])))
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in lines)
    return f"<section>{body}<dl>{rows}</dl></section>"


def _body(told: Mapping[str, Any]) -> str:
    """The content, as far as a page shows it."""
    if "file" not in told:
        return f"<p><strong>未能取得：{escape(told['missing_zh'])} not had: {escape(told['missing_en'])}</strong></p>"
    name = escape(told["file"], quote=True)
    if "text" in told:
        return f"<pre>{escape(told['text'])}</pre><p><a href='{name}'>原文件 file</a></p>"
    if name.endswith(_SHOWN):
        return f"<p><a href='{name}'><img src='{name}' alt='照片 photo'></a></p>"
    return f"<p><a href='{name}'>原文件 file</a></p>"
