"""Accounts, statements and instructions as their owners and overseers may see them."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice

from linxin.v1 import trade_pb2

from ledger.context import Context
from ledger.modules.groupbuy.state import campaigns
from ledger.modules.payments.payouts import Instruction, instruction_of, open_instructions
from ledger.modules.payments.ports import custodian_of
from ledger.modules.payments.state import (
    Account,
    Entry,
    accounts,
    entry_at,
    has_statement,
    is_custodian,
    statement,
    transfers,
)
from ledger.modules.payments.words import WORDS
from network.access import Asker
from network.errors import BadField, NotAllowed, NotFound
from network.services.calls import check_range, check_text
from network.services.campaigns import CAMPAIGN_ID_MAX, LOOKED_AT_MAX
from network.services.parties import is_member, is_principal, organisation_of, oversees
from network.services.readings import TIME_MS_MAX

PAGE_MAX = 500
PAGE_DEFAULT = 100
ACCOUNT_NAME_MAX = 180
STEP = 50
"""Accounts read at a time."""


def may_read(ctx: Context, asker: Asker, name: str, row: Account) -> bool:
    """Whether an account is the asker's own: its owner's, a float's leader's, a receipt's beneficiary's, a custodian's
    gate; a campaign's escrow is its leader's and principals', what the seller put up the principals' alone.
    """
    if oversees(asker):
        return True
    organisation = organisation_of(asker)
    own = {f"organisation:{organisation}"} if organisation else {asker.name}
    if is_custodian(name):
        return organisation == custodian_of(name)
    kind, _, rest = name.partition("/")[2].partition(":")
    if kind == "campaign":
        campaign_id, _, part = rest.partition("/")
        campaign = campaigns.get(ctx, campaign_id)
        assert campaign is not None, f"{name} belongs to no campaign"
        leads = not part and is_member(asker, campaign.leader)
        return leads or is_principal(organisation, campaign.terms)
    return row.owner in own or (kind == "float" and is_member(asker, rest))


def need_account(ctx: Context, asker: Asker, name: str) -> Account:
    """The row of an account that the asker may read; raises `BadField`, `NotFound`, `NotAllowed`."""
    check_text("$.account", name, ACCOUNT_NAME_MAX)
    row = accounts.need(ctx, name, NotFound("account", name))
    if not may_read(ctx, asker, name, row):
        raise NotAllowed(asker.name, f"account {name}")
    return row


def account_message(ctx: Context, name: str) -> trade_pb2.Account:
    """An account that exists."""
    row = accounts.get(ctx, name)
    assert row is not None, name
    return trade_pb2.Account(
        name=name,
        owner=row.owner,
        balance_fen=row.balance_fen,
        held_fen=row.debits_pending,
        available_fen=row.available_fen,
        owes_fen=row.owes_fen,
        entries=row.entries,
        height=ctx.height,
    )


def list_accounts(ctx: Context, asker: Asker, request: trade_pb2.ListAccountsRequest) -> trade_pb2.ListAccountsResponse:
    """A page of the accounts that the asker may read; the token is the name of the last one looked at."""
    check_range("$.page_size", request.page_size, 0, PAGE_MAX)
    for field in ("prefix", "page_token"):
        if getattr(request, field):
            check_text(f"$.{field}", getattr(request, field), ACCOUNT_NAME_MAX)
    if not request.page_token.startswith(request.prefix if request.page_token else ""):
        raise BadField("$.page_token", "it is of another prefix")
    page = trade_pb2.ListAccountsResponse(height=ctx.height)
    after: str | None = request.page_token or None
    for _ in range(LOOKED_AT_MAX // STEP):
        pairs = accounts.scan(ctx, request.prefix, after=after, limit=STEP)
        for name, row in pairs:
            if len(page.accounts) == (request.page_size or PAGE_DEFAULT):
                page.next_page_token = after or ""
                return page
            after = name
            if may_read(ctx, asker, name, row):
                page.accounts.append(account_message(ctx, name))
        if len(pairs) < STEP:
            return page
    page.next_page_token = after or ""
    return page


def get_statement(ctx: Context, asker: Asker, request: trade_pb2.GetStatementRequest) -> trade_pb2.GetStatementResponse:
    """A page of an account's entries within a time; the token is the number of the last entry. Raises as
    `need_account`.
    """
    check_range("$.page_size", request.page_size, 0, PAGE_MAX)
    check_range("$.from_ms", request.from_ms, 0, TIME_MS_MAX)
    check_range("$.to_ms", request.to_ms, 0, TIME_MS_MAX)
    row = need_account(ctx, asker, request.account)
    if not has_statement(request.account):
        raise BadField("$.account", "accounts of receipts and of custodians keep no entries")

    entry = partial(entry_at, ctx, request.account)
    first = _first_from(entry, row.entries, request.from_ms)
    end = _first_from(entry, row.entries, request.to_ms) if request.to_ms else row.entries + 1
    end = max(first, end)
    page = trade_pb2.GetStatementResponse(
        account=account_message(ctx, request.account),
        opening_fen=entry(first - 1).balance_fen if first > 1 else 0,
        closing_fen=entry(end - 1).balance_fen if end > 1 else 0,
        entries_in_all=end - first,
    )
    after = _after(request.page_token, first, end)
    limit = min(request.page_size or PAGE_DEFAULT, end - 1 - after)
    for number, each in statement(ctx, request.account, after, limit):
        page.entries.append(_entry_message(number, each))
        if each.change_fen > 0:
            page.in_fen += each.change_fen
        else:
            page.out_fen -= each.change_fen
    if after + limit < end - 1:
        page.next_page_token = str(after + limit)
    return page


def _first_from(entry: Callable[[int], Entry], count: int, from_ms: int) -> int:
    """The number of the first of `count` entries (from 1) at `from_ms` or later; count + 1 when there is none."""
    low, high = 1, count + 1
    while low < high:
        middle = (low + high) // 2
        if entry(middle).time_ms < from_ms:
            low = middle + 1
        else:
            high = middle
    return low


def _after(token: str, first: int, end: int) -> int:
    if not token:
        return first - 1
    if not (token.isascii() and token.isdigit() and len(token) <= 9) or not first <= int(token) < end:
        raise BadField("$.page_token", "it is not one that this service gave for this question")
    return int(token)


def _entry_message(number: int, entry: Entry) -> trade_pb2.StatementEntry:
    zh, en = WORDS.value(entry.why)
    return trade_pb2.StatementEntry(
        number=number,
        time_ms=entry.time_ms,
        change_fen=entry.change_fen,
        balance_fen=entry.balance_fen,
        why=entry.why,
        why_zh=zh,
        why_en=en,
        transfer=entry.transfer,
    )


def list_instructions(
    ctx: Context, asker: Asker, request: trade_pb2.ListInstructionsRequest
) -> trade_pb2.ListInstructionsResponse:
    """A page of a custodian's instructions: the open ones oldest first, or all by id. The token is the place of the
    last one looked at. Raises `BadField`, `NotAllowed`.
    """
    check_range("$.page_size", request.page_size, 0, PAGE_MAX)
    custodian = check_text("$.custodian", request.custodian, CAMPAIGN_ID_MAX)
    if not oversees(asker) and organisation_of(asker) != custodian:
        raise NotAllowed(asker.name, f"the instructions to {custodian}")
    if request.page_token:
        check_text("$.page_token", request.page_token, ACCOUNT_NAME_MAX)
    page = trade_pb2.ListInstructionsResponse(height=ctx.height)
    prefix = "" if request.include_closed else f"{custodian}/"
    if not request.page_token.startswith(prefix if request.page_token else ""):
        raise BadField("$.page_token", "it is of another question")
    after = request.page_token
    found = list(islice(_places(ctx, custodian, after, closed=request.include_closed), LOOKED_AT_MAX))
    for place, name in found:
        if len(page.instructions) == (request.page_size or PAGE_DEFAULT):
            page.next_page_token = after
            return page
        after = place
        row = instruction_of(ctx, name)
        if row is not None and row.custodian == custodian:
            page.instructions.append(_instruction_message(name, row))
    if len(found) == LOOKED_AT_MAX:
        page.next_page_token = after
    return page


def _places(ctx: Context, custodian: str, after: str, *, closed: bool) -> Iterable[tuple[str, str]]:
    """(place, hex id) of a custodian's open instructions, or of all transfers, behind the place `after`."""
    if not closed:
        return open_instructions(ctx, custodian, after)
    return ((key, key) for key, _ in transfers.scan(ctx, after=after or None, limit=LOOKED_AT_MAX))


def _instruction_message(name: str, row: Instruction) -> trade_pb2.Instruction:
    zh, en = WORDS.value(row.state)
    why_zh, why_en = WORDS.value(row.why)
    return trade_pb2.Instruction(
        id=bytes.fromhex(name),
        custodian=row.custodian,
        account=row.account,
        receipt=row.receipt or b"",
        fen=row.fen,
        why=row.why,
        why_zh=why_zh,
        why_en=why_en,
        state=row.state,
        state_zh=zh,
        state_en=en,
        issued_ms=row.issued_ms,
        closed_ms=row.closed_ms,
        reason=row.reason,
        successor=row.successor or b"",
    )
