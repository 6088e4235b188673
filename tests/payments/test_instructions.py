"""Money leaves by an instruction that the custodian confirms; what it rejects is tried again, or its owner's again."""

from ledger.errors import WrongRole
from ledger.modules.payments import errors as e
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.payouts import open_instructions
from ledger.text import TextForbidden
from tests.payments.world import BANK, DAY_MS, ESCROW, FARM, LEADER, World, transfer, using
from tests.registry.chain import key_of


def escrowed(world: World, fen: int = 100) -> tuple[bytes, str]:
    """A receipt all of whose money is in the campaign's escrow: its number and account."""
    number, account = world.bring(fen)
    world.use(lambda ctx, money: money.move(ctx, [transfer("form", account, ESCROW, fen, "escrow")]))
    return number, account


def test_a_refund_out_of_the_receipts_own_account(world: World) -> None:
    number, account = world.bring(100)
    world.use(lambda ctx, money: money.refund(ctx, transfer("r", account, account, 30, "price_fell"), number))
    (instruction,) = world.due()
    assert instruction == p.instruction_id(transfer("r", account, account, 30).id)
    row = world.instruction(instruction)
    assert (row.account, row.receipt, row.fen, row.why, row.state) == (account, number, 30, "price_fell", "issued")
    assert (world.balance(account), world.available(account), world.balance(BANK)) == (100, 70, -100)
    assert world.to_give_back(account) == 70
    world.confirm(instruction)
    assert (world.balance(account), world.balance(BANK), world.due()) == (70, -70, [])
    assert world.instruction(instruction).state == "confirmed"


def test_a_refund_out_of_escrow_goes_by_the_receipts_account(world: World) -> None:
    number, account = escrowed(world)
    refund = transfer("r", ESCROW, account, 25, "shortage")
    for _ in range(2):
        world.use(lambda ctx, money: money.refund(ctx, refund, number))
    assert (world.balance(ESCROW), world.balance(account), world.available(account)) == (75, 25, 0)
    assert len(world.due()) == 1
    world.confirm(*world.due())
    assert (world.balance(account), world.balance(BANK)) == (0, -75)
    assert [x.change_fen for _, x in s.statement(world.context(), ESCROW)] == [100, -25]


def test_a_receipt_is_never_paid_back_more_than_it_brought(world: World) -> None:
    number, account = escrowed(world)
    world.fund("farm", 500)
    world.use(lambda ctx, money: money.refund(ctx, transfer("1", ESCROW, account, 60, "weight"), number))
    world.misuse(
        e.ReceiptOverdrawn, lambda ctx, money: money.refund(ctx, transfer("2", FARM, account, 41, "weight"), number)
    )
    world.use(lambda ctx, money: money.refund(ctx, transfer("3", FARM, account, 40, "weight"), number))
    world.confirm(*world.due())
    world.misuse(
        e.ReceiptOverdrawn, lambda ctx, money: money.refund(ctx, transfer("4", FARM, account, 1, "weight"), number)
    )
    assert world.to_give_back(account) == 0


def test_an_id_stands_for_one_refund(world: World) -> None:
    number, account = escrowed(world)
    world.fund("farm", 100)
    refund = transfer("r", ESCROW, account, 25, "shortage")
    world.use(lambda ctx, money: money.refund(ctx, refund, number))
    others = [
        refund._replace(fen=26),
        refund._replace(why="weight"),
        refund._replace(debit=account),
        refund._replace(debit=FARM),
    ]
    for other in others:
        world.misuse(e.TransferDiffers, using("refund", other, number))
    taken = transfer("form", ESCROW, account, 100, "escrow")
    world.misuse(e.TransferDiffers, lambda ctx, money: money.refund(ctx, taken._replace(fen=5), number))


def test_refunds_that_cannot_be(world: World) -> None:
    number, account = world.bring(10)
    unknown = p.receipt_account("bank", b"?" * 16)
    world.misuse(e.ReceiptUnknown, lambda ctx, money: money.refund(ctx, transfer("u", account, unknown, 1), b"?" * 16))
    world.use(lambda ctx, money: money.move(ctx, [transfer("m", account, ESCROW, 10)]))
    details = world.misuse(
        e.NotEnough, lambda ctx, money: money.refund(ctx, transfer("n", account, account, 1), number)
    )
    assert details == [""], "a receipt's account is not named"


def test_a_batch_is_confirmed_whole_or_not_at_all(world: World) -> None:
    number, account = world.bring(100)
    for word in "ab":
        refund = transfer(word, account, account, 10, "failed")
        world.use(using("refund", refund, number))
    world.say("farm", m.Deposit(), world.receipt(5, "organisation:farm", custodian="bank-2"))
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank-2", 5))
    one, two = world.due()
    (other,) = world.due("bank-2")
    for batch, refusal, place in (
        ((one, b"?" * 16), e.InstructionUnknown, 2),
        ((one, two, one), e.InstructionClosed, 3),
        ((other, one), e.InstructionOfOther, 1),
    ):
        assert world.deny(refusal, "bank", m.Confirm(), m.Confirmed(batch)) == [str(place)]
    world.say("clerk", m.Confirm(), m.Confirmed((one,)))
    world.deny(e.InstructionClosed, "bank", m.Confirm(), m.Confirmed((two, one)))
    world.deny(e.InstructionClosed, "bank", m.Reject(), m.Rejected(one, ""))
    world.deny(e.InstructionOfOther, "bank-2", m.Reject(), m.Rejected(two, ""))
    world.deny(WrongRole, "platform", m.Confirm(), m.Confirmed((two,)))
    assert world.due() == [two]


