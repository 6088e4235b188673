"""Labels: the symbol says what it must, with its quiet zone; PDF and SVG hold what people read."""

import re
from io import BytesIO
from xml.etree import ElementTree

import pypdfium2  # type: ignore[import-untyped]  # it has no types
import pytest
import zxingcpp
from PIL import Image

from gateway.labels import Label, LinkTooLong, Sheet, write_pdf, write_svg
from gateway.labels.content import MODULE_MM_MIN, QR_MM, symbol
from gateway.labels.svg import wrapped

LINK = "https://trace.example.cn/01/09521234000259/10/P-0001?g=0123456789abcdef"
LABEL = Label(
    LINK,
    "红颜草莓 500 克",
    "P-0001",
    "ABCDEFGH23456",
    "(01)09521234000259(10)P-0001",
    "青浦 <草莓> 园",
    "采收 2026-11-23",
    organic=False,
)
SHEET = Sheet((("我承诺", "不使用禁用的农药兽药"), ("产地", "上海市青浦区")))
SVG = "{http://www.w3.org/2000/svg}"


def read(image: Image.Image) -> tuple[str, str]:
    """What the one QR symbol of a picture says, and its level of error correction."""
    [found] = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return found.text, found.ec_level


def pages(pdf: bytes) -> list[tuple[Image.Image, str]]:
    """Each page as printed at 200 dpi, and its text."""
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    return [
        (page.render(scale=200 / 72).to_pil().convert("L"), page.get_textpage().get_text_bounded()) for page in document
    ]


def picture(svg: str, pixels: int = 6) -> Image.Image:
    """The symbol of an SVG label, from the strokes that draw it: runs of dark modules, relative to each other."""
    [drawn] = [one for one in ElementTree.fromstring(svg).iter(f"{SVG}svg") if one.get("class") == "segno"]
    side = int(drawn.attrib["viewBox"].split()[2])
    image = Image.new("L", (side * pixels, side * pixels), 255)
    [path] = [one.attrib["d"] for one in drawn.iter(f"{SVG}path") if "stroke" in one.attrib]
    x, y = 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path):
        values = [float(number) for number in numbers.split()]
        if command == "h":
            box = [round(at * pixels) for at in (x, y - 0.5, x + values[0], y + 0.5)]
            image.paste(0, (box[0], box[1], box[2], box[3]))
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return image


def test_the_symbol_of_the_pdf_is_read_back_on_both_pages() -> None:
    (label, text), (sheet, said) = pages(write_pdf(LABEL, SHEET))
    for page in (label, sheet):
        link, level = read(page)
        assert link == LINK
        assert level in "MQH"
    for line in LABEL.lines:
        assert line.replace(" ", "") in re.sub(r"\s", "", text)
    assert "承诺达标合格证" in said
    assert "上海市青浦区" in said
    assert "承诺达标合格证" not in text


def test_without_a_certificate_there_is_no_sheet() -> None:
    assert len(pages(write_pdf(LABEL, None))) == 1


def test_the_symbol_of_the_svg_is_read_back() -> None:
    svg = write_svg(LABEL)
    image = picture(svg)
    assert read(image)[0] == LINK
    said = "".join(one.text or "" for one in ElementTree.fromstring(svg).iter(f"{SVG}text"))
    assert all(line in said for line in LABEL.lines)


def test_the_quiet_zone_is_four_modules_wide_and_no_more() -> None:
    image = picture(write_svg(LABEL), pixels=1)
    dark = [(x, y) for x in range(image.width) for y in range(image.height) if image.getpixel((x, y)) == 0]
    for axis in (0, 1):
        assert min(one[axis] for one in dark) == 4
        assert max(one[axis] for one in dark) == image.width - 5


def test_organic_stands_on_it_only_where_it_may() -> None:
    assert "有机" not in write_svg(LABEL)
    allowed = Label(LINK, "草莓", "1", "ABCDEFGH23456", "", "园", "", organic=True)
    assert ">有机<" in write_svg(allowed)


def test_modules_never_become_too_small_to_scan() -> None:
    assert QR_MM / symbol(LINK).symbol_size(border=4)[0] >= MODULE_MM_MIN
    with pytest.raises(LinkTooLong):
        symbol("https://example.cn/" + "x" * 400)


@pytest.mark.parametrize(("text", "lines"), [("草莓", ["草莓"]), ("草莓莓a", ["草莓", "莓a"]), ("", [""])])
def test_lines_break_by_width(text: str, lines: list[str]) -> None:
    assert wrapped(text, 4) == lines
