"""How a benchmark shows its figures to people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def show(figures: Mapping[str, Any]) -> None:
    """The figures as a table on standard output, those of a part under its name."""
    table = Table("figure", "value")
    for name, value in figures.items():
        if isinstance(value, dict):
            for inner, figure in value.items():
                table.add_row(f"{name}.{inner}", str(figure))
        else:
            table.add_row(name, str(value))
    Console().print(table)
