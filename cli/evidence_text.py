"""Evidence in words that a court can follow: who, what was signed twice, both texts, and why it convicts."""

from collections.abc import Iterator
from difflib import ndiff

from rich.markup import escape

from consensus.evidence import Culprit, EquivocalEntries, Evidence, evidence_id
from ledger.crypto.checkpoint import parse_note
from ledger.genesis import Genesis

WHY_ZH = (
    "诚实的验证节点绝不会这样做：签名之前，它先把承诺写入安全文件并落盘，同一位置永不签署第二份内容；断电、崩溃、重试都不会造成两份。",
    "这也不可能是核验程序的差错：两份内容与两个签名都在证据里，任何人可用任何 Ed25519 程序以上述公钥各验一次。",
    "其中不涉及时钟与网络，也不需要相信出示证据的人：没有私钥者无法伪造其中任何一个签名。",
    "若节点曾因软件故障分歧，法定多数的验证节点可签署解除书，准许改签一次：请先问被指控者有无解除书（--release）。",
    "除此之外，唯一的其他解释是私钥落入他人之手，而保管私钥正是该节点运行机构的责任。",
)
WHY_EN = """\
No honest validator does this: before it signs, it makes its promise durable in its safety file, and it never signs a
second text for the same place; power cuts, crashes and retries do not make two.
Nor can it be an error of who checks: both texts and both signatures are in the evidence, and anybody can verify each
with any Ed25519 program under the key above. No clock, no network and no trust in who shows it is involved: without the
private key neither signature can be made.
One thing excuses it: where validators had diverged by a fault of software, a quorum of them may have signed a release
to another text. Ask the accused whether there is one (--release).
The only other explanation is that the private key was in other hands, and keeping it was the duty of the organisation
that runs the validator."""
"""Why two signatures convict."""


RELEASED_ZH = "此高度因软件故障分歧，法定多数的验证节点签署了解除书，签署者据此改签约定的检查点"
RELEASED_EN = (
    "at this height validators diverged by a fault of software, and a quorum of them released its signer from the one "
    "text, to sign the other"
)
"""Why two signatures do not convict, where a release is presented (ADR 0023)."""


def texts_of(found: Evidence) -> list[str]:
    """Both contradictory texts, as people read them."""
    if not isinstance(found, EquivocalEntries):
        return [parse_note(note).text for note in (found.note_a, found.note_b)]
    return [
        f"term {each.term}\nindex {each.index}\nkind {each.kind.name.lower()}\nleader {each.leader}\n"
        f"payload (SHA-256) {each.payload_hash.hex()}\nprevious entry (digest) {each.previous_digest.hex()}\n"
        f"this entry (digest) {each.digest.hex()}\n"
        for each in (found.envelope_a, found.envelope_b)
    ]


def opinion(genesis: Genesis, culprit: Culprit, key: bytes, found: Evidence) -> Iterator[str]:
    """What a court reads: who, what, both texts, and why it is proof (lines of rich markup)."""
    texts = texts_of(found)
    yield f"[bold red]证据成立[/]：{escape(culprit.zh)}"
    yield f"[bold red]this is proof[/]: {escape(culprit.en)}"
    yield f"  链 chain        {genesis.file.name}  {genesis.chain_id.hex()}"
    yield f"  节点 validator  {escape(culprit.id)}"
    yield f"  公钥 key        {key.hex()}  (Ed25519)"
    yield f"  证据 evidence   {evidence_id(found)}"
    for number, text in enumerate(texts, 1):
        yield f"\n[bold]第 {number} 份 text {number}[/]"
        yield from (f"    {escape(line)}" for line in text.rstrip("\n").split("\n"))
    yield "\n[bold]不同之处 where they differ[/]"
    for line in ndiff(texts[0].splitlines(), texts[1].splitlines()):
        if line[0] in "+-":
            yield f"    {escape(line)}"
    yield "\n[bold]为何成立 why it convicts[/]"
    for reason in (*WHY_ZH, *WHY_EN.splitlines()):
        yield f"  {reason}"
