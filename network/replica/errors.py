"""Why a validator stops by itself, or ends a connection, in words for the person at the machine."""

from collections.abc import Sequence

from ledger.errors import Fatal


class Diverged(Fatal):
    """Others executed a height to another result than this node. Nothing of it may be signed or stored.

    `notes`: what each side signed for that height, this node's own included, for people to compare and decide by.
    """

    def __init__(self, height: int, others: Sequence[str], notes: Sequence[str]) -> None:
        names = ", ".join(sorted(others))
        super().__init__(
            f"height {height}: {names} signed another checkpoint than the one this node came to; it stops before "
            "anything else is signed. Keep all data, compare the versions of the software, and see "
            "docs/OPERATORS.md, 'When validators diverge'\n"
            f"高度 {height}：{names} 签署的检查点与本节点执行所得不同，本节点停止，不再签名。"
            "请保留全部数据，核对各节点的软件版本，并参阅 docs/OPERATORS.md“验证节点出现分歧时”"
        )
        self.height = height
        self.notes = tuple(notes)


class Retired(Exception):
    """The validator was removed by governance, and everyone has certified it: its work is done."""

    def __init__(self, id: str, height: int) -> None:
        self.zh = f"验证节点 {id} 已由治理决议移除（高度 {height} 起生效），节点停止。请销毁其密钥，此标识不可再用"
        self.en = (
            f"validator {id} was removed by governance and is no longer needed as of height {height}; the node "
            "stops. Destroy its key: the id is never used again"
        )
        super().__init__(f"{self.en}\n{self.zh}")


class PeerFault(Exception):
    """A peer said what no validator of this version says: end the connection."""

    def __init__(self, peer: str, reason: str) -> None:
        super().__init__(f"{peer}: {reason}")
        self.peer = peer
        self.reason = reason
