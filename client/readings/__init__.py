"""Real sensor files, as loggers write them, made into records that a device signs: `linxin readings import`.

Rows may be unsorted, times naive, delimiters odd and values broken. What can stand is kept exactly, what cannot is left
out with its line and reason; rows and values in = accepted + left out, always.
"""

from client.readings.options import (
    Batch,
    ColumnChoice,
    DeviceFacts,
    ImportFailure,
    ImportOptions,
    parse_column,
)
from client.readings.parse import Imported, import_file, import_readings
from client.readings.reasons import Reason
from client.readings.report import Report

__all__ = [
    "Batch",
    "ColumnChoice",
    "DeviceFacts",
    "ImportFailure",
    "ImportOptions",
    "Imported",
    "Reason",
    "Report",
    "import_file",
    "import_readings",
    "parse_column",
]
