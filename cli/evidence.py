"""`linxin evidence list|export|verify`: what proves that a validator broke its word, for those who must judge it.

Evidence needs nobody's testimony: two contradictory texts under one key's signatures, checked offline.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from linxin.v1 import ledger_pb2
from rich.markup import escape

from cli.evidence_releases import has_releases, holds, releases_of, sets_of, whole_release
from cli.evidence_text import RELEASED_EN, RELEASED_ZH, opinion, texts_of
from cli.modules import standard_registry
from cli.output import Output, Problem, network_option, reports
from client.failures import Failure
from client.network_directory import GENESIS_FILE, NetworkDirectory, open_network
from client.submit import Submitter
from client.verified import InvalidProof
from client.verify import verify_proof
from consensus.evidence import (
    EVIDENCE_SIZE_MAX,
    BadEvidence,
    Culprit,
    EquivocalEntries,
    Evidence,
    decode_evidence,
    encode_evidence,
    evidence_id,
    verify_evidence,
)
from consensus.release import BadRelease, CheckedRelease
from ledger.block import validator_id
from ledger.crypto.checkpoint import parse_note
from ledger.genesis import Genesis, load_genesis
from ledger.modules.governance.state import validators as validator_rows
from ledger.proof.format import ValueClaim
from network.config import load_config
from network.home import EVIDENCE

SUFFIX = ".evidence"
KEY_PROOF_SUFFIX = ".key-proof"
RELEASE_SUFFIX = ".release"
Keys = Callable[[str], bytes | None]


@click.group()
def evidence() -> None:
    """What proves that a validator broke its word: two contradictory texts, both under its signature."""


@evidence.command("list", short_help="What the nodes of this machine have kept.")
@network_option
@reports
def list_(out: Output, network_root: Path) -> None:
    """Show the evidence that the nodes of the network's folder have found and kept."""
    opened = open_network(network_root)
    keys = _keys_of(opened)
    found = []
    releases = _releases(opened)
    for name, (nodes, each) in sorted(_kept(opened).items()):
        who = _judge(each, opened, keys)
        is_released = any(one.excuses(each) for one in releases.values())
        found.append(
            {"id": name, "culprit": who.id, "zh": who.zh, "en": who.en, "kept_by": nodes, "released": is_released}
        )
        out.say(f"[bold]{name[:16]}[/]  {escape(who.zh)} / {escape(who.en)}")
        if is_released:
            out.say(f"  [green]{RELEASED_ZH} / {RELEASED_EN}[/]")
        out.say(f"  留存于 kept by {', '.join(nodes)}")
    if found:
        out.say("出示 / to show it to others: linxin evidence export ID FILE")
    else:
        out.say("没有证据：没有节点发现自相矛盾的签名 / none: no node has seen a validator contradict itself")
    out.finish({"ok": True, "evidence": found})


def _judge(each: Evidence, opened: NetworkDirectory, keys: Keys) -> Culprit:
    """Who did what; a piece whose key is not known here is named as such."""
    try:
        return verify_evidence(each, _genesis_of(opened.genesis).chain_id, keys)
    except (BadEvidence, Failure) as bad:
        return Culprit(_accused(each), f"此处无法核实：{bad}", f"cannot be checked here: {bad}")


