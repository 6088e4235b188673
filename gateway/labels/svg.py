"""A label as SVG, in millimetres."""

from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from gateway.labels.content import QR_MM, QUIET_ZONE, Label, symbol

WIDTH_MM, HEIGHT_MM = 80, 40
TEXT_AT_MM = QR_MM + 4
LINE_MM = 4.2
LETTERS_MAX = 26
"""Half-width letters in a line at the size of the text."""

FONTS = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif"


def write_svg(label: Label) -> str:
    """The label: symbol on the left, text on the right."""
    drawn = symbol(label.link).svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff")
    lines = [part for line in label.lines for part in wrapped(line)]
    step = min(LINE_MM, (HEIGHT_MM - 6) / len(lines))
    text = "".join(
        f'<text x="{TEXT_AT_MM}" y="{6 + place * step:.2f}" font-size="{step * 0.75:.2f}"'
        f"{' font-weight=' + chr(34) + 'bold' + chr(34) if place == 0 else ''}>{escape(line)}</text>"
        for place, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" '
        f'viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}" font-family="{FONTS}">'
        f"<title>{escape(label.name)}</title>"
        f'<rect width="{WIDTH_MM}" height="{HEIGHT_MM}" fill="#fff"/>'
        f'<svg x="2" y="{(HEIGHT_MM - QR_MM) / 2:g}" width="{QR_MM}" height="{QR_MM}">{drawn}</svg>{text}</svg>\n'
    )


def wrapped(text: str, letters_max: int = LETTERS_MAX) -> list[str]:
    """`text` in lines of at most so many half-width letters, broken anywhere, as Chinese is."""
    lines, used = [""], 0
    for letter in text:
        width = 2 if east_asian_width(letter) in "WF" else 1
        if used + width > letters_max:
            lines.append("")
            used = 0
        lines[-1] += letter
        used += width
    return lines
