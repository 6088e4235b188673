"""What is printed: the label on the goods and the sheet of the 承诺达标合格证, drawn from plain values."""

from gateway.labels.content import Label, LinkTooLong, Sheet
from gateway.labels.pdf import write_pdf
from gateway.labels.svg import write_svg

__all__ = ["Label", "LinkTooLong", "Sheet", "write_pdf", "write_svg"]
