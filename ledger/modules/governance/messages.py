"""What governance is asked to do: proposals, votes, and what a validator's organisation may change by itself.

Each kind of proposal is an action of its own, and stands in its proposal's row as it was signed.
"""

from typing import Annotated

from msgspec import Meta

from ledger.module import Action, Timer
from ledger.text import Address, Identifier, Remark

HEIGHT_MAX = 2**53

Ed25519Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
Possession = Annotated[bytes, Meta(min_length=64, max_length=64)]
Version = Annotated[int, Meta(ge=1, le=1_000_000)]
Height = Annotated[int, Meta(ge=1, le=HEIGHT_MAX)]
ProposalNumber = Annotated[int, Meta(ge=1, le=99_999_999)]
ParameterName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z", max_length=64)]
ParameterValue = Annotated[int, Meta(ge=0, le=2**53)]


def validator_subject(validator: str) -> str:
    """For whom a validator's new key signs its proof of possession: `validator:<id>`.

    The message is the registry's `possession_message(chain id, subject)`.
    """
    return f"validator:{validator}"


class ProposeLearner(Action, tag="governance.propose_learner"):
    """Let a new machine of an organisation follow the network without voting, under an id and key never used before.

    `possession` is the key's signature over the possession message of `validator_subject(validator)`; `address` is
    where other validators reach it.
    """

    validator: Identifier
    organisation: Identifier
    public_key: Ed25519Key
    possession: Possession
    address: Address = ""
    reason: Remark = ""


class ProposePromotion(Action, tag="governance.propose_promotion"):
    """Make a learner a validator. That it has caught up is the operator's look; the ledger cannot know."""

    learner: Identifier
    reason: Remark = ""


class ProposeReplacement(Action, tag="governance.propose_replacement"):
    """Put a learner in the place of a validator, in one change; so a validator's key is rotated as well."""

    validator: Identifier
    learner: Identifier
    reason: Remark = ""


class ProposeRemoval(Action, tag="governance.propose_removal"):
    """Let a validator or learner go, for good: its id and key are not used again."""

    validator: Identifier
    reason: Remark = ""


class ProposeParameter(Action, tag="governance.propose_parameter"):
    """Give a parameter another value, from the height after the vote that passes it."""

    name: ParameterName
    value: ParameterValue
    reason: Remark = ""


class ProposeUpgrade(Action, tag="governance.propose_upgrade"):
    """Go by the next version of the rules from `height` on; takes the place of an upgrade not yet reached."""

    version: Version
    height: Height
    reason: Remark = ""


Change = ProposeLearner | ProposePromotion | ProposeReplacement | ProposeRemoval | ProposeParameter | ProposeUpgrade
"""All that can be proposed."""


class Vote(Action, tag="governance.vote"):
    """A validator organisation's vote. Proposing was its yes; it may change its mind while the proposal is open."""

    proposal: ProposalNumber
    approve: bool


class Withdraw(Action, tag="governance.withdraw"):
    """The proposer takes an open proposal back."""

    proposal: ProposalNumber


class SetAddress(Action, tag="governance.set_address"):
    """The organisation of a validator or learner tells where its machine is reached from now on."""

    validator: Identifier
    address: Address


class Expire(Timer, tag="governance.expire"):
    """The time to vote on a proposal is over."""

    proposal: int
