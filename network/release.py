"""A release (`consensus.release`) at a stopped validator: signed and applied by its own ledger and safety file."""

from consensus.release import BadRelease, CheckedRelease, Release, check_release, sign_release
from consensus.storage.safety import SafetyFile
from ledger.block import Head
from ledger.crypto.signing import SigningKey
from ledger.genesis import Genesis


def check_here(release: Release, genesis: Genesis, head: Head) -> CheckedRelease:
    """A release for the height after the ledger's end, by whose checkpoint its signatures are judged. Raises
    `BadRelease`: also where the height is certified already, and there is nothing to be released from.
    """
    checked = check_release(release, genesis.chain_id, head.validators)
    height = checked.body.height
    if head.height >= height:
        raise BadRelease(
            f"高度 {height} 已有证书（账本已到 {head.height}），不得解除",
            f"height {height} has a certificate, the ledger is at {head.height}: nobody is released from that",
        )
    if head.height < height - 1:
        raise BadRelease(
            f"本节点的账本只到高度 {head.height}，解除书是高度 {height} 的；请先让它追上",
            f"the ledger here ends at height {head.height}, the release is of height {height}: let it catch up first",
        )
    if checked.agreed.previous != head.checkpoint_hash:
        raise BadRelease(
            f"约定的检查点不是接在本节点高度 {head.height} 的区块之后",
            f"the agreed checkpoint does not follow block {head.height} of this node",
        )
    return checked


def sign_here(release: Release, genesis: Genesis, id: str, key: SigningKey, head: Head, safety: SafetyFile) -> Release:
    """The release with this validator's signature, what it promises thereby being durable before. Raises `BadRelease`,
    `PromiseBroken` or `DiskFault`.
    """
    checked, name = check_here(release, genesis, head), genesis.cosigner_name(id)
    if name not in checked.names:
        raise BadRelease(
            f"{id} 不验证高度 {checked.body.height}", f"{id} does not certify height {checked.body.height}"
        )
    safety.bind(checked.bound, checked.shown_of(name))
    return sign_release(release, name, key)


def apply_here(release: Release, genesis: Genesis, id: str, head: Head, safety: SafetyFile) -> CheckedRelease:
    """Free this validator, by the signatures of a quorum, from what it signed against the agreed checkpoint. Raises
    `BadRelease`, `PromiseBroken` or `DiskFault`.
    """
    checked = check_here(release, genesis, head)
    checked.require_whole()
    safety.release(checked.bound, checked.shown_of(genesis.cosigner_name(id)))
    return checked
