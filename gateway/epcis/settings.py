"""How a gateway takes part in EPCIS: under which key it submits, whom it lets in, and what bounds its work."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from linxin.v1 import blob_pb2

from client.failures import Failure
from client.partners import Key

TOKEN_LENGTH_MIN = 20
"""Characters of a token: enough that nobody guesses one."""


class EpcisFailure(Failure):
    """A gateway cannot take part in EPCIS as it was told to."""


@dataclass(frozen=True)
class EpcisSettings:
    """`key`: what documents are submitted with, and restricted ones read with; None: nothing is captured.

    `tokens`: SHA-256 of what partners and readers say in `Authorization: Bearer`; None: nobody is asked for one. The
    rest are bounds of what is done for all of them together.
    """

    key: Key | None = None
    tokens: frozenset[bytes] | None = None
    document_class: blob_pb2.BlobClass.ValueType = blob_pb2.RESTRICTED
    jobs_waiting_max: int = 16
    """Documents taken and not yet begun; each may weigh 2 MiB."""
    jobs_at_once: int = 4
    jobs_kept: int = 1_000
    """Finished jobs that can still be asked for; the oldest goes first."""
    bodies_at_once: int = 32
    readers_at_once: int = 2
    readers_waiting_max: int = 32
    events_max: int = 20_000
    """Events held to answer queries from; where the ledger has more, queries are refused rather than cut short."""
    fresh_s: float = 1.0
    kept_s: float = 3_600.0
    """After so long everything is read anew, so that what was erased in the vault is gone here, too."""

    def lets_in(self, authorization: str) -> bool:
        """Whether the value of the header `Authorization` names a known token, or none is needed."""
        if self.tokens is None:
            return True
        scheme, _, token = authorization.partition(" ")
        said = hashlib.sha256(token.strip().encode()).digest()
        return scheme.lower() == "bearer" and said in self.tokens


def read_tokens(path: Path) -> frozenset[bytes]:
    """The tokens of a file, one a line, `#` begins a comment. Raises `EpcisFailure` for none, or one too short."""
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, ValueError) as error:
        raise _no_tokens(path, f"不能读取：{error}", f"cannot be read: {error}") from None
    tokens = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not tokens or any(len(token) < TOKEN_LENGTH_MIN or " " in token for token in tokens):
        zh = f"每行一个令牌，至少 {TOKEN_LENGTH_MIN} 个字符且无空格"
        raise _no_tokens(path, zh, f"needs a token of at least {TOKEN_LENGTH_MIN} characters a line, without spaces")
    return frozenset(hashlib.sha256(token.encode()).digest() for token in tokens)


def _no_tokens(path: Path, zh: str, en: str) -> EpcisFailure:
    remedy = "openssl rand -hex 32"
    return EpcisFailure(f"令牌文件 {path}：{zh}", f"the file of tokens {path}: {en}", remedy, remedy)
