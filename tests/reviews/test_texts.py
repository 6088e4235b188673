"""Words and photos before they are stored, and when they are read: nothing that shows as something else than it is."""

import pytest

from client.reviewing import BadPhoto, BadText, check_text, read_photo, read_text, tidy
from client.reviewing.photos import BYTES_MAX as PHOTO_BYTES_MAX
from client.reviewing.texts import BYTES_MAX, CHARACTERS_MAX, LINES_MAX

JPEG = b"\xff\xd8\xff\xdb\x00\x04qt\xff\xda\x00\x04sc\x01\xff\x00\x02\xff\xd0\x03\xff\xd9"
EXIF = b"\xff\xe1\x00\x18Exif\x00\x00GPS 39.90 116.40"
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x02IHDRabCRC4"


@pytest.mark.parametrize(
    "text",
    ["很甜，下次还买！80mm 的比 70mm 的好", "草莓🍓👍🏻", "Très bon\n第二行", "Очень вкусно", "B2B 的 α 版", "100%"],
)
def test_what_people_write_is_taken_as_it_is(text: str) -> None:
    assert check_text(tidy(text)) == text
    assert read_text(text.encode()) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("好吃\u202e吃难", "direction override U+202E at 2"),
        ("好\u200b吃", "invisible character U+200B"),
        ("好\x08吃", "control character U+0008"),
        ("第一行\n第\u2066二行", "line 2: direction override"),
        ("раypal 官方", "CYRILLIC and LATIN in one word at 0"),
        ("加微信 Αpple", "GREEK and LATIN"),
        ("e\u0301", "NFC"),
        ("字" + "\u0300\u0301\u0302\u0303\u0304", "combining marks"),
        ("好" * (CHARACTERS_MAX + 1), "at most"),
        ("𠮷" * (BYTES_MAX // 4 + 1), "at most"),
        ("好\n" * LINES_MAX + "好", "lines"),
        ("\ud800", "half a character"),
    ],
)
def test_what_deceives_is_refused_and_said_where(text: str, said: str) -> None:
    with pytest.raises(BadText) as refused:
        check_text(text)
    assert said in refused.value.en
    assert refused.value.zh
    assert refused.value.remedy_zh


def test_what_is_typed_gets_the_one_form_that_is_stored() -> None:
    assert tidy("  e\u0301tait\tbon\r\n真的 \r好\n") == "\u00e9tait bon\n真的 \n好"


def test_what_is_stored_is_not_believed() -> None:
    for stored in (b"\xff\xfe", "好\u202e吃".encode(), b""):
        with pytest.raises(BadText):
            read_text(stored)


def test_a_photo_loses_what_the_phone_wrote_into_it() -> None:
    noted = JPEG[:2] + EXIF + b"\xff\xfe\x00\x06home" + JPEG[2:] + b"\xff\xd8" + EXIF + b"\xff\xd9 film"
    assert read_photo(noted) == read_photo(JPEG)
    assert read_photo(JPEG) == ("image/jpeg", JPEG)
    noted = PNG_HEAD + b"\x00\x00\x00\x04eXIfhomeCRC4" + b"\x00\x00\x00\x04tEXtnameCRC4" + PNG_END + b"more"
    assert read_photo(noted) == ("image/png", PNG_HEAD + PNG_END)
    picture = b"VP8L\x03\x00\x00\x00abc\x00"
    riff = b"RIFF" + (4 + len(picture)).to_bytes(4, "little") + b"WEBP" + picture
    assert read_photo(riff + b"EXIF\x04\x00\x00\x00home") == ("image/webp", riff)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GIF89a",
        b"<svg/>",
        JPEG[:9],
        JPEG[:-2],
        PNG_HEAD,
        JPEG[:3] + b"\x00" * 9,
        b"\xff\xd8\xff" + bytes(PHOTO_BYTES_MAX),
    ],
)
def test_what_is_no_photo_is_refused(raw: bytes) -> None:
    with pytest.raises(BadPhoto):
        read_photo(raw)
