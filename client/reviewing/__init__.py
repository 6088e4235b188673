"""What residents say of what they bought: keys, vouchers, words, photos; erasing them; rows that anybody may read."""

from client.reviewing.erasing import Erased, addresses_of, erase_part
from client.reviewing.photos import BadPhoto, Photo, read_photo
from client.reviewing.reviewer import Opinion, Reviewer, make_membership
from client.reviewing.rows import get_row, list_keys, list_rows
from client.reviewing.texts import BadText, check_text, read_text, tidy

__all__ = [
    "BadPhoto",
    "BadText",
    "Erased",
    "Opinion",
    "Photo",
    "Reviewer",
    "addresses_of",
    "check_text",
    "erase_part",
    "get_row",
    "list_keys",
    "list_rows",
    "make_membership",
    "read_photo",
    "read_text",
    "tidy",
]
