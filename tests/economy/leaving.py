"""Everybody takes out what is hers: the last thing that happens in the economy."""

from ledger.modules.payments.messages import Withdraw, WithdrawTerms
from ledger.modules.payments.state import account_row, accounts
from tests.economy.world import Chain
from tests.registry.chain import key_of

ACCOUNTS_MAX = 100_000


def take_all_out(chain: Chain, time_ms: int) -> list[str]:
    """Every owner withdraws all that is hers, in one block at that time; the platform leaves guarantee and floats.
    Returns whose withdrawal was refused.
    """
    found = []
    for account, row in accounts.scan(chain.context(), limit=ACCOUNTS_MAX):
        is_own = account.startswith(("bank/organisation:", "bank/member:")) and not account.endswith("/guarantee")
        if is_own and row.available_fen:
            found.append((account, row.available_fen))
    records = [
        chain.make(time_ms, key_of(account.rpartition(":")[2]), Withdraw(), WithdrawTerms("bank", fen))
        for account, fen in found
    ]
    receipts = chain.run(time_ms, records).receipts
    return [
        f"{account} cannot withdraw its {fen} fen, but has {account_row(chain.context(), account)}: {receipt}"
        for (account, fen), receipt in zip(found, receipts, strict=True)
        if receipt is None or receipt.code
    ]