def test_the_largest_batch_is_one_record(world: World) -> None:
    number, account = world.bring(1_000)

    def many(ctx: object, money: object) -> None:
        for place in range(256):
            refund = transfer(f"refund {place}", account, account, 1, "recall")
            world.money.refund(ctx, refund, number)  # type: ignore[arg-type]  # the context of `use`

    world.use(many)
    assert len(world.due()) == 256
    pages = s.due.scan(world.context())
    assert [(key, len(page)) for key, page in pages] == [(f"bank/{number:08d}", 32) for number in range(8)]
    world.confirm(*world.due())
    assert (world.due(), world.balance(BANK), s.due.scan(world.context())) == ([], -744, [])


def test_an_instruction_leaves_its_page_and_no_other(world: World) -> None:
    world.fund("farm", 100)
    for _ in range(34):
        world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 1))
    first, second, *others, last = world.due()
    places = [place for place, _ in open_instructions(world.context(), "bank")]
    world.say("bank", m.Reject(), m.Rejected(second, "closed"))
    world.confirm(last, first)
    assert world.due() == others
    assert [(key, len(page)) for key, page in s.due.scan(world.context())] == [
        ("bank/00000000", 30),
        ("bank/00000001", 1),
    ]
    behind = [key for _, key in open_instructions(world.context(), "bank", places[1])]
    assert [bytes.fromhex(key) for key in behind] == others, "the place of one that is rejected is a place still"
    world.confirm(*others)
    assert not s.due.scan(world.context())
    assert not list(open_instructions(world.context(), "bank", places[-1]))
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 1))
    assert [key for key, _ in s.due.scan(world.context())] == ["bank/00000001"], "34 were given before"


def test_a_rejected_refund_waits_and_is_issued_again_by_whoever_asks(world: World) -> None:
    number, account = escrowed(world)
    world.use(lambda ctx, money: money.refund(ctx, transfer("r", ESCROW, account, 40, "failed"), number))
    (first,) = world.due()
    stranger = key_of("the buyer, unregistered")
    world.deny(e.NotRejected, stranger, m.Reissue(), m.Again(first))
    world.deny(TextForbidden, "bank", m.Reject(), m.Rejected(first, "card\x00closed"))
    world.say("bank", m.Reject(), m.Rejected(first, "卡已注销"))
    row = world.instruction(first)
    assert (row.state, row.reason, world.transfer(first).state) == ("rejected", "卡已注销", "voided")
    assert (world.balance(account), world.available(account), world.due()) == (40, 40, [])
    assert world.to_give_back(account) == 60, "it stays counted"
    world.say(stranger, m.Reissue(), m.Again(first))
    (second,) = world.due()
    assert (second != first, world.instruction(first).successor) == (True, second)
    world.deny(e.NotRejected, stranger, m.Reissue(), m.Again(first))
    world.say("bank", m.Reject(), m.Rejected(second, ""))
    world.say("farm", m.Reissue(), m.Again(second))
    (third,) = world.due()
    world.confirm(third)
    assert (world.balance(account), world.balance(BANK)) == (0, -60)
    world.deny(e.NotRejected, stranger, m.Reissue(), m.Again(third))
    world.deny(e.InstructionUnknown, stranger, m.Reissue(), m.Again(b"?" * 16))


def test_a_withdrawal_is_held_until_it_is_confirmed(world: World) -> None:
    world.fund("farm", 100)
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 60))
    (instruction,) = world.due()
    row = world.instruction(instruction)
    assert (row.account, row.receipt, row.why) == (FARM, None, "withdrawal")
    assert (world.balance(FARM), world.available(FARM)) == (100, 40)
    assert world.deny(e.NotEnough, "farm", m.Withdraw(), m.WithdrawTerms("bank", 41)) == [FARM]
    world.deny(e.NotEnough, "farm", m.Withdraw(), m.WithdrawTerms("bank-2", 1))
    world.confirm(instruction)
    assert (world.balance(FARM), world.balance(BANK)) == (40, -40)
    assert [(x.change_fen, x.why) for _, x in s.statement(world.context(), FARM)][1:] == [(-60, "withdrawal")]


def test_a_rejected_withdrawal_is_the_owners_again(world: World) -> None:
    world.fund("mei", 100)
    world.say("mei", m.Withdraw(), m.WithdrawTerms("bank", 100))
    (instruction,) = world.due()
    world.say("bank", m.Reject(), m.Rejected(instruction, "no such card"))
    assert (world.balance(LEADER), world.available(LEADER)) == (100, 100)
    world.deny(e.NotRefund, "mei", m.Reissue(), m.Again(instruction))
    world.say("mei", m.Withdraw(), m.WithdrawTerms("bank", 100))
    world.confirm(*world.due())
    assert (world.balance(LEADER), world.balance(BANK)) == (0, 0)


def test_open_instructions_are_listed_oldest_first(world: World) -> None:
    world.fund("farm", 100)
    made = []
    for fen in (3, 2, 1):
        world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", fen))
        made += [one for one in world.due() if one not in made]
        world.run([], DAY_MS)
    assert world.due() == made
    assert [world.instruction(one).fen for one in made] == [3, 2, 1]
