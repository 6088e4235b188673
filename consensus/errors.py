"""Why a validator stops or refuses to sign, in words for the person at the machine. Each of these stops the node."""


class ConsensusFault(Exception):
    """The validator must not go on; `zh` and `en` say why, naming the path and the remedy."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{en}\n{zh}")
        self.zh = zh
        self.en = en


class DirectoryInUse(ConsensusFault):
    """Another process has the directory open."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} 正被另一个进程使用。请先停止那个节点：同一验证节点绝不能运行两份",
            f"{path} is in use by another process; stop that node first: one validator must never run twice",
        )


class DiskFault(ConsensusFault):
    """A read, write or sync failed. It is never retried: what the disk holds is unknown until the node starts again."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"磁盘操作失败：{path}：{reason}。请检查磁盘空间和磁盘状态，然后重新启动节点",
            f"a disk operation failed on {path}: {reason}; check free space and the disk, then start the node again",
        )


class LogDamaged(ConsensusFault):
    """The consensus log is damaged in a place that was already durable."""

    def __init__(self, path: str, offset: int, what: str) -> None:
        super().__init__(
            f"共识日志已损坏：{path}，偏移 {offset}：{what}。"
            "请检查磁盘，保留该文件以便查证，并从其他验证节点恢复；切勿手工截断",
            f"the consensus log is damaged: {path} at offset {offset}: {what}; check the disk, keep the file for "
            "inquiry and restore from other validators; never truncate it by hand",
        )


class LogOfOtherChain(ConsensusFault):
    """The log belongs to another network."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} 是另一条链的共识日志。请在配置中改用正确的目录或创世文件",
            f"{path} is the consensus log of another chain; "
            "point the configuration at the right directory or the right genesis file",
        )


class SafetyLost(ConsensusFault):
    """There is a key and no safety file."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"安全文件 {path} 不存在，而密钥已存在：无法知道此密钥签过什么，因此不再用它签名。"
            "请勿从备份恢复；请以新的标识和新的密钥加入网络",
            f"the safety file {path} is gone while its key is still here: what this key has signed is unknown, so it "
            "signs nothing more; do not restore it from a backup, join with a new id and a new key",
        )


class SafetyExists(ConsensusFault):
    """A safety file is made once, together with its key."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"安全文件 {path} 已存在，绝不覆盖", f"the safety file {path} exists already and is never overwritten"
        )


class SafetyDamaged(ConsensusFault):
    """The safety file cannot be read, so the newest promise may be unknown."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(
            f"安全文件 {path} 已损坏：{what}。最新的承诺可能已丢失，因此此密钥不再签名；请以新的标识和新的密钥加入网络",
            f"the safety file {path} is damaged: {what}; its newest promise may be lost, so this key signs nothing "
            "more: join with a new id and a new key",
        )


class SafetyOfAnother(ConsensusFault):
    """The safety file belongs to another key or chain."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(
            f"安全文件 {path} 属于另一个{'密钥' if what == 'key' else '链'}。请核对配置中的目录和密钥",
            f"the safety file {path} belongs to another {what}; check the directory and the key in the configuration",
        )


class PromiseBroken(ConsensusFault):
    """Something would contradict what this validator has already signed or promised."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"拒绝签名：{zh}", f"refusing to sign: {en}")


class CannotResume(ConsensusFault):
    """Log, safety file and ledger do not fit together."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"无法继续：{zh}", f"cannot resume: {en}")


class LogDiverged(ConsensusFault):
    """A certified block contradicts what this validator's log has committed: somebody led, or acknowledged, by a lie.

    One liar can do that to a validator whom it made see a commit that most of the others did not. The certificate
    counts: started again, the validator follows it, and what it may have signed before binds it still.
    """

    def __init__(self, index: int) -> None:
        super().__init__(
            f"已取得证书的区块与本节点日志中位置 {index} 已提交的内容矛盾：有验证节点在选举或确认时说谎。"
            "请保留全部数据以便查证；重新启动后，本节点以证书为准，绝不签署与之前签名相反的内容",
            f"a certified block contradicts what this node's log has committed at place {index}: some validator "
            "lied in an election or about what it holds; keep all data for inquiry. Started again, this node goes by "
            "the certificate, and signs nothing against what it signed before",
        )
