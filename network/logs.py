"""What the node says of itself: structured lines on standard error, as JSON or in a form for people."""

import logging
import os
import sys
from typing import Any

import structlog

from ledger.errors import Refusal, describe
from network.config import LogSettings


def last_words(failure: Exception) -> str:
    """Why a node does not start or stops, Chinese first, each with its remedy where the failure names one."""
    if isinstance(failure, Refusal):
        words = describe(failure.number, failure.details)
        pairs = ((words.zh, words.remedy_zh), (words.en, words.remedy_en))
    elif isinstance(failure, OSError) and failure.strerror:
        said = f"{failure.filename}: {failure.strerror}" if failure.filename else failure.strerror
        pairs = ((f"系统错误：{said}", "请检查路径、权限与磁盘空间"), (said, "check path, permissions and free space"))
    else:
        both = [(getattr(failure, name, str(failure)), getattr(failure, f"remedy_{name}", "")) for name in ("zh", "en")]
        pairs = (both[0], both[1])
    return "\n".join(said + (f"\n  → {remedy}" if remedy else "") for said, remedy in pairs)


def configure_logs(settings: LogSettings) -> None:
    """Send all log lines, gRPC's and asyncio's included, to standard error in the form asked for. Times are UTC."""
    # Beside Python's logging, gRPC's C core writes a line of its own for every handshake that fails.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.form == "json":
        last: list[Any] = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