@evidence.command("export", short_help="Write one piece to a file that anybody can check.")
@click.argument("evidence_id_", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@network_option
@reports
def export(out: Output, evidence_id_: str, file: Path, network_root: Path) -> None:
    """Write the evidence whose id begins with ID to the new FILE.

    Where the validator joined after genesis, the proof that the ledger pinned its key goes beside it (.key-proof); and
    where it was released from one of the texts, the release (.release) and a proof of who could sign that.
    """
    opened = open_network(network_root)
    matching = {name: each for name, (_, each) in _kept(opened).items() if name.startswith(evidence_id_)}
    if len(matching) != 1:
        raise Problem(
            f"没有唯一的证据 {evidence_id_}（找到 {len(matching)} 份）",
            f"not one piece of evidence {evidence_id_}: {len(matching)} found",
            "linxin evidence list",
            "`linxin evidence list` shows the ids",
        )
    [(name, found)] = matching.items()
    for path in (file, _key_proof_path(file), _release_path(file)):
        if path.exists():
            raise Problem(f"{path} 已存在", f"{path} exists already", "请另选文件名", "choose another name")
    file.write_bytes(encode_evidence(found))
    proof = None
    culprit = _accused(found)
    released = next((path for path, one in _releases(opened).items() if one.excuses(found)), None)
    if released is not None:
        _release_path(file).write_bytes(released.read_bytes())
        out.say(f"[yellow]{RELEASED_ZH} / {RELEASED_EN}[/]: {escape(str(_release_path(file)))}")
    genesis = _genesis_of(opened.genesis)
    is_later = released is not None and not holds(released, genesis, sets_of(genesis, None))
    if is_later or _genesis_key(genesis, culprit) is None:
        proof = _key_proof_path(file)
        proof.write_bytes(fetch_key_proof(opened, culprit))
    out.say(f"[bold green]✓[/] {escape(str(file))}  {name}")
    if proof is not None:
        out.say(f"  公钥证明 / proof of its key: {escape(str(proof))}")
    out.say(
        f"  任何人可离线核验 / anybody can check it offline: linxin evidence verify {file} --genesis {GENESIS_FILE}"
    )
    kept = _release_path(file).resolve() if released is not None else None
    out.finish(
        {"ok": True, "id": name, "file": file.resolve(), "key_proof": proof and proof.resolve(), "release": kept}
    )


@evidence.command("verify", short_help="Check a piece offline, with the genesis file alone.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--genesis",
    "genesis_file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The genesis file you trust.",
)
@click.option(
    "--release",
    "release_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A release that the accused presents (`linxin node release`); repeatable.",
)
@reports
def verify(out: Output, file: Path, genesis_file: Path, release_files: tuple[Path, ...]) -> None:
    """Say who did what, show both texts, and why it convicts; nothing but FILE and the genesis file is needed.

    For a validator that joined after genesis, FILE.key-proof (which `export` wrote) is needed too. Exit status 1: it
    proves nothing, and the words say why: so where a release frees its signer from one of the two texts.
    """
    genesis = _genesis_of(genesis_file)
    try:
        with file.open("rb") as stream:
            found = decode_evidence(stream.read(EVIDENCE_SIZE_MAX + 1))
        keys = _keys_with_proof(genesis, file)
        culprit = verify_evidence(found, genesis.chain_id, keys)
    except (BadEvidence, InvalidProof) as bad:
        raise Problem(
            f"{file} 不能证明任何事：{bad}",
            f"{file} proves nothing: {bad}",
            "文件被改动、不属于此链，或缺少公钥证明；请向出示者索取原件",
            "it was changed, is of another chain, or lacks the proof of the key: ask for the original",
        ) from None
    beside = [path for path in (_release_path(file),) if path.exists()]
    _check_not_released(found, genesis, file, [*release_files, *beside])
    key = keys(culprit.id)
    assert key is not None
    for line in opinion(genesis, culprit, key, found):
        out.say(line)
    out.finish(
        {
            "ok": True,
            "id": evidence_id(found),
            "kind": "entries" if isinstance(found, EquivocalEntries) else "cosignatures",
            "culprit": culprit.id,
            "public_key": key.hex(),
            "chain_id": genesis.chain_id.hex(),
            "zh": culprit.zh,
            "en": culprit.en,
            "texts": texts_of(found),
        }
    )


def _check_not_released(found: Evidence, genesis: Genesis, file: Path, releases: Sequence[Path]) -> None:
    """Raise `Problem` when a release shows that its signer was free to sign the second text, or is none itself."""
    proof = _key_proof_path(file)
    sets = sets_of(genesis, proof.read_bytes() if proof.exists() else None)
    for path in releases:
        try:
            checked = whole_release(path, genesis, sets)
        except BadRelease as bad:
            raise Problem(
                f"{path}：{bad.zh}",
                f"{path}: {bad.en}",
                f"若验证节点集合自创世后有变更，须附证明文件 {proof.name}（linxin evidence export 会写出）",
                f"where the set has changed since genesis, {proof.name} must lie beside it: `linxin evidence export`",
            ) from None
        if checked.excuses(found):
            raise Problem(
                f"不构成违约：{RELEASED_ZH}（{path}）",
                f"no breach of faith: {RELEASED_EN} ({path})",
                f"理由：{checked.body.reason}",
                f"the reason given: {checked.body.reason}",
            )


def _releases(opened: NetworkDirectory) -> dict[Path, CheckedRelease]:
    """What the folder's nodes were released by, judged by the sets of validators that an endpoint proves."""
    if not has_releases(opened):
        return {}
    genesis = _genesis_of(opened.genesis)
    try:
        proof = fetch_key_proof(opened, genesis.file.validators[0].id)
    except Failure:
        proof = None  # without an endpoint: genesis' own validators alone
    return releases_of(opened, genesis, sets_of(genesis, proof))


def _accused(found: Evidence) -> str:
    """The id of whom it is against."""
    if isinstance(found, EquivocalEntries):
        return found.envelope_a.leader
    return validator_id(parse_note(found.note_a).signatures[0].name)


def _kept(opened: NetworkDirectory) -> dict[str, tuple[list[str], Evidence]]:
    """By id: the nodes of the folder that kept it, and the evidence. A running node's files are only read."""
    found: dict[str, tuple[list[str], Evidence]] = {}
    for home in opened.node_homes():
        for path in sorted((home / load_config(home).data / EVIDENCE).glob(f"*{SUFFIX}")):
            try:
                each = decode_evidence(path.read_bytes())
            except BadEvidence:
                continue
            found.setdefault(evidence_id(each), ([], each))[0].append(home.name)
    return found


def _genesis_of(path: Path) -> Genesis:
    return load_genesis(path.read_bytes(), standard_registry())


def _genesis_key(genesis: Genesis, validator: str) -> bytes | None:
    named = {each.id: bytes.fromhex(each.public_key) for each in genesis.file.validators}
    return named.get(validator)


def _release_path(file: Path) -> Path:
    return file.with_name(file.name + RELEASE_SUFFIX)


def _key_proof_path(file: Path) -> Path:
    return file.with_name(file.name + KEY_PROOF_SUFFIX)


def _keys_with_proof(genesis: Genesis, file: Path) -> Keys:
    """The keys that genesis names, and the one that the proof beside `file` shows. Raises `InvalidProof`."""
    proven: dict[str, bytes] = {}
    path = _key_proof_path(file)
    if path.exists():
        claim = verify_proof(path.read_bytes(), genesis.raw).claim
        prefix = validator_rows.prefix.decode()
        if not isinstance(claim, ValueClaim) or not claim.key.startswith(prefix) or claim.value is None:
            raise InvalidProof("claim", "$.claim", "not the proof of a validator's key")
        proven[claim.key.removeprefix(prefix)] = validator_rows.decode(claim.value, None).value.public_key
    return lambda validator: _genesis_key(genesis, validator) or proven.get(validator)


def _keys_of(opened: NetworkDirectory) -> Keys:
    """All keys of a network: genesis, and for those who joined later its endpoints."""
    genesis = _genesis_of(opened.genesis)
    asked: dict[str, bytes | None] = {}

    def key_of(validator: str) -> bytes | None:
        named = _genesis_key(genesis, validator)
        if named is None and validator not in asked:
            claim = verify_proof(fetch_key_proof(opened, validator), genesis.raw).claim
            value = claim.value if isinstance(claim, ValueClaim) else None
            asked[validator] = validator_rows.decode(value, None).value.public_key if value else None
        return named or asked.get(validator)

    return key_of


def fetch_key_proof(opened: NetworkDirectory, validator: str) -> bytes:
    """The proof, as an endpoint gives it, of a validator's row in the ledger: its key never changes."""
    key = f"{validator_rows.prefix.decode()}{validator}"
    request = ledger_pb2.GetProofRequest(value=ledger_pb2.ValueProof(key=key))
    with Submitter.to(opened) as submitter:
        answer: Any = submitter.run(
            lambda connection: connection.call(lambda to: to.ledger.GetProof, request, ledger_pb2.GetProofResponse)
        )
    return bytes(answer.file)
