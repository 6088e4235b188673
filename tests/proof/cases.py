"""Every named case of a proof file: what the golden vectors are made of."""

from tests.proof.listing_mutations import listing_cases
from tests.proof.mutations import Case, claim_cases, forged_record_cases, journey_cases, validator_cases


def all_cases() -> dict[str, Case]:
    """Every named case."""
    return journey_cases() | forged_record_cases() | claim_cases() | validator_cases() | listing_cases()
