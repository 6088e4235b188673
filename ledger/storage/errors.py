"""What can go wrong with a store, in words for the person at the machine. Every one of these stops the node."""

from ledger.errors import Fatal


class StorageError(Fatal):
    """The store cannot be used; `zh` and `en` say why, naming the path and the remedy."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{en}\n{zh}")
        self.zh = zh
        self.en = en


class OtherChain(StorageError):
    """The directory holds the ledger of another network."""

    def __init__(self, path: str, found: str, expected: str) -> None:
        super().__init__(
            f"{path} 存放的是另一条链的账本（{found}…，本节点为 {expected}…）。请在配置中改用正确的目录或创世文件",
            f"{path} holds the ledger of another chain ({found}…, this node's is {expected}…); "
            "point the configuration at the right directory or the right genesis file",
        )


class NewerFormat(StorageError):
    """The directory was written by a newer version of the software."""

    def __init__(self, path: str, found: str, known: int) -> None:
        super().__init__(
            f"{path} 由更新版本的软件写入（格式 {found}，本版本只认识到 {known}）。请升级软件后再打开",
            f"{path} was written by newer software (format {found}, this version knows up to {known}); "
            "upgrade before opening it",
        )


class ForeignDirectory(StorageError):
    """The directory has something in it, and it is not ours."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} 不是空目录，也不是邻信账本。请改用一个空目录；其中的文件不会被改动",
            f"{path} is not empty and is not a Linxin ledger; choose an empty directory (nothing in it was touched)",
        )


class DirectoryLocked(StorageError):
    """Another process has the directory open."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} 正被另一个进程使用。请先停止那个节点（linxin network down），同一账本绝不能由两个进程同时打开",
            f"{path} is in use by another process; stop that node first (linxin network down): "
            "two processes must never share a ledger",
        )


class Unusable(StorageError):
    """The directory cannot be made, read or written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"无法使用 {path}：{reason}。请检查磁盘空间、权限和磁盘状态",
            f"{path} cannot be used: {reason}; check free space, permissions and the disk",
        )


class Corrupt(StorageError):
    """What is stored is damaged or incomplete. Nothing is repaired by guessing."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(
            f"{path} 中的账本已损坏：{what}。请检查磁盘，保留此目录以便查证，并从其他验证节点或备份恢复",
            f"the ledger in {path} is damaged: {what}; check the disk, keep the directory for inquiry, "
            "and restore from another validator or a backup",
        )


class StoreClosed(StorageError):
    """The store was closed (or has failed) and is used again."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} 已关闭，请重新启动节点", f"{path} is closed; start the node again")


def reason_of(error: Exception) -> str:
    """What a library's exception says; plyvel hands on LevelDB's words as bytes."""
    first = error.args[0] if error.args else str(error)
    return first.decode(errors="replace") if isinstance(first, bytes) else str(error)
