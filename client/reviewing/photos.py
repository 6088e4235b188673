"""Photos of a review: pictures of three formats, of bounded size, without what a phone writes into them unasked.

A phone notes in a JPEG where and when it was taken, and with which device: the place where goods are photographed is
somebody's home. All that goes before a photo is stored; turning it the right way up is the app's, before.
"""

from typing import NamedTuple

from client.failures import Failure

BYTES_MAX = 4 * 1024 * 1024

_JPEG, _PNG, _RIFF, _WEBP = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"WEBP"
_SCAN, _END, _COMMENT = 0xDA, 0xD9, 0xFE
_KEPT_JPEG = frozenset({0xE0, 0xEE})
"""Application segments that say how to decode: JFIF and Adobe. Exif, XMP, IPTC, colour profiles and comments go."""
_KEPT_PNG = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"IDAT", b"IEND"})
_KEPT_WEBP = frozenset({b"VP8 ", b"VP8L", b"ALPH"})


class BadPhoto(Failure):
    """A file that is no photo that can be stored."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"照片不符合要求：{zh}", f"the photo cannot be taken: {en}", "请换一张照片", "choose another")


class Photo(NamedTuple):
    """A picture as it is stored."""

    media_type: str
    content: bytes


def read_photo(raw: bytes) -> Photo:
    """The picture in a file, with nothing in it but the picture. Raises `BadPhoto`."""
    if len(raw) > BYTES_MAX:
        raise BadPhoto(f"共 {len(raw)} 字节，至多 {BYTES_MAX}", f"it has {len(raw)} bytes, at most {BYTES_MAX}")
    try:
        if raw.startswith(_JPEG):
            return Photo("image/jpeg", _bare_jpeg(raw))
        if raw.startswith(_PNG):
            return Photo("image/png", _bare_png(raw))
        if raw.startswith(_RIFF) and raw[8:12] == _WEBP and raw[12:16] != b"VP8X":
            return Photo("image/webp", _bare_webp(raw))
    except IndexError:
        raise BadPhoto("文件不完整", "the file is cut short") from None
    raise BadPhoto("须为 JPEG、PNG 或普通 WebP", "it is neither JPEG nor PNG nor plain WebP")


def _bare_jpeg(raw: bytes) -> bytes:
    """Segments up to the end of the first picture: phones hang others, with notes of their own, behind it."""
    kept, place = bytearray(raw[:2]), 2
    while (kind := raw[place + 1]) != _END:
        if raw[place] != 0xFF:
            raise IndexError
        end = place + 2 + max(2, int.from_bytes(_take(raw, place + 2, 2)))
        if kind == _SCAN:
            end = _end_of_scan(raw, end)
        if kind in _KEPT_JPEG or not (0xE0 <= kind <= 0xEF or kind == _COMMENT):
            kept += _take(raw, place, end - place)
        place = end
    return bytes(kept) + raw[place : place + 2]


def _end_of_scan(raw: bytes, place: int) -> int:
    """Where the next marker stands after the coded data at `place`. Raises IndexError where there is none."""
    while raw[place] != 0xFF or raw[place + 1] == 0 or 0xD0 <= raw[place + 1] <= 0xD7:
        place = raw.find(b"\xff", place + 1)
        if place < 0:
            raise IndexError
    return place


def _bare_png(raw: bytes) -> bytes:
    kept, place, kind = bytearray(_PNG), len(_PNG), b""
    while kind != b"IEND":
        size, kind = int.from_bytes(_take(raw, place, 4)), _take(raw, place + 4, 4)
        chunk = _take(raw, place, 12 + size)
        if kind in _KEPT_PNG:
            kept += chunk
        place += len(chunk)
    return bytes(kept)


def _bare_webp(raw: bytes) -> bytes:
    kept, place = bytearray(), 12
    while place < len(raw):
        kind, size = _take(raw, place, 4), int.from_bytes(_take(raw, place + 4, 4), "little")
        chunk = _take(raw, place, 8 + size + size % 2)
        if kind in _KEPT_WEBP:
            kept += chunk
        place += len(chunk)
    return _RIFF + (4 + len(kept)).to_bytes(4, "little") + _WEBP + bytes(kept)


def _take(raw: bytes, start: int, size: int) -> bytes:
    """So many bytes from `start`. Raises IndexError where there are fewer."""
    if start + size > len(raw):
        raise IndexError
    return raw[start : start + size]
