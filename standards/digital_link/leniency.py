"""What a reader of links lets pass beside the standard's own form."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leniency:
    """Each is off by default: the reader takes what GS1 Digital Link URI syntax 1.2 and later allow, and nothing else.

    `zero_suppressed_gtin`: GTIN-8, -12 and -13 in (01) are filled up to 14 digits (deprecated in 1.2).
    `alpha_keys`: the words of 1.0 and 1.1 for identifiers, such as `gtin`, `lot`, `ser` (deprecated in 1.2).
    `unknown_ais`: identifiers not yet assigned are taken; `unknown_attributes`: in the query, too.
    `any_check_digit`: check digits are not compared; EPCIS compares identifiers without them (CBV 2.0 §8.9).
    `trailing_slash`: one at the end of the path is ignored, as resolvers should.
    `quotes`: a `"` may stand in a value without percent-encoding, as in CBV 2.0's constrained form.
    """

    zero_suppressed_gtin: bool = False
    alpha_keys: bool = False
    unknown_ais: bool = False
    unknown_attributes: bool = False
    any_check_digit: bool = False
    trailing_slash: bool = False
    quotes: bool = False


STRICT = Leniency()
RESOLVER = Leniency(zero_suppressed_gtin=True, alpha_keys=True, trailing_slash=True)
"""What resolvers tolerate in what people scan."""

HASHING = Leniency(zero_suppressed_gtin=True, alpha_keys=True, any_check_digit=True, trailing_slash=True, quotes=True)
"""What EPCIS event hashes normalise."""

CONSTRAINED = Leniency(any_check_digit=True, quotes=True)
"""What EPCIS events may hold."""
