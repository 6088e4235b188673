"""A label, and the sheet of its certificate on a second page, as PDF.

Text is in STSong-Light, one of the Chinese fonts that PDF names without holding them: readers bring their own.
"""

from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape

import segno
from reportlab.lib.colors import black, white
from reportlab.lib.pagesizes import A6
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepInFrame, Paragraph

from gateway.labels.content import QR_MM, QUIET_ZONE, Label, Sheet, symbol
from gateway.labels.svg import HEIGHT_MM, TEXT_AT_MM, WIDTH_MM

FONT = "STSong-Light"
MARGIN_MM = 3
SHEET_TITLE = "承诺达标合格证"

_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=8, leading=10.5, wordWrap="CJK")
_NAME = ParagraphStyle("name", parent=_TEXT, fontSize=11, leading=13.5)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontSize=18, leading=26, alignment=1)
_ROW = ParagraphStyle("row", parent=_TEXT, fontSize=9, leading=13)


def write_pdf(label: Label, sheet: Sheet | None) -> bytes:
    """The label; with a sheet, a second page of size A6 with it and the same symbol."""
    registerFont(UnicodeCIDFont(FONT))
    qr, out = symbol(label.link), BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH_MM * mm, HEIGHT_MM * mm), invariant=1)
    canvas.setTitle(label.name)
    _draw_symbol(canvas, qr, 2, (HEIGHT_MM - QR_MM) / 2)
    name, *rest = label.lines
    text = [Paragraph(escape(name), _NAME), *(Paragraph(escape(line), _TEXT) for line in rest)]
    _draw_text(canvas, text, TEXT_AT_MM, MARGIN_MM, WIDTH_MM - TEXT_AT_MM - MARGIN_MM, HEIGHT_MM - 2 * MARGIN_MM)
    canvas.showPage()
    if sheet is not None:
        width, height = A6[0] / mm, A6[1] / mm
        canvas.setPageSize(A6)
        rows = [Paragraph(f"{escape(name)}：{escape(said)}", _ROW) for name, said in sheet.rows]
        whole = [Paragraph(SHEET_TITLE, _TITLE), *rows]
        _draw_text(canvas, whole, 8, 10 + QR_MM, width - 16, height - QR_MM - 18)
        _draw_symbol(canvas, qr, width - QR_MM - 8, 7)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw_text(canvas: Canvas, text: Sequence[Paragraph], x_mm: float, y_mm: float, w_mm: float, h_mm: float) -> None:
    """Paragraphs in a frame, from its top; made smaller where they would not fit."""
    frame = KeepInFrame(w_mm * mm, h_mm * mm, list(text), mode="shrink")
    _, used = frame.wrapOn(canvas, w_mm * mm, h_mm * mm)
    frame.drawOn(canvas, x_mm * mm, (y_mm + h_mm) * mm - used)


def _draw_symbol(canvas: Canvas, qr: segno.QRCode, x_mm: float, y_mm: float) -> None:
    """The symbol with its quiet zone, its lower left corner at (x, y)."""
    rows = list(qr.matrix_iter(border=QUIET_ZONE))
    module = QR_MM * mm / len(rows)
    canvas.setFillColor(white)
    canvas.rect(x_mm * mm, y_mm * mm, QR_MM * mm, QR_MM * mm, stroke=0, fill=1)
    canvas.setFillColor(black)
    path = canvas.beginPath()
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                path.rect(x_mm * mm + across * module, y_mm * mm + (len(rows) - 1 - down) * module, module, module)
    canvas.drawPath(path, stroke=0, fill=1)
